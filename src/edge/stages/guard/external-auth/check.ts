import { authorityOf, expand, expandLocation, expandPath, requestUri } from "../../../../table/expand.ts";
import type { ExternalAuth } from "../../../../table/policies/external-auth.ts";
import type { RulePolicies } from "../../../../table/policies/rule-policies.ts";
import { logRefusal } from "../../../observe/refusals.ts";
import { HeaderEdits } from "../../header-edits.ts";
import { hideCookies } from "../../hide-credentials.ts";
import type { Visit } from "../../visit.ts";
import type { Check, Denied, Identity, Verdict } from "../check.ts";
import { unauthorized } from "../denied.ts";
import { type AuthAnswer, AuthAnswers } from "./answers.ts";

/**
 * Asks a service whether a request may pass, as ingress-nginx does by `auth-url`: 2xx lets it in, 401 and 403 do not,
 * and any other end of the question is 500.
 */
export function externalAuthCheck({ externalAuth: policy }: RulePolicies): Check | null {
  if (policy === null) return null;
  const { signIn } = policy;
  return {
    judge: (visit) => judge(policy, visit),
    ...(signIn !== null && { signIn: (visit: Visit) => redirect(expandLocation(signIn, visit), visit) }),
  };
}

/** One for the isolate: each of its answers is found under the rule that it was given for. */
const answers = new AuthAnswers();

async function judge(policy: ExternalAuth, visit: Visit): Promise<Verdict> {
  const key = policy.cache === null ? null : await answers.keyOf(expand(policy.cache.key, visit), visit);
  const kept = key === null ? null : answers.get(key, Date.now());
  const answer = kept ?? (await ask(policy, visit, key));
  if (answer === null) return { allowed: false, status: 500, answer: "internal" };
  passCookies(answer, policy, visit);
  return verdictOf(answer, visit);
}

async function ask(policy: ExternalAuth, visit: Visit, key: string | null): Promise<AuthAnswer | null> {
  const { service, method, timeout, responseHeaders, cache } = policy;
  const path = expandPath(policy.path, visit);
  if (path === null) {
    logRefusal({
      by: "externalAuth",
      reason: "the request would climb in the path of auth-url",
      requestId: visit.requestId,
    });
    return null;
  }
  const headers = key === null ? visit.request.headers : withoutConditions(visit.request.headers);
  const edits = editsFor(policy, visit);
  const response = await visit.ask({ service, method: method ?? "GET", path, headers, edits, timeout, isAnswer });
  if (response === null) return null;
  response.body?.cancel().catch(() => undefined);
  const told = responseHeaders.map((name) => [name, headerOf(response.headers, name)] as const);
  const challenge = response.headers.get("www-authenticate");
  const answer = { status: response.status, told, challenge, cookies: response.headers.getSetCookie() };
  if (cache !== null && key !== null) answers.keep(key, answer, response.headers, cache.durations, Date.now());
  return answer;
}

function isAnswer(status: number): boolean {
  return (status >= 200 && status < 300) || status === 401 || status === 403;
}

/** What the service is told besides what the client sent (ingress-nginx, nginx.tmpl, the location of `auth-url`). */
function editsFor({ service, method, requestRedirect, requestHeaders }: ExternalAuth, visit: Visit): HeaderEdits {
  const { request, target, client } = visit;
  const scheme = target.https ? "https" : "http";
  const edits = new HeaderEdits();
  edits.set("x-original-url", `${scheme}://${authorityOf(visit)}${requestUri(visit)}`);
  edits.set("x-original-method", request.method);
  edits.set("x-sent-from", "nginx-ingress-controller");
  edits.set(
    "x-auth-request-redirect",
    requestRedirect === null ? requestUri(visit) : expandLocation(requestRedirect, visit),
  );
  if (method !== null) {
    edits.set("x-original-uri", requestUri(visit));
    edits.set("x-scheme", client.scheme);
  }
  hideCookies(visit.rule.policies.edgeCookies, request.headers, edits);
  // A rule of this edge tells its cluster of the question what it tells of any request.
  if (service.via !== "edge") for (const name of ["host", "port", "proto"]) edits.remove(`x-forwarded-${name}`);
  for (const { name, value } of requestHeaders) {
    const text = expand(value, visit);
    if (text === "") edits.remove(name);
    else edits.set(name, text);
  }
  return edits;
}

/** nginx takes these off where answers are kept: one who has a page already must not be answered 304 for all. */
function withoutConditions(sent: Headers): Headers {
  const headers = new Headers(sent);
  const conditions = ["if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "range"];
  for (const name of conditions) headers.delete(name);
  return headers;
}

/** nginx's `$upstream_http_NAME` takes `_` for `-`. */
function headerOf(headers: Headers, name: string): string | null {
  return headers.get(name) ?? headers.get(name.replaceAll("_", "-"));
}

/** What nginx's `add_header` adds to without `always`. */
const FINE: ReadonlySet<number> = new Set([200, 201, 204, 206, 301, 302, 303, 304, 307, 308]);

function passCookies({ cookies }: AuthAnswer, { alwaysSetCookie }: ExternalAuth, { toClient }: Visit): void {
  for (const cookie of cookies) toClient.append("set-cookie", cookie, alwaysSetCookie ? null : FINE);
}

function verdictOf(answer: AuthAnswer, visit: Visit): Verdict {
  if (answer.status === 401) return deniedBy(answer, visit);
  if (answer.status === 403) return { allowed: false, status: 403, answer: "forbidden" };
  return {
    allowed: true,
    identity: identityOf(answer),
    apply({ toCluster }) {
      for (const [name, value] of answer.told) {
        if (value === null) toCluster.remove(name);
        else toCluster.set(name, value);
      }
    },
  };
}

function deniedBy({ challenge }: AuthAnswer, visit: Visit): Denied {
  if (challenge !== null) return unauthorized(visit, challenge);
  return { allowed: false, status: 401, answer: "unauthorized" };
}

/** The service's own word for who it is are the headers that it was asked for; the first of them names him. */
function identityOf({ told }: AuthAnswer): Identity {
  const said = told.flatMap(([name, value]) => (value === null ? [] : [[name.toLowerCase(), value] as const]));
  const [, subject = ""] = said.find(([name]) => name !== "authorization" && name !== "cookie") ?? [];
  return { by: "externalAuth", subject, claims: Object.fromEntries(said) };
}

/** A path is made absolute as by nginx's `absolute_redirect`: by the Host that was matched, without a port. */
function redirect(written: string, { target, client, requestId }: Visit): Response {
  const location = written.startsWith("/") ? `${client.scheme}://${target.host}${written}` : written;
  const headers = { location, "cache-control": "no-store", "x-request-id": requestId };
  return new Response(null, { status: 302, headers });
}
