import type { ExternalAuth } from "../../../../table/policies/external-auth.ts";
import type { Template } from "../../../../table/policies/template.ts";
import { byText } from "../../../by-text.ts";
import { parseAuthUrl, parseSignIn } from "../../../resources/auth-urls.ts";
import { AUTH_METHODS, DEFAULT_AUTH_TIMEOUT, settableHeader } from "../../../resources/external-auth.ts";
import { parseTemplate, type Unreadable } from "../../../resources/templates.ts";
import { parseCacheDurations } from "./cache-durations.ts";
import { configMapNamed } from "./config-maps.ts";
import { type AnnotationFamily, FALSE, type FamilyContext, type FamilyReading, TRUE } from "./entry.ts";
import { FamilyValues, OF_EDGE } from "./family-values.ts";

export const externalAuth: AnnotationFamily = {
  title: "External authentication",
  settle,
  entries: [
    {
      name: "auth-url",
      class: "E",
      guards: true,
      summary: "Asks this URL before the backend: 2xx lets the request through, 401 and 403 refuse it.",
      together: `does the same, and waits ${DEFAULT_AUTH_TIMEOUT / 1000} s; [what it takes](auth.md#external-authentication)`,
    },
    {
      name: "auth-method",
      class: "E",
      guards: true,
      summary: "The method of the request to `auth-url`.",
      together: "does the same; `CONNECT` and `TRACE` are errors",
    },
    {
      name: "auth-signin",
      class: "E",
      guards: true,
      summary: "Where a request that got a 401 is redirected (302).",
      together: "does the same",
    },
    {
      name: "auth-signin-redirect-param",
      class: "E",
      guards: true,
      summary: "The query parameter of `auth-signin` that carries the way back.",
      inert: ["rd"],
      together: "does the same",
    },
    {
      name: "auth-response-headers",
      class: "E",
      guards: true,
      summary: "Headers of the answer of `auth-url` that replace the client's on the way to the backend.",
      together: "does the same; clients can't send them to any Service of the namespace",
    },
    {
      name: "auth-request-redirect",
      class: "E",
      guards: true,
      summary: "The value of `X-Auth-Request-Redirect` in the request to `auth-url`.",
      together: "does the same",
    },
    {
      name: "auth-proxy-set-headers",
      class: "E",
      guards: true,
      summary: "A ConfigMap with headers for the request to `auth-url`.",
      together: "does the same; the ConfigMap must be among the manifests",
    },
    {
      name: "auth-cache-key",
      class: "P",
      guards: true,
      summary: "Keeps the answers of `auth-url` under this key.",
      together: "does the same, in each isolate for itself",
    },
    {
      name: "auth-cache-duration",
      class: "E",
      guards: true,
      summary: "How long answers of `auth-url` are kept, by status.",
      together: "does the same",
    },
    {
      name: "auth-always-set-cookie",
      class: "E",
      guards: true,
      summary: "Passes `Set-Cookie` of `auth-url` on with every status.",
      inert: FALSE,
      together: "does the same",
    },
    {
      name: "auth-keepalive",
      class: "C",
      guards: false,
      summary: "Idle connections to the host of `auth-url`.",
    },
    {
      name: "auth-keepalive-requests",
      class: "C",
      guards: false,
      summary: "Requests per connection to the host of `auth-url`.",
    },
    {
      name: "auth-keepalive-timeout",
      class: "C",
      guards: false,
      summary: "How long a connection to the host of `auth-url` stays idle.",
    },
    {
      name: "auth-keepalive-share-vars",
      class: "C",
      guards: false,
      summary: "Shares nginx variables with the request to `auth-url`.",
    },
    {
      name: "auth-snippet",
      class: "N",
      guards: true,
      summary: "nginx configuration for the request to `auth-url`.",
      instead:
        "Send headers to the authentication service by `auth-proxy-set-headers`, or have the service at `auth-url` do what the snippet did.",
    },
    {
      name: "enable-global-auth",
      class: "E",
      guards: false,
      summary: "`false` exempts the Ingress from the controller's `global-auth-url`.",
      inert: TRUE,
      together: "does the same with `externalAuth` of an EdgePolicy for the whole edge",
    },
  ],
};

/** What goes with `auth-url`, and means nothing without it. */
const COMPANIONS = [
  "auth-method",
  "auth-signin",
  "auth-signin-redirect-param",
  "auth-response-headers",
  "auth-request-redirect",
  "auth-proxy-set-headers",
  "auth-cache-key",
  "auth-cache-duration",
  "auth-always-set-cookie",
] as const;

function settle(values: ReadonlyMap<string, string>, context: FamilyContext): FamilyReading {
  const reading = new FamilyValues(values);
  const isExempt = reading.boolean("enable-global-auth", true) === false;
  const exempt = isExempt ? [{ name: "enable-global-auth", value: null }] : [];
  const value = readExternalAuth(reading, (reference) => headersOf(reference, context));
  const found = values.has("auth-url") ? [{ name: "auth-url", value }] : exempt;
  const settings = found.map(({ name, value }) => ({ name, setting: { field: "externalAuth", value } as const }));
  return { settings: reading.isSound ? settings : [], findings: reading.findings };
}

