import { describe, expect, test } from "vitest";
import { DEFAULT_NGINX_HEADERS } from "../../../../src/table/nginx-headers.ts";
import { cluster, compiled, edgePolicy } from "../../../support/compiled.ts";
import { annotated } from "./annotations/annotated.ts";

const configMap = (data: object, name = "ingress-nginx-controller") =>
  `${JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { namespace: "ingress-nginx", name }, data })}\n`;

const URL_KEY = { "global-auth-url": "https://auth.example.com/verify" };

/** What the rule of Ingress shop/shop asks and where that is written, and what is said. */
function read(manifests: readonly string[], annotations: Readonly<Record<string, string>> = {}) {
  const { output, diagnostics } = compiled([cluster("eu"), annotated(annotations), ...manifests].join("---\n"));
  const policies = output?.report.hosts[0]?.rules[0]?.policies ?? [];
  return {
    asked: output?.router.hosts[0]?.rules[0]?.policies.externalAuth ?? null,
    from: policies.map(({ from, at }) => `${from} at ${at}`),
    said: diagnostics.map(({ code, message }) => `${code} ${message}`),
  };
}

describe("global-auth-url in the ConfigMap of the controller", () => {
  test.each(["ingress-nginx-controller", "edge-ingress-nginx-controller", "anything"])(
    "holds for an Ingress (%s)",
    (name) => {
      const { asked, from, said } = read([configMap(URL_KEY, name)]);
      expect(asked).toMatchObject({ service: { hostname: "auth.example.com" }, timeout: 5_000, cache: null });
      expect(from).toEqual([
        expect.stringMatching(new RegExp(`^ConfigMap ingress-nginx/${name} at <stdin>:\\d+:\\d+$`)),
      ]);
      expect(said).toEqual([
        `EI4008 ConfigMap ingress-nginx/${name}: global-auth-url is waited for 5 s, where ingress-nginx waits 60 s`,
      ]);
    },
  );

  test("is read with all that goes with it", () => {
    const { asked } = read([
      configMap({
        ...URL_KEY,
        "global-auth-method": "POST",
        "global-auth-signin": "https://login.example.com",
        "global-auth-signin-redirect-param": "back",
        "global-auth-response-headers": "X-User, X-Role",
        "global-auth-request-redirect": "/x",
        "global-auth-cache-key": "$cookie_a",
        "global-auth-cache-duration": "200 1m",
        "global-auth-always-set-cookie": "true",
      }),
    ]);
    expect(asked).toMatchObject({
      method: "POST",
      responseHeaders: ["X-User", "X-Role"],
      requestRedirect: [{ type: "text", value: "/x" }],
      cache: { durations: [{ from: 200, to: 200, duration: 60_000 }] },
      alwaysSetCookie: true,
    });
    expect(asked?.signIn?.[0]).toEqual({ type: "text", value: "https://login.example.com?back=" });
  });

  test("gives way to an auth-url of the Ingress, and an Ingress may be exempt", () => {
    expect(read([configMap(URL_KEY)], { "auth-url": "https://own.example.com/" }).asked).toMatchObject({
      service: { hostname: "own.example.com" },
    });
    expect(read([configMap(URL_KEY)], { "enable-global-auth": "false" }).asked).toBeNull();
  });

  test("beside an EdgePolicy that says the same of the whole edge is an error: which one holds is not guessed", () => {
    const policy = edgePolicy({ targets: "{ kind: Edge }", sets: 'externalAuth: { url: "https://b.example.com/" }' });
    const { asked, said } = read([configMap(URL_KEY), policy]);
    expect(asked).toBeNull();
    expect(said.filter((each) => !each.startsWith("EI4008"))).toEqual([
      "EI6009 externalAuth of EdgePolicy shop/policy is not used where the older ConfigMap ingress-nginx/ingress-nginx-controller sets it too",
    ]);
  });

  test.each([
    [
      { "global-auth-url": "/verify" },
      "global-auth-url is not an absolute URL of http or https whose host is written, or is $host",
    ],
    [
      { ...URL_KEY, "global-auth-method": "TRACE" },
      "global-auth-method is none of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, which the edge can send",
    ],
    [
      { ...URL_KEY, "global-auth-response-headers": "a b" },
      "global-auth-response-headers is not a list of names of headers: letters, digits, '-' and '_', with commas between",
    ],
    [
      { "global-auth-signin": "https://login.example.com" },
      "global-auth-signin guards nothing without global-auth-url",
    ],
  ])("is an error where it can't be read: %j", (data, says) => {
    const { asked, said } = read([configMap(data)]);
    expect(asked).toBeNull();
    expect(said.filter((each) => !each.startsWith("EI4008"))).toEqual([
      `EI4006 ConfigMap ingress-nginx/ingress-nginx-controller: ${says}`,
    ]);
  });
});

