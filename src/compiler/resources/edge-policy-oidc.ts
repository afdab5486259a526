import { createHash } from "node:crypto";
import * as z from "zod";
import { normalisePath } from "../../table/normalise.ts";
import { DEFAULT_OIDC, type Oidc } from "../../table/policies/oidc.ts";
import { secretRef } from "../ir/secret.ts";
import { duration, durationText } from "./durations.ts";
import { secretKey } from "./edge-policy-basic-auth.ts";
import { algorithms, claimsToHeaders, clockSkew, visible } from "./edge-policy-jwt.ts";
import { dnsSubdomain, httpToken } from "./names.ts";
import type { Metadata } from "./resource.ts";
import { between, exactly, type Fields, formed, type Report, rule } from "./schema.ts";
import { trustedUrl } from "./trusted-url.ts";

/** The keys of Secrets where none is written: that of Envoy Gateway, and one that has no model. */
const CLIENT_SECRET_KEY = "client-secret";
const SESSION_KEYS_KEY = "session-keys";

const inIssuer = trustedUrl("let anybody in", "https://login.example.com");

/** OpenID Connect Core 1.0, 2: compared as it is written, and where its discovery document is. */
const issuer = (text: string) =>
  inIssuer(text) ?? (text.includes("?") || /\s/.test(text) ? "must have neither a query nor spaces" : null);

const MINUTE = 60_000;
const MONTH = 30 * 24 * 60 * MINUTE;

const secret = exactly({
  name: z.string().check(formed("EI1237", "the name of the Secret", dnsSubdomain)),
  key: z
    .string()
    .check(formed("EI1237", "the key", secretKey))
    .nullish(),
});

/** RFC 6749, 3.3. */
const scope = (text: string) =>
  /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(text) ? null : "must be one scope, without spaces and quotes";

const path = z
  .string()
  .check(formed("EI1237", "the path", ownPath))
  .nullish();
const cookieName = z
  .string()
  .check(formed("EI1237", "the cookie", ownCookie))
  .nullish();

/** `spec.oidc` of an EdgePolicy, named as in Envoy Gateway's SecurityPolicy where names exist. */
export const oidc = exactly({
  provider: exactly({ issuer: z.string().check(formed("EI1277", "the issuer", issuer)) }),
  clientID: z.string().check(formed("EI1237", "the client", visible)),
  clientSecretRef: secret,
  session: exactly({
    secretRef: secret,
    absoluteTimeout: duration("the absolute timeout", { least: MINUTE, most: MONTH }).nullish(),
    idleTimeout: duration("the idle timeout", { least: MINUTE, most: MONTH }).nullish(),
  }).check(rule(idleBeforeAbsolute)),
  scopes: z.array(z.string().check(formed("EI1237", "the scope", scope))).nullish(),
  algorithms,
  clockSkew,
  redirectPath: path,
  logoutPath: path,
  postLogoutPath: z
    .string()
    .check(formed("EI1237", "the path", anyPath))
    .nullish(),
  cookieNames: exactly({ session: cookieName, login: cookieName }).nullish(),
  refreshToken: z.boolean().nullish(),
  forwardAccessToken: z.boolean().nullish(),
  claimsToHeaders,
}).check(between(distinctPaths), between(distinctCookies));

/** The same in the policy of that name. */
export function oidcIn({ namespace, name }: Metadata, written: z.output<typeof oidc>): Oidc {
  const usual = DEFAULT_OIDC;
  const full = `${namespace}/${name}`;
  const mark = createHash("sha256").update(full).digest("hex").slice(0, 8);
  const { clientSecretRef: client, session, scopes, clockSkew: skew, cookieNames } = written;
  return {
    name: full,
    issuer: written.provider.issuer,
    clientId: written.clientID,
    clientSecret: { secret: secretRef(namespace, client.name), key: client.key ?? CLIENT_SECRET_KEY },
    sessionKeys: {
      secret: secretRef(namespace, session.secretRef.name),
      key: session.secretRef.key ?? SESSION_KEYS_KEY,
    },
    scopes: [...new Set(["openid", ...(scopes ?? usual.scopes)])],
    algorithms: written.algorithms ?? usual.algorithms,
    clockSkew: typeof skew === "number" ? Math.ceil(skew / 1000) : usual.clockSkew,
    redirectPath: written.redirectPath ?? usual.redirectPath,
    logoutPath: written.logoutPath ?? usual.logoutPath,
    postLogoutPath: written.postLogoutPath ?? usual.postLogoutPath,
    cookieNames: {
      session: cookieNames?.session ?? `ei-session-${mark}`,
      login: cookieNames?.login ?? `ei-login-${mark}`,
    },
    absoluteTimeout: seconds(session.absoluteTimeout) ?? usual.absoluteTimeout,
    idleTimeout:
      seconds(session.idleTimeout) ??
      Math.min(usual.idleTimeout, seconds(session.absoluteTimeout) ?? usual.idleTimeout),
    refreshToken: written.refreshToken ?? usual.refreshToken,
    forwardAccessToken: written.forwardAccessToken ?? usual.forwardAccessToken,
    claimsToHeaders: written.claimsToHeaders ?? usual.claimsToHeaders,
  };
}

function seconds(milliseconds: number | null | undefined): number | null {
  return typeof milliseconds === "number" ? Math.ceil(milliseconds / 1000) : null;
}

/** One that no request is normalised away from: what the provider sends people to must be found. */
function anyPath(text: string): string | null {
  const normalised = normalisePath(text);
  if (!/^\/[!$&-;=@-Z_a-z~%]*$/.test(text) || text.length > 256) return "must be a path, as in /oauth2/callback";
  return normalised.ok && normalised.path === text && normalised.others.length === 0
    ? null
    : "must be a path in its normal form, without dots, double slashes or needless escapes";
}

function ownPath(text: string): string | null {
  return text === "/" ? "must not be the root, which is the pages'" : anyPath(text);
}

/** Without dots: what comes after one is the edge's. */
function ownCookie(text: string): string | null {
  if (text.length > 64) return "must be no longer than 64 characters";
  if (/^__/.test(text)) return "must not begin with '__': the edge itself sets __Host- before it";
  return text.includes(".") ? "must not have a '.'" : httpToken(text);
}

interface Timeouts {
  readonly absoluteTimeout?: number | null | undefined;
  readonly idleTimeout?: number | null | undefined;
}

function idleBeforeAbsolute({ absoluteTimeout, idleTimeout }: Timeouts, report: Report): void {
  const absolute = absoluteTimeout ?? DEFAULT_OIDC.absoluteTimeout * 1000;
  if (typeof idleTimeout !== "number" || idleTimeout <= absolute) return;
  const says = `a session that ends after ${durationText(absolute)} is never idle for ${durationText(idleTimeout)}`;
  report({ code: "EI1239", message: says, path: ["idleTimeout"] });
}

function distinctPaths({ redirectPath, logoutPath }: Fields, report: Report): void {
  if ((redirectPath ?? DEFAULT_OIDC.redirectPath) !== (logoutPath ?? DEFAULT_OIDC.logoutPath)) return;
  const key = logoutPath === undefined ? "redirectPath" : "logoutPath";
  report({ code: "EI1239", message: "the paths of the login and of the logout must be two", path: [key] });
}

function distinctCookies({ cookieNames }: Fields, report: Report): void {
  const { session, login } = (cookieNames ?? {}) as Readonly<Record<string, unknown>>;
  if (session === undefined || session !== login) return;
  report({ code: "EI1239", message: "the cookies of session and login must be two", path: ["cookieNames", "login"] });
}
