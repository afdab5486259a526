import * as z from "zod";
import {
  DEFAULT_JWT_PROVIDER,
  JWT_ALGORITHMS,
  type Jwt,
  type JwtAlgorithm,
  type JwtProvider,
} from "../../table/policies/jwt.ts";
import { credentialSources } from "./credential-sources.ts";
import { duration } from "./durations.ts";
import { identityHeader } from "./identity-header.ts";
import { algorithmsOf, keySet } from "./json-web-keys.ts";
import { dnsSubdomain } from "./names.ts";
import { between, exactly, type Fields, formed, oneOf, quote, type Report, reportTo, rule } from "./schema.ts";
import { trustedUrl } from "./trusted-url.ts";

const LONGEST = 1024;

/** Compared as it is written (RFC 7519, 4.1.1): not to be empty, and nothing that no one sees. */
export const visible = (text: string) => {
  if (text === "") return "must not be empty";
  if (text.length > LONGEST) return `must be no longer than ${LONGEST} characters`;
  return /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]|^\s|\s$/u.test(text) ? "must have no invisible characters" : null;
};

/** RFC 8725, 3.1 and 3.2. By HMAC whoever can check tokens can make them; `none` lets everybody. */
const UNSAFE = /^(?:none|hs\d*)$/i;

const algorithm = z
  .string()
  .transform((text, context) => {
    if (!UNSAFE.test(text)) return text;
    reportTo(context)({ code: "EI1270", message: `the algorithm ${quote(text)} is not safe` });
    return z.NEVER;
  })
  .pipe(oneOf(JWT_ALGORITHMS));

const keysUrl = trustedUrl("sign tokens", "https://issuer.example.com/jwks.json");

const jwks = exactly({
  uri: z
    .string()
    .check(formed("EI1273", "the URL", keysUrl))
    .transform((text) => (URL.canParse(text) ? new URL(text).href : text))
    .nullish(),
  inline: keySet.nullish(),
})
  .check(between(oneOfBoth))
  .transform(({ uri, inline }): JwtProvider["jwks"] => ({ uri: uri ?? "", keys: inline ?? [] }));

const claimToHeader = exactly({
  claim: z.string().check(formed("EI1237", "the claim", visible)),
  header: z
    .string()
    .check(formed("EI1275", "the header", identityHeader))
    .transform((name) => name.toLowerCase()),
});

export const algorithms = z
  .array(algorithm)
  .check(rule((list, report) => atLeastOne("algorithms", list, report)))
  .nullish();

export const clockSkew = duration("the clock skew", { least: 1000, most: 5 * 60_000, orZero: true }).nullish();

export const claimsToHeaders = z.array(claimToHeader).check(rule(distinctHeaders)).nullish();

const provider = exactly({
  name: z.string().check(formed("EI1237", "the name", dnsSubdomain)),
  issuer: z.string().check(formed("EI1237", "the issuer", visible)),
  audiences: z
    .array(z.string().check(formed("EI1237", "the audience", visible)))
    .check(rule((list, report) => atLeastOne("audiences", list, report)))
    .optional(),
  jwks,
  algorithms,
  clockSkew,
  from: credentialSources("header", "cookie", "query").nullish(),
  claimsToHeaders,
  forward: z.boolean().nullish(),
})
  .transform(({ clockSkew: skew, ...written }): JwtProvider => {
    const usual = DEFAULT_JWT_PROVIDER;
    return {
      name: written.name,
      issuer: written.issuer,
      audiences: written.audiences ?? usual.audiences,
      jwks: written.jwks,
      algorithms: written.algorithms ?? usual.algorithms,
      clockSkew: typeof skew === "number" ? Math.ceil(skew / 1000) : usual.clockSkew,
      from: written.from ?? usual.from,
      claimsToHeaders: written.claimsToHeaders ?? usual.claimsToHeaders,
      forward: written.forward ?? usual.forward,
    };
  })
  .check(rule(keysFitAlgorithms));

/** `spec.jwt` of an EdgePolicy. */
export const jwt = exactly({ providers: z.array(provider).check(rule(distinctNames)) }).transform(
  ({ providers }): Jwt => ({ providers }),
);

function oneOfBoth({ uri, inline }: Fields, report: Report): void {
  const written = [uri, inline].filter((value) => value !== undefined && value !== null);
  if (written.length !== 1) report({ code: "EI1276", message: "jwks has exactly one of uri and inline" });
}

function atLeastOne(what: string, list: readonly unknown[], report: Report): void {
  if (list.length === 0) report({ code: "EI1239", message: `no token fits an empty list of ${what}` });
}

function distinctHeaders(list: readonly { readonly header: string }[], report: Report): void {
  const names = list.map(({ header }) => header.replaceAll("_", "-"));
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) === index) continue;
    report({ code: "EI1239", message: `the header ${name} has a claim already`, path: [index, "header"] });
  }
}

function distinctNames(providers: readonly JwtProvider[], report: Report): void {
  if (providers.length === 0) report({ code: "EI1239", message: "no token fits an empty list of providers" });
  const names = providers.map(({ name }) => name);
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) === index) continue;
    report({ code: "EI1239", message: `two providers are named ${quote(name)}`, path: [index, "name"] });
  }
}

/** Written keys by which no token can be signed that is let in are mostly those of another provider. */
function keysFitAlgorithms({ jwks: { keys }, algorithms: written }: JwtProvider, report: Report): void {
  const allowed: readonly JwtAlgorithm[] = written;
  if (keys.length === 0 || keys.some((key) => algorithmsOf(key).some((name) => allowed.includes(name)))) return;
  const message = `none of the keys can be used with ${allowed.join(", ")}`;
  report({ code: "EI1239", message, path: ["jwks", "inline"], part: "key" });
}