describe("the other keys of the ConfigMap", () => {
  test.each(["block-user-agents", "block-referers", "enable-modsecurity", "global-auth-snippet", "server-snippet"])(
    "%s guards, so it is an error",
    (key) => {
      const { output, diagnostics } = compiled(
        [cluster("eu"), annotated({}), configMap({ [key]: "HUNTER2" })].join("---\n"),
      );
      expect(output).toBeNull();
      expect(diagnostics.map(({ code, message }) => `${code} ${message}`)).toEqual([
        `EI4020 ConfigMap ingress-nginx/ingress-nginx-controller: ${key} guards all routes and is not honoured`,
      ]);
      expect(JSON.stringify(diagnostics)).not.toContain("HUNTER2");
    },
  );

  test.each([
    ["8m", { maxSize: 8 * 2 ** 20 }, []],
    ["0", null, []],
    [
      "lots",
      null,
      [
        "EI4030 ConfigMap ingress-nginx/ingress-nginx-controller: proxy-body-size is no size of nginx, as in 8m: its default of 1m holds",
      ],
    ],
  ])("proxy-body-size %s is read", (size, limit, said) => {
    const { output, diagnostics } = compiled(
      [cluster("eu"), annotated({}), configMap({ "proxy-body-size": size })].join("---\n"),
    );
    expect(output?.router.hosts[0]?.rules[0]?.policies.requestBody).toEqual(limit);
    expect(diagnostics.map(({ code, message }) => `${code} ${message}`)).toEqual(said);
  });

  test("are a warning, one for all", () => {
    const { said } = read([configMap({ hsts: "perhaps", "retry-non-idempotent": "true", "no-auth-locations": " " })]);
    expect(said).toEqual([
      "EI4021 ConfigMap ingress-nginx/ingress-nginx-controller: hsts, retry-non-idempotent are not honoured",
    ]);
  });

  test("nothing is said of a ConfigMap that is none of the controller's", () => {
    const { asked, said } = read([
      configMap({ "whitelist-source-range": "10.0.0.0/8", "server-snippet": "x" }, "app-config"),
    ]);
    expect([asked, said]).toEqual([null, []]);
  });
});

describe("keys of the ConfigMap about headers", () => {
  const settingsOf = (data: object) =>
    compiled([cluster("eu"), annotated({}), configMap(data)].join("---\n")).output?.router.settings.nginxHeaders;

  test("without them it is as by default", () => {
    expect(settingsOf({})).toEqual(DEFAULT_NGINX_HEADERS);
  });

  test.each([
    [{ "enable-underscores-in-headers": "true" }, { names: "underscores" }],
    [{ "ignore-invalid-headers": "false" }, { names: "any" }],
    [{ "compute-full-forwarded-for": "true" }, { fullForwardedFor: false }],
    [{ "compute-full-forwarded-for": "true", "use-forwarded-headers": "true" }, { fullForwardedFor: true }],
    [{ "server-tokens": "true" }, { hidden: expect.arrayContaining(["server"]) }],
    [{ "allow-backend-server-header": "true" }, { hidden: expect.arrayContaining(["server"]) }],
    [
      { "allow-backend-server-header": "true", "server-tokens": "true" },
      { hidden: expect.not.arrayContaining(["server"]) },
    ],
    [
      { "hide-headers": "X-Powered-By, x-debug," },
      { hidden: expect.arrayContaining(["x-powered-by", "x-debug", "server"]) },
    ],
  ])("%j", (data, wanted) => {
    expect(settingsOf(data)).toMatchObject(wanted);
  });

  test("use-forwarded-headers believes nobody that --trusted-proxy does not name, and that is said", () => {
    const { said } = read([configMap({ "use-forwarded-headers": "true" })]);
    expect(said).toEqual([
      "EI4021 ConfigMap ingress-nginx/ingress-nginx-controller: use-forwarded-headers is not honoured: no --trusted-proxy is given",
    ]);
    expect(read([configMap({ "use-forwarded-headers": "false" })]).said).toEqual([]);
  });
});
