import * as z from "zod";
import type { CredentialSource } from "../../table/policies/credential-source.ts";
import { httpToken } from "./names.ts";
import { between, exactly, type Fields, formed, type Report, rule } from "./schema.ts";

/** The places that a policy may name. */
type Place = CredentialSource["in"];

const PREFIX = /^[!-+\--~]*[ ]?$/;

/** A query parameter: what a URL can carry, without signs that servers split or fold. */
const parameter = (text: string) =>
  /^[A-Za-z0-9._~-]+$/.test(text) ? null : "must be letters, digits and some of ._~-";

const header = (text: string) =>
  /^(?:cookie|host)$/i.test(text) ? "is none for credentials; a cookie is written as `cookie: name`" : httpToken(text);

const prefix = (text: string) =>
  PREFIX.test(text) ? null : "must be visible characters without a comma, at most one space at the end";

/** `from` of a policy: where in a request a token or key is looked for, in this order. */
export function credentialSources(...places: readonly Place[]) {
  const source = exactly({
    header: z
      .string()
      .check(formed("EI1237", "the header", header))
      .nullish(),
    prefix: z
      .string()
      .check(formed("EI1237", "the prefix", prefix))
      .nullish(),
    ...(places.includes("cookie") && {
      cookie: z
        .string()
        .check(formed("EI1237", "the cookie", httpToken))
        .nullish(),
    }),
    query: z
      .string()
      .check(formed("EI1237", "the query parameter", parameter))
      .nullish(),
  })
    .check(between((fields, report) => onePlace(fields, places, report)))
    .transform((written): CredentialSource => {
      const { header: name, prefix: before, query } = written;
      const cookie = typeof written.cookie === "string" ? written.cookie : null;
      if (name) return { in: "header", name: name.toLowerCase(), prefix: before ?? usualPrefix(name) };
      return cookie === null
        ? { in: "query", name: query ?? "", prefix: "" }
        : { in: "cookie", name: cookie, prefix: "" };
    });
  return z.array(source).check(rule(distinct));
}

/** A token in Authorization always has a scheme before it (RFC 9110, 11.6.2). */
function usualPrefix(name: string): string {
  return name.toLowerCase() === "authorization" ? "Bearer " : "";
}

function onePlace(fields: Fields, places: readonly Place[], report: Report): void {
  const written = places.filter((place) => fields[place] !== undefined && fields[place] !== null);
  if (written.length !== 1) report({ code: "EI1276", message: `a place has exactly one of ${places.join(", ")}` });
  else if (fields.prefix !== undefined && fields.prefix !== null && written[0] !== "header") {
    report({ code: "EI1239", message: "only what stands in a header has a prefix", path: ["prefix"], part: "key" });
  }
}

function distinct(sources: readonly CredentialSource[], report: Report): void {
  if (sources.length === 0) report({ code: "EI1276", message: "there must be at least one place" });
  const seen = new Set<string>();
  for (const [index, source] of sources.entries()) {
    const key = JSON.stringify(source);
    if (seen.has(key)) report({ code: "EI1239", message: "the same place stands there already", path: [index] });
    seen.add(key);
  }
}