/** What the annotations come to; null where they don't ask, or can't be read. `headersOf` gets a ConfigMap's name. */
export function readExternalAuth(
  reading: FamilyValues,
  headersOf: (reference: string) => ExternalAuth["requestHeaders"] | Unreadable,
): ExternalAuth | null {
  if (!reading.values.has("auth-url")) {
    reportAlone(reading);
    return null;
  }
  const url = reading.get("auth-url", parseAuthUrl);
  if (reading.values.get("auth-url") === "") reading.problem("auth-url", "is empty, and guards nothing", OF_EDGE);
  const responseHeaders = reading.get("auth-response-headers", headerNames) ?? [];
  const requestHeaders = reading.get("auth-proxy-set-headers", headersOf) ?? [];
  const requestRedirect = reading.get("auth-request-redirect", parseTemplate);
  const cache = cacheOf(reading);
  const signIn = signInOf(reading);
  const method = reading.get("auth-method", methodOf);
  const alwaysSetCookie = reading.boolean("auth-always-set-cookie", false) ?? false;
  if (url === null) return null;
  reading.remark("auth-url", `is waited for ${DEFAULT_AUTH_TIMEOUT / 1000} s, where ingress-nginx waits 60 s`);
  return {
    ...url,
    method,
    signIn,
    responseHeaders,
    requestRedirect,
    requestHeaders,
    alwaysSetCookie,
    timeout: DEFAULT_AUTH_TIMEOUT,
    cache,
  };
}

/** Whoever writes these means a guard: one whose `auth-url` is missing, or has another name, leaves the route open. */
function reportAlone(reading: FamilyValues): void {
  for (const name of COMPANIONS) {
    const entry = externalAuth.entries.find((each) => each.name === name);
    const value = reading.values.get(name) ?? "";
    if (value === "" || value === "GET" || entry?.inert?.includes(value)) continue;
    reading.problem(name, "guards nothing without auth-url", OF_EDGE);
  }
}

function methodOf(value: string): string | Unreadable {
  const method = AUTH_METHODS.find((each) => each === value);
  if (method !== undefined) return method;
  const problem = `is none of ${AUTH_METHODS.join(", ")}, which the edge can send`;
  return value === "CONNECT" || value === "TRACE" ? { problem, ...OF_EDGE } : { problem };
}

function signInOf(reading: FamilyValues): Template | null {
  const param = reading.get("auth-signin-redirect-param", paramOf);
  const signIn = reading.get("auth-signin", (value) => parseSignIn(value, param ?? "rd"));
  if (signIn === null && param !== null && param !== "rd") {
    reading.remark("auth-signin-redirect-param", "means nothing without auth-signin");
  }
  return signIn;
}

function paramOf(value: string): string | Unreadable {
  return /^[\w.~-]+$/.test(value) ? value : { problem: "is no name of a query parameter" };
}

function cacheOf(reading: FamilyValues): ExternalAuth["cache"] {
  const durations = reading.get("auth-cache-duration", parseCacheDurations) ?? parseCacheDurations("");
  const key = reading.get("auth-cache-key", parseTemplate);
  if (key === null) {
    if (reading.values.get("auth-cache-duration"))
      reading.remark("auth-cache-duration", "means nothing without auth-cache-key");
    return null;
  }
  reading.remark(
    "auth-cache-key",
    "keeps answers in each isolate for itself, and none that has Set-Cookie or Vary or that the service lets nobody keep",
  );
  return "problem" in durations ? null : { key, durations };
}

function headerNames(value: string): readonly string[] | Unreadable {
  const names = value
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (names.some((name) => !/^[\w-]+$/.test(name))) {
    return { problem: "is not a list of names of headers: letters, digits, '-' and '_', with commas between" };
  }
  const unsettable = names.find((name) => settableHeader(name) !== null);
  if (unsettable !== undefined)
    return { problem: `names ${unsettable}, which belongs to the connection`, ofEdge: true };
  return [...new Map(names.map((name) => [name.toLowerCase(), name])).values()];
}

function headersOf(value: string, context: FamilyContext): ExternalAuth["requestHeaders"] | Unreadable {
  const configMap = configMapNamed(value, context);
  if ("problem" in configMap) return configMap;
  const headers: { name: string; value: Template }[] = [];
  for (const [header, text] of Object.entries(configMap.data).sort(([a], [b]) => byText(a, b))) {
    const reason = settableHeader(header);
    if (reason !== null) return { problem: `names a ConfigMap with a header that ${reason}`, ofEdge: true };
    const template = parseTemplate(text);
    if ("problem" in template)
      return {
        problem: `names a ConfigMap with a header that ${template.problem}`,
        ...(template.ofEdge && { ofEdge: true }),
      };
    headers.push({ name: header, value: template });
  }
  return headers;
}
