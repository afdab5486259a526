import type { Endpoint, Rule } from "../../table/model.ts";
import type { Env } from "../env.ts";
import { isStatusToken } from "../stages/status.ts";

/** With the status token as its value in a request, the answer tells under the same name what became of it. */
export const TRACE_HEADER = "x-edge-ingress-trace";

/** Filled in on the way of one request. */
export interface Trace {
  rule: Rule | null;
  /** Whose rule it is, as it is written in the manifests. */
  hostname: string;
  endpoint: Endpoint | null;
}

/** Null at once where nobody asks or the edge has no token; who brings another token is served as if nobody asked. */
export function traceOf(headers: Headers, env: Env): Promise<Trace | null> | null {
  const sent = headers.get(TRACE_HEADER);
  const isToken = sent === null ? null : isStatusToken(sent, env);
  return isToken?.then((is) => (is ? { rule: null, hostname: "", endpoint: null } : null)) ?? null;
}

/** No cache may keep an answer that tells of the inside. `table`: its content hash. */
export function traced(response: Response, { rule, hostname, endpoint }: Trace, table: string): Response {
  if (response.status === 101) return response;
  const told = {
    table,
    rule: rule && { host: hostname, type: rule.pathType, path: rule.path, from: rule.name },
    endpoint: endpoint?.id ?? null,
  };
  const { status, statusText, headers } = response;
  const answer = new Response(response.body, { status, statusText, headers });
  answer.headers.set(TRACE_HEADER, JSON.stringify(told));
  answer.headers.set("cache-control", "no-store");
  return answer;
}
