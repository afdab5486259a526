import type { Cors } from "../../table/policies/cors.ts";
import type { RulePolicies } from "../../table/policies/rule-policies.ts";
import type { Stage } from "./chain.ts";
import type { Visit } from "./visit.ts";

/**
 * Answers preflights of allowed origins, and tells browsers on every answer to one what they may do with it, in the place
 * of what the cluster says. As in ingress-nginx (rootfs/etc/nginx/template/nginx.tmpl, "CORS") any OPTIONS is a preflight,
 * other origins are served like anybody else, and there is no `Vary`.
 */
export function cors({ cors: policy }: RulePolicies): Stage | null {
  if (policy === null) return null;
  const allowed = allowedBy(policy.allowOrigins);
  const headers = headersOf(policy);
  return {
    handle({ request, requestId, toClient }) {
      const origin = allowed(request.headers.get("origin"));
      if (origin === null) return null;
      toClient.set("access-control-allow-origin", origin);
      for (const [name, value] of headers) toClient.set(name, value);
      return request.method === "OPTIONS" ? preflightAnswer(requestId) : null;
    },
  };
}

/** What Access-Control-Allow-Origin says to an origin; null where nothing is said. */
function allowedBy(origins: Cors["allowOrigins"]): (origin: string | null) => string | null {
  if (origins.includes("*")) return () => "*";
  const written = new Set(origins);
  const wildcards = origins.filter((origin) => origin.includes("*")).map(patternOf);
  return (origin) => {
    const lower = origin?.toLowerCase() ?? "";
    return written.has(lower) || wildcards.some((pattern) => pattern.test(lower)) ? origin : null;
  };
}

/** `*` stands for one label. */
function patternOf(origin: string): RegExp {
  return new RegExp(`^${origin.replace(/[.*]/g, (sign) => (sign === "*" ? "[a-z0-9-]+" : "\\."))}$`);
}

function headersOf(policy: Cors): readonly (readonly [name: string, value: string])[] {
  const { allowCredentials, allowMethods, allowHeaders, exposeHeaders, maxAge } = policy;
  return [
    ...(allowCredentials ? [["access-control-allow-credentials", "true"] as const] : []),
    ["access-control-allow-methods", allowMethods],
    ["access-control-allow-headers", allowHeaders],
    ...(exposeHeaders === "" ? [] : [["access-control-expose-headers", exposeHeaders] as const]),
    ["access-control-max-age", maxAge],
  ];
}

function preflightAnswer(requestId: Visit["requestId"]): Response {
  const headers = { "content-type": "text/plain charset=UTF-8", "content-length": "0", "x-request-id": requestId };
  return new Response(null, { status: 204, headers });
}
