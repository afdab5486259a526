import { encode } from "jose/base64url";
import { requestUri } from "../../../../table/expand.ts";
import type { Oidc } from "../../../../table/policies/oidc.ts";
import { cookieNamesIn, cookiesNamed } from "../../../cookies.ts";
import { logRefusal } from "../../../observe/refusals.ts";
import type { Problem } from "../../../problem.ts";
import { parametersNamed } from "../../../query.ts";
import type { Visit } from "../../visit.ts";
import { discoveryOf } from "./discovery.ts";
import { boundTo, fullName, isPrivate, now, originOf, putCookie, redirect } from "./places.ts";
import { sealerOf } from "./sealer.ts";
import { beginSession } from "./session.ts";
import { askTokens } from "./tokens.ts";

/** What a browser keeps of a login until it comes back, sealed: one cookie for each, so that several tabs can log in. */
interface Login {
  readonly verifier: string;
  readonly nonce: string;
  /** Path and query to go back to; the host is the one that it is sealed for. */
  readonly back: string;
  readonly begun: number;
}

/** Seconds from the first redirect to the last. */
export const LOGIN_TIMEOUT = 600;

/** Logins of one browser at a time, and characters that each remembers of where it began. */
export const MOST_LOGINS = 5;
const LONGEST_BACK = 1_500;

/** Sends a person to the provider; null where it is a program that asks, which is told 401. */
export async function beginLogin(visit: Visit, policy: Oidc): Promise<Response | Problem | null> {
  if (!isNavigation(visit.request)) return null;
  if (!isPrivate(visit)) return redirect(`https://${visit.target.host}${requestUri(visit)}`, visit);
  const sealer = await sealerOf(policy, visit);
  const discovery = await discoveryOf(policy.issuer).current(visit.waitUntil);
  if (sealer === null || discovery === null) return "unavailable";
  const [state, nonce, verifier] = [`${now().toString(36)}.${random(16)}`, random(16), random(32)];
  const whole = requestUri(visit);
  const path = whole.split("?", 1)[0] as string;
  const back = [whole, path].find(({ length }) => length <= LONGEST_BACK) ?? "/";
  const login: Login = { verifier, nonce, back, begun: now() };
  const sealed = await sealer.seal(login, boundTo("login", policy, visit, state));
  forgetOldest(policy, visit);
  putCookie(visit, nameOf(state, policy, visit), sealed, LOGIN_TIMEOUT);
  const url = new URL(discovery.authorizationEndpoint);
  const question = {
    response_type: "code",
    client_id: policy.clientId,
    redirect_uri: redirectUri(policy, visit),
    scope: policy.scopes.join(" "),
    state,
    nonce,
    code_challenge: await challengeOf(verifier),
    code_challenge_method: "S256",
  };
  for (const [name, value] of Object.entries(question)) url.searchParams.set(name, value);
  return redirect(url.href, visit);
}

/** A page that a person asked for: scripts, images and forms are not led away (Fetch §3.2, `Sec-Fetch-Mode`). */
export function isNavigation({ method, headers }: Request): boolean {
  return (
    (method === "GET" || method === "HEAD") &&
    (headers.get("sec-fetch-mode") ?? "navigate") === "navigate" &&
    /(?:^|,)\s*text\/html\s*(?:,|$|;(?!\s*q=0(?:\.0*)?\s*(?:,|$)))/i.test(headers.get("accept") ?? "")
  );
}

const used = new Set<string>();
const MOST_USED = 1_000;

