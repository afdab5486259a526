import { isUnreadable, parseTemplate } from "../../../../../src/compiler/resources/templates.ts";
import type { ExternalAuth } from "../../../../../src/table/policies/external-auth.ts";
import type { RulePolicies } from "../../../../../src/table/policies/rule-policies.ts";
import type { Template } from "../../../../../src/table/policies/template.ts";
import type { RuleSketch } from "../../../../support/router.ts";
import { type Answer, edgeOf } from "../../../edge-of.ts";

/** External auth as a manifest would have it. */
export interface AuthSketch
  extends Partial<Pick<ExternalAuth, "method" | "responseHeaders" | "alwaysSetCookie" | "timeout">> {
  readonly url?: string;
  readonly via?: ExternalAuth["service"]["via"];
  readonly targets?: ExternalAuth["service"]["targets"];
  /** Ends with what the way back is added to. */
  readonly signIn?: string;
  readonly requestRedirect?: string;
  readonly requestHeaders?: Readonly<Record<string, string>>;
  /** A cache key; every status of `durations` is kept. */
  readonly cacheKey?: string;
  readonly durations?: NonNullable<ExternalAuth["cache"]>["durations"];
}

/** What the compiler adds to the URL of a sign-in. */
const WAY_BACK = "rd=$pass_access_scheme://$http_host$escaped_request_uri";

const FIVE_MINUTES = [200, 202, 401].map((status) => ({ from: status, to: status, duration: 300_000 }));

export function authOf(sketch: AuthSketch = {}): ExternalAuth {
  const { url = "http://auth.test:9000/check", via = "binding", targets = [], signIn, cacheKey } = sketch;
  const { scheme, authority, path } = /^(?<scheme>https?):..(?<authority>[^/]+)(?<path>.*)$/.exec(url)?.groups ?? {};
  const [hostname = "", port] = authority?.split(":") ?? [];
  const isOwn = hostname.startsWith("$");
  const usual = scheme === "https" ? 443 : 80;
  const { method = null, responseHeaders = [], alwaysSetCookie = false, timeout = 5_000 } = sketch;
  const { requestRedirect, requestHeaders = {}, durations = FIVE_MINUTES } = sketch;
  return {
    service: {
      via,
      scheme: scheme === "https" ? "https" : "http",
      hostname: isOwn ? "" : hostname,
      port: hostname === "$http_host" ? 0 : Number(port ?? usual),
      binding: via === "binding" ? "AUTH" : "",
      targets,
    },
    path: templateOf(path ?? ""),
    method,
    signIn: signIn === undefined ? null : templateOf(signIn + WAY_BACK),
    responseHeaders,
    requestRedirect: requestRedirect === undefined ? null : templateOf(requestRedirect),
    requestHeaders: Object.entries(requestHeaders).map(([name, value]) => ({ name, value: templateOf(value) })),
    alwaysSetCookie,
    timeout,
    cache: cacheKey === undefined ? null : { key: templateOf(cacheKey), durations },
  };
}

function templateOf(text: string): Template {
  const parsed = parseTemplate(text);
  if (isUnreadable(parsed)) throw new Error(parsed.problem);
  return parsed;
}

/** What a server saw of a request. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
}

export interface World {
  readonly ask: (url: string, init?: RequestInit) => Promise<Response>;
  /** What the auth service was asked. */
  readonly asked: Seen[];
  /** What the cluster got. */
  readonly served: Seen[];
}

/** An edge whose rule for shop.test asks `auth`; what is asked at other rules comes from `more`. */
export function worldOf(
  auth: AuthSketch,
  answer: Answer = () => new Response(null, { status: 200 }),
  more: {
    readonly policies?: Partial<RulePolicies>;
    readonly rules?: readonly RuleSketch[];
    readonly cluster?: Answer;
    readonly endpoints?: Readonly<Record<string, Answer>>;
    readonly bindings?: Readonly<Record<string, unknown>>;
  } = {},
): World {
  const asked: Seen[] = [];
  const served: Seen[] = [];
  const recorded =
    (to: Seen[], by: Answer): Answer =>
    async (request) => {
      const { method, url, headers } = request;
      to.push({ method, url, headers, body: await request.clone().text() });
      return by(request);
    };
  const rule: RuleSketch = {
    hostname: "shop.test",
    path: "/",
    service: "shop",
    policies: { externalAuth: authOf(auth), ...more.policies },
  };
  const endpoints = {
    AUTH: recorded(asked, answer),
    only: recorded(served, more.cluster ?? (() => new Response("from the cluster"))),
    ...more.endpoints,
  };
  const ask = edgeOf({ rules: [rule, ...(more.rules ?? [])] }, endpoints, more.bindings);
  return { ask, asked, served };
}
