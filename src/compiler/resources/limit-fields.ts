import * as z from "zod";
import { parseRange } from "../../table/address.ts";
import { REGIONS } from "../../table/policies/health-check.ts";
import type { KeyPart } from "../../table/policies/rate-limit.ts";
import { duration } from "./durations.ts";
import { httpToken } from "./names.ts";
import { between, exactly, type Fields, formed, integer, oneOf, type Report, rule } from "./schema.ts";

const PLAIN_PARTS = ["clientAddress", "apiKey", "apiKeyOwner", "path", "host", "method", "country"] as const;

const plainPart = oneOf(PLAIN_PARTS, "EI1237").transform((by): KeyPart => ({ by, name: "" }));

const namedPart = exactly({
  header: z
    .string()
    .check(formed("EI1237", "the header", httpToken))
    .optional(),
  cookie: z
    .string()
    .check(formed("EI1237", "the cookie", httpToken))
    .optional(),
  claim: z
    .string()
    .check(formed("EI1237", "the claim", (text) => (text.trim() === "" ? "must not be empty" : null)))
    .optional(),
})
  .check(between(oneOfThem))
  .transform(({ header, cookie, claim }): KeyPart => {
    if (header !== undefined) return { by: "header", name: header.toLowerCase() };
    return cookie === undefined ? { by: "claim", name: claim ?? "" } : { by: "cookie", name: cookie };
  });

function oneOfThem(fields: Fields, report: Report): void {
  const written = ["header", "cookie", "claim"].filter((part) => fields[part] !== undefined);
  if (written.length === 1) return;
  const others = PLAIN_PARTS.join(", ");
  report({
    code: "EI1276",
    message: `a part of a key is one of header, cookie, claim with a name, or one of ${others}`,
  });
}

function distinctParts(parts: readonly KeyPart[], report: Report): void {
  const texts = parts.map((part) => JSON.stringify(part));
  const repeated = texts.findIndex((text, index) => texts.indexOf(text) !== index);
  if (repeated !== -1) report({ code: "EI1239", message: "the same part stands there already", path: [repeated] });
}

/** Tells the limits of a policy apart. */
export const limitName = z
  .string()
  .check(
    formed("EI1237", "the name", (text) =>
      /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(text) ? null : "must be small letters, digits and dashes",
    ),
  );

/** What of a request tells it apart from others. */
export const limitKey = z.array(z.union([plainPart, namedPart])).check(rule(distinctParts));

/** Clients that no limit applies to. */
export const exemptRanges = z.array(
  z
    .string()
    .check(
      formed("EI1237", "the range", (text) =>
        parseRange(text) === null ? "must be an IP address or a CIDR, as in 10.0.0.0/8" : null,
      ),
    ),
);

/** What becomes of requests that are over a limit, and of those that it can't judge. */
export const refusalFields = {
  onFailure: oneOf(["open", "closed"]).optional(),
  deadline: duration("the deadline", { least: 1, most: 10_000 }).optional(),
  shadow: z.boolean().optional(),
  status: integer(400, 599, "EI1233", "the status").optional(),
};

/** What is used of those that are not written. */
export const DEFAULT_REFUSAL = { onFailure: "open", deadline: 50, shadow: false, status: 429 } as const;

/** Where the objects of a limit are. */
export const objectPlacement = {
  shards: integer(1, 256, "EI1233", "shards").optional(),
  locationHint: oneOf(REGIONS).optional(),
};

export const DEFAULT_PLACEMENT = { shards: 16, locationHint: "" } as const;

/** Checks the limits of a field: at least one, each with a name of its own. */
export function distinctNames(field: string) {
  return (limits: readonly { readonly name: string }[], report: Report): void => {
    if (limits.length === 0) report({ code: "EI1239", message: `${field} must have at least one limit` });
    const names = limits.map((one) => one.name);
    const repeated = names.findIndex((one, index) => names.indexOf(one) !== index);
    if (repeated === -1) return;
    report({ code: "EI1239", message: `there is a limit ${names[repeated]} already`, path: [repeated, "name"] });
  };
}