/** Takes a person back who comes from the provider. Whatever is not as it was sent out ends the login. */
export async function finishLogin(visit: Visit, policy: Oidc): Promise<Response | Problem> {
  const { request, requestId, target } = visit;
  const failed = (reason: string, problem: Problem = "loginFailed"): Problem => {
    logRefusal({ by: "oidc", reason: `login: ${reason}`, requestId, of: policy.name });
    return problem;
  };
  if (request.method !== "GET") return failed("not a GET");
  const [state, code, issuer, error] = ["state", "code", "iss", "error"].map((name) =>
    parametersNamed(target.query, name),
  );
  if ([state, code, issuer, error].some((values) => (values?.length ?? 0) > 1)) return failed("a parameter twice");
  if (state?.[0] === undefined || !STATE.test(state[0])) return failed("no state");
  const name = nameOf(state[0], policy, visit);
  const cookies = cookiesNamed(request.headers, name);
  if (cookies.length !== 1) return failed("a state that this browser has not, or no longer");
  const sealer = await sealerOf(policy, visit);
  if (sealer === null) return "unavailable";
  putCookie(visit, name, "", 0);
  // What opens is what was sealed here.
  const login = (await sealer.open(cookies[0] as string, boundTo("login", policy, visit, state[0]))) as
    | Login
    | undefined;
  if (login === undefined) return failed("a state of another policy, host or login");
  if (now() >= login.begun + LOGIN_TIMEOUT) return failed("too late");
  if (used.has(state[0])) return failed("a state that was used");
  use(state[0]);
  const discovery = await discoveryOf(policy.issuer).current(visit.waitUntil);
  if (discovery === null) return "unavailable";
  if (issuer?.[0] === undefined ? discovery.namesIssuer : issuer[0] !== policy.issuer)
    return failed("an answer of another issuer");
  if (error?.[0] !== undefined) {
    const [reason, problem] = ERRORS[error[0]] ?? ["the provider refuses", "loginFailed"];
    return failed(reason, problem);
  }
  if (!code?.[0]) return failed("no code");
  const grant = {
    grant_type: "authorization_code",
    code: code[0],
    redirect_uri: redirectUri(policy, visit),
    code_verifier: login.verifier,
  };
  const tokens = await askTokens(policy, discovery, grant, visit);
  if ("is" in tokens) return failed(tokens.reason, tokens.is === "undecided" ? "unavailable" : "loginFailed");
  if (tokens.claims === null) return failed("no ID token");
  if (tokens.claims.nonce !== login.nonce) return failed("ID token: of another login");
  if (!(await beginSession(tokens, policy, sealer, visit))) return "unavailable";
  return redirect(originOf(visit) + login.back, visit);
}

/** RFC 6749 §4.1.2.1, OpenID Connect Core 1.0 §3.1.2.6: what is worth another answer. */
const ERRORS: Readonly<Record<string, readonly [reason: string, problem: Problem]>> = {
  __proto__: null as never,
  access_denied: ["the person or the provider has refused", "forbidden"],
  server_error: ["the provider has an error", "unavailable"],
  temporarily_unavailable: ["the provider is not available", "unavailable"],
};

/** Of the second in which it began, then random: by name the oldest comes first. */
const STATE = /^[0-9a-z]{6,8}\.[\w-]{22}$/;

/** What an isolate has seen; elsewhere the provider refuses the code that comes with it. */
function use(state: string): void {
  if (used.size >= MOST_USED) {
    const [oldest] = used;
    used.delete(oldest as string);
  }
  used.add(state);
}

function forgetOldest({ cookieNames }: Oidc, visit: Visit): void {
  const begins = `${fullName(cookieNames.login, visit)}.`;
  const names = cookieNamesIn(visit.request.headers).filter((name) => name.startsWith(begins));
  for (const name of names.sort().slice(0, Math.max(0, names.length - MOST_LOGINS + 1))) putCookie(visit, name, "", 0);
}

function nameOf(state: string, { cookieNames }: Oidc, visit: Visit): string {
  return `${fullName(cookieNames.login, visit)}.${state}`;
}

function redirectUri({ redirectPath }: Oidc, visit: Visit): string {
  return originOf(visit) + redirectPath;
}

function random(bytes: number): string {
  return encode(crypto.getRandomValues(new Uint8Array(bytes)));
}

/** RFC 7636 §4.2 */
async function challengeOf(verifier: string): Promise<string> {
  return encode(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))));
}
