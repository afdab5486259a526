import * as z from "zod";
import { canonicalPrefix, normalisePath } from "../../table/normalise.ts";
import type { Authorization, Condition, PathCondition } from "../../table/policies/authorization.ts";
import { method } from "./edge-policy-retry.ts";
import { httpToken } from "./names.ts";
import { between, exactly, type Fields, formed, isMapping, oneOf, quote, type Report, rule } from "./schema.ts";

/** The checks that prove an identity, by the fields of EdgePolicy that ask for them, and how they sign it. */
export const PROVERS = {
  basicAuth: "basic",
  externalAuth: "externalAuth",
  jwt: "jwt",
  apiKey: "apiKey",
  oidc: "oidc",
  clientCertificate: "clientCertificate",
} as const;

const MOST_NESTED = 8;

const some = <Item extends z.ZodType>(item: Item) => z.array(item).check(rule(notEmpty));
const texts = (what: string) => some(z.string().check(formed("EI1237", what, notBlank)));

const principal = exactly({
  by: some(oneOf(Object.keys(PROVERS) as (keyof typeof PROVERS)[])).optional(),
  providers: texts("the provider").optional(),
  subjects: texts("the subject").optional(),
  claims: some(
    exactly({ name: z.string().check(formed("EI1237", "the claim", notBlank)), values: texts("the value") }),
  ).optional(),
  scopes: some(z.string().check(formed("EI1237", "the scope", scope))).optional(),
})
  .check(between(asksSomething))
  .transform(({ by, providers, subjects, claims, scopes }) => ({
    by: (by ?? []).map((name) => PROVERS[name]),
    providers: providers ?? [],
    subjects: subjects ?? [],
    claims: claims ?? [],
    scopes: scopes ?? [],
  }));

/** Gateway API's HTTPPathMatch. */
const path = exactly({ type: oneOf(["PathPrefix", "Exact"]), value: z.string() })
  .check(between(onePath))
  .transform(({ type, value }): PathCondition => {
    const normalised = normalisePath(value);
    const written = normalised.ok ? normalised.path : value;
    return { type, value: type === "PathPrefix" ? canonicalPrefix(written) : written };
  });

const header = exactly({
  name: z.string().check(formed("EI1237", "the header", httpToken)),
  values: some(z.string().check(formed("EI1237", "the value", headerValue, { hideValues: true }))),
}).transform(({ name, values }) => ({ name: name.toLowerCase(), values }));

/** What a request must be like for something to hold. */
export const condition: z.ZodType<Condition> = z.lazy(() =>
  exactly({
    principal: principal.optional(),
    methods: some(z.string().check(formed("EI1237", "the method", method))).optional(),
    paths: some(path).optional(),
    headers: some(header).optional(),
    all: some(condition).optional(),
    any: some(condition).optional(),
    not: condition.optional(),
  })
    .check(between(asksSomething))
    .transform(
      (written): Condition => ({
        principal: written.principal ?? null,
        methods: written.methods ?? [],
        paths: written.paths ?? [],
        headers: written.headers ?? [],
        all: written.all ?? [],
        any: written.any ?? [],
        not: written.not ?? null,
      }),
    ),
);

/** `spec.authorization` of an EdgePolicy, with the names of Envoy Gateway's SecurityPolicy and of Gateway API's matches. */
export const authorization = exactly({
  rules: some(exactly({ action: oneOf(["Allow", "Deny"]), when: condition }).check(between(notTooDeep))),
}).transform(({ rules }): Authorization => ({ rules }));

function notEmpty(items: readonly unknown[], report: Report): void {
  if (items.length === 0)
    report({ code: "EI1239", message: "an empty list says neither that none is meant nor that all are" });
}

/** A condition that asks for nothing holds for everybody: mostly something was indented too far. */
function asksSomething(fields: Fields, report: Report): void {
  if (Object.keys(fields).length === 0) report({ code: "EI1239", message: "a condition must ask for something" });
}

function notTooDeep({ when }: Fields, report: Report): void {
  if (depthOf(when) <= MOST_NESTED) return;
  report({
    code: "EI1239",
    message: `conditions may stand in one another ${MOST_NESTED} deep`,
    path: ["when"],
    part: "key",
  });
}

/** How deep conditions stand in one another, counted no further than it matters. */
function depthOf(condition: unknown, depth = 1): number {
  if (!isMapping(condition) || depth > MOST_NESTED) return depth;
  const inner = [condition.all, condition.any, condition.not].flat().filter(isMapping);
  return Math.max(depth, ...inner.map((one) => depthOf(one, depth + 1)));
}

function notBlank(text: string): string | null {
  return text.trim() === "" ? "must not be empty" : null;
}

/** RFC 6749, 3.3. */
function scope(text: string): string | null {
  return /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(text) ? null : "must be one scope, without spaces and quotes";
}

/** Headers of one name are joined with commas, so a value with a comma could be two. */
function headerValue(text: string): string | null {
  return /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text) && !text.includes(",")
    ? null
    : "must be of printable ASCII, without commas and without spaces at its ends";
}

function onePath({ value }: Fields, report: Report): void {
  if (typeof value !== "string") return;
  const normalised = normalisePath(value);
  const reason = /[?#]/.test(value)
    ? "must have no '?' and no '#', which end a path"
    : !normalised.ok
      ? `is none: ${normalised.reason}`
      : normalised.others.length > 0
        ? "can be read in more than one way"
        : null;
  if (reason !== null) report({ code: "EI1237", message: `the path ${quote(value)} ${reason}`, path: ["value"] });
}
