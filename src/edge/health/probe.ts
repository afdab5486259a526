import type { Endpoint } from "../../table/model.ts";
import type { HealthCheck } from "../../table/policies/health-check.ts";
import type { Env } from "../env.ts";
import { originSecretOf, setOriginSecret } from "../upstream/origin-secret.ts";
import { reachesHost, transportFor } from "../upstream/transport.ts";
import type { Verdict } from "./quorum.ts";

const USER_AGENT = "edge-ingress-health/1";

/** Bytes of an answer's body in which the expected text must occur. */
const BODY_READ = 64 * 1024;

/** Characters of a cause that are kept: it may quote the runtime. */
const LONGEST_CAUSE = 200;

/** Probes an endpoint once. Never throws, and never takes longer than the check's timeout. */
export async function probe(endpoint: Endpoint, check: HealthCheck, env: Env): Promise<Verdict> {
  if (!reachesHost(endpoint, hostOf(endpoint, check))) return bad(`host outside the zone ${endpoint.zone}`);
  const aborter = new AbortController();
  const timer = setTimeout(() => aborter.abort(), check.timeout);
  const timeout = new Promise<Verdict>((resolve) => {
    aborter.signal.addEventListener("abort", () => resolve(bad("timeout")));
  });
  const judged = ask(endpoint, check, env, aborter.signal);
  const failed = judged.catch((error: unknown) => bad(error instanceof Error ? error.message : String(error)));
  const verdict = await Promise.race([timeout, failed]);
  clearTimeout(timer);
  return verdict;
}

async function ask(endpoint: Endpoint, check: HealthCheck, env: Env, signal: AbortSignal): Promise<Verdict> {
  const { originSecret } = endpoint.cluster;
  const request = requestOf(endpoint, check, signal);
  if (originSecret !== null) {
    const secret = await originSecretOf(originSecret, { env, waitUntil: () => {} });
    if (secret === null) return bad("no secret for the header of its origin");
    setOriginSecret(originSecret, secret, request.headers);
  }
  const transport = transportFor(endpoint, env);
  return transport === null ? bad(`no binding ${endpoint.binding}`) : judge(await transport.fetch(request), check);
}

/** As a client's request for that Host would look to the endpoint. */
function requestOf(endpoint: Endpoint, check: HealthCheck, signal: AbortSignal): Request {
  const headers = new Headers({ "user-agent": USER_AGENT, accept: "*/*" });
  if (endpoint.host === "endpoint" && check.host !== "") headers.set("x-forwarded-host", check.host);
  const url = `${endpoint.scheme}://${authorityOf(endpoint, check)}${check.path}`;
  return new Request(url, { method: check.method, headers, redirect: "manual", signal });
}

function authorityOf(endpoint: Endpoint, check: HealthCheck): string {
  const host = hostOf(endpoint, check);
  // A binding to a service knows its address; the URL is the Host alone, which has no port in a client's request.
  const isHostAlone = endpoint.transport === "service-binding" && host !== endpoint.hostname;
  return isHostAlone ? host : `${host}:${endpoint.port}`;
}

function hostOf(endpoint: Endpoint, check: HealthCheck): string {
  return endpoint.host === "endpoint" || check.host === "" ? endpoint.hostname : check.host;
}

async function judge(response: Response, check: HealthCheck): Promise<Verdict> {
  const { status, body } = response;
  const isExpected = check.expectedStatus.some(({ from, to }) => status >= from && status <= to);
  const isReadToo = isExpected && check.expectedBody !== "";
  const hasText = isReadToo ? body !== null && (await holds(body, check.expectedBody)) : true;
  if (!isReadToo) await body?.cancel();
  if (!isExpected) return bad(`status ${status}`);
  return hasText ? { ok: true, cause: `status ${status}` } : bad(`status ${status} without the expected body`);
}

/** Whether the text occurs in the first BODY_READ bytes; the rest is not read. */
async function holds(body: ReadableStream<Uint8Array>, text: string): Promise<boolean> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let read = "";
  let left = BODY_READ;
  let isFound = false;
  while (!isFound && left > 0) {
    const { done, value } = await reader.read();
    if (done) break;
    read += decoder.decode(value.subarray(0, left), { stream: true });
    left -= value.length;
    isFound = read.includes(text);
  }
  await reader.cancel();
  return isFound;
}

function bad(cause: string): Verdict {
  return { ok: false, cause: cause.slice(0, LONGEST_CAUSE) };
}
