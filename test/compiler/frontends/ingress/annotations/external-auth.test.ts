import { describe, expect, test } from "vitest";
import { cluster, compiled } from "../../../../support/compiled.ts";
import { annotated } from "./annotated.ts";

type Annotations = Readonly<Record<string, string>>;

const URL_OF_AUTH = { "auth-url": "https://auth.example.com/verify" };

/** What the compile makes of annotations, with more manifests: the policy in the table, and what is said. */
function read(annotations: Annotations, ...manifests: readonly string[]) {
  const { output, diagnostics } = compiled([cluster("eu"), annotated(annotations), ...manifests].join("---\n"));
  const said = diagnostics.map(({ code, message }) => `${code} ${message.replace("Ingress shop/shop: ", "")}`);
  return { policy: output?.router.hosts[0]?.rules[0]?.policies.externalAuth ?? null, said };
}

/** The same beside an auth-url, without the info that it always gets. */
function readBeside(annotations: Annotations, ...manifests: readonly string[]) {
  const { policy, said } = read({ ...URL_OF_AUTH, ...annotations }, ...manifests);
  return { policy, said: said.filter((each) => !each.startsWith("EI4008 auth-url ")) };
}

const text = (value: string) => ({ type: "text", value });
const configMap = (data: object, namespace = "shop", name = "headers") =>
  JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { namespace, name }, data });

test("auth-url alone asks with GET, keeps nothing, and is waited for a shorter time, which is said", () => {
  expect(read(URL_OF_AUTH)).toEqual({
    policy: {
      service: expect.objectContaining({ via: "binding", scheme: "https", hostname: "auth.example.com", port: 443 }),
      path: [text("/verify")],
      method: null,
      signIn: null,
      responseHeaders: [],
      requestRedirect: null,
      requestHeaders: [],
      alwaysSetCookie: false,
      timeout: 5_000,
      cache: null,
    },
    said: ["EI4008 auth-url is waited for 5 s, where ingress-nginx waits 60 s"],
  });
});

describe("is read beside it:", () => {
  test.each<[annotations: Annotations, sets: object]>([
    [{ "auth-method": "POST" }, { method: "POST" }],
    [{ "auth-method": "GET" }, { method: "GET" }],
    [{ "auth-method": "" }, { method: null }],
    [{ "auth-response-headers": " X-User , ,x-user,X_Old," }, { responseHeaders: ["x-user", "X_Old"] }],
    [{ "auth-response-headers": "" }, { responseHeaders: [] }],
    [
      { "auth-request-redirect": "https://home.example.com/" },
      { requestRedirect: [text("https://home.example.com/")] },
    ],
    [{ "auth-always-set-cookie": "true" }, { alwaysSetCookie: true }],
    [{ "auth-always-set-cookie": "0" }, { alwaysSetCookie: false }],
    [
      { "auth-signin": "https://login.example.com/?x=1", "auth-signin-redirect-param": "back" },
      {
        signIn: [
          text("https://login.example.com/?x=1&back="),
          { type: "pass_access_scheme", value: "" },
          text("://"),
          { type: "http_host", value: "" },
          { type: "escaped_request_uri", value: "" },
        ],
      },
    ],
    [{ "enable-global-auth": "false" }, { timeout: 5_000 }],
  ])("%j", (annotations, sets) => {
    const { policy, said } = readBeside(annotations);
    expect(policy).toMatchObject(sets);
    expect(said).toEqual([]);
  });
});

describe("a cache", () => {
  const kept = (...statuses: number[]) => statuses.map((status) => ({ from: status, to: status, duration: 300_000 }));
  test.each<[durations: string, expected: object]>([
    ["", kept(200, 202, 401)],
    ["200 202 401 5m", kept(200, 202, 401)],
    ["5m", kept(200, 301, 302)],
    ["200  5m,", kept(200)],
    ["200 5m, any 1h", [...kept(200), { from: 100, to: 599, duration: 3_600_000 }]],
    [
      "200 1d, 401 30s",
      [
        { from: 200, to: 200, duration: 86_400_000 },
        { from: 401, to: 401, duration: 30_000 },
      ],
    ],
    ["200 1w", [{ from: 200, to: 200, duration: 604_800_000 }]],
    [
      "200 1M, 202 10y",
      [200, 202].map((from, index) => ({ from, to: from, duration: index === 0 ? 2_592_000_000 : 0xffff_ffff })),
    ],
    ["200 0s", [{ from: 200, to: 200, duration: 0 }]],
  ])("of durations %j", (durations, expected) => {
    const { policy, said } = readBeside({ "auth-cache-key": "$cookie_s", "auth-cache-duration": durations });
    expect(policy?.cache).toEqual({ key: [{ type: "cookie", value: "s" }], durations: expected });
    expect(said.map((each) => each.slice(0, 21))).toEqual(["EI4008 auth-cache-key"]);
  });

  test.each([
    "200",
    "200 5",
    "200 5m 10m",
    "200 500ms",
    "20 5m",
    "600 5m",
    "5m 200",
    "200 5 m",
    "200 1h30m",
    "all 5m",
    "200 -5m",
  ])("of durations %j is refused", (durations) => {
    const { policy, said } = readBeside({ "auth-cache-key": "$cookie_s", "auth-cache-duration": durations });
    expect(policy).toBeNull();
    expect(said).toContain(
      "EI4006 auth-cache-duration is not a list of statuses with a time each, as in 200 202 10m, 401 1m",
    );
  });

  test("that is everybody's is warned of", () => {
    for (const [key, isShared] of [
      ["$host-$scheme", true],
      ["static", true],
      ["$remote_addr", false],
      ["x$http_x", false],
    ] as const) {
      const { said } = readBeside({ "auth-cache-key": key });
      expect(said.some((each) => each.startsWith("EI6020 "))).toBe(isShared);
    }
  });

  test("without a key is none, and is said to be", () => {
    const { policy, said } = readBeside({ "auth-cache-duration": "200 5m" });
    expect(policy?.cache).toBeNull();
    expect(said).toEqual(["EI4008 auth-cache-duration means nothing without auth-cache-key"]);
  });
});

describe("headers of a ConfigMap", () => {
  const reference = { "auth-proxy-set-headers": "shop/headers" };

  test("are told in the order of their names, with their variables", () => {
    const { policy, said } = readBeside(reference, configMap({ "X-Team": "42", "A-Path": "at $request_uri", b_c: "" }));
    expect(said).toEqual([]);
    expect(policy?.requestHeaders).toEqual([
      { name: "A-Path", value: [text("at "), { type: "request_uri", value: "" }] },
      { name: "X-Team", value: [text("42")] },
      { name: "b_c", value: [] },
    ]);
  });

  test.each<[what: string, reference: string, manifests: readonly string[], problem: string]>([
    ["is missing", "shop/headers", [], "names a ConfigMap that is not among the manifests"],
    ["is another's", "other/headers", [configMap({}, "other")], "names a ConfigMap of another namespace"],
    [
      "has no namespace",
      "headers",
      [configMap({})],
      "is not the namespace and name of a ConfigMap, as in shop/headers",
    ],
    [
      "is a path",
      "shop/headers/x",
      [configMap({})],
      "is not the namespace and name of a ConfigMap, as in shop/headers",
    ],
    [
      "has a Host",
      "shop/headers",
      [configMap({ Host: "x" })],
      "names a ConfigMap with a header that must not be one of the connection",
    ],
    [
      "has a length",
      "shop/headers",
      [configMap({ "content-length": "5" })],
      "names a ConfigMap with a header that must not be one of the connection",
    ],
    [
      "has no name",
      "shop/headers",
      [configMap({ "a b": "x" })],
      "names a ConfigMap with a header that must be letters, digits and some of !#$%&'*+-.^_`|~",
    ],
    [
      "has a variable",
      "shop/headers",
      [configMap({ a: "$uri" })],
      "names a ConfigMap with a header that uses the variable $uri, which the edge does not have",
    ],
    [
      "has two lines",
      "shop/headers",
      [configMap({ a: "x\r\nX-Admin: 1" })],
      "names a ConfigMap with a header that holds a control character",
    ],
  ])("that %s are refused", (_, value, manifests, problem) => {
    const { policy, said } = readBeside({ "auth-proxy-set-headers": value }, ...manifests);
    expect(policy).toBeNull();
    expect(said).toEqual([`EI4006 auth-proxy-set-headers ${problem}`]);
  });
});

describe("what can't be read stops the compile:", () => {
  test.each<[annotations: Annotations, said: string]>([
    [{ "auth-url": "" }, "auth-url is empty, and guards nothing"],
    [{ "auth-url": "  " }, "auth-url is empty, and guards nothing"],
    [{ "auth-url": "https://auth.example.com/$uri" }, "auth-url uses the variable $uri, which the edge does not have"],
    [
      { "auth-url": "https://$arg_host/" },
      "auth-url is not an absolute URL of http or https whose host is written, or is $host",
    ],
    [
      { "auth-method": "CONNECT" },
      "auth-method is none of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, which the edge can send",
    ],
    [
      { "auth-method": "TRACE" },
      "auth-method is none of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, which the edge can send",
    ],
    [
      { "auth-method": "post" },
      "auth-method is none of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, which the edge can send",
    ],
    [
      { "auth-signin": "//evil.example.com" },
      "auth-signin is not an absolute URL of http or https whose host is written, or is $host",
    ],
    [
      { "auth-signin": "https://l.example.com", "auth-signin-redirect-param": "a&b" },
      "auth-signin-redirect-param is no name of a query parameter",
    ],
    [
      { "auth-response-headers": "X-User; X-Role" },
      "auth-response-headers is not a list of names of headers: letters, digits, '-' and '_', with commas between",
    ],
    [{ "auth-response-headers": "X-User,Host" }, "auth-response-headers names Host, which belongs to the connection"],
    [
      { "auth-response-headers": "transfer-encoding" },
      "auth-response-headers names transfer-encoding, which belongs to the connection",
    ],
    [{ "auth-request-redirect": "$uri" }, "auth-request-redirect uses the variable $uri, which the edge does not have"],
    [{ "auth-always-set-cookie": "yes" }, "auth-always-set-cookie is neither true nor false"],
    [
      { "auth-cache-key": "$ssl_client_s_dn" },
      "auth-cache-key uses the variable $ssl_client_s_dn, which the edge does not have",
    ],
    [{ "enable-global-auth": "no" }, "enable-global-auth is neither true nor false"],
  ])("%j", (annotations, expected) => {
    const { policy, said } = readBeside(annotations);
    expect(policy).toBeNull();
    expect(said).toEqual([`EI4006 ${expected}`]);
  });

  test("all of it at once", () => {
    const { said } = readBeside({ "auth-method": "x", "auth-signin": "x", "auth-always-set-cookie": "x" });
    expect(said.map((each) => each.split(" ")[1]).sort()).toEqual([
      "auth-always-set-cookie",
      "auth-method",
      "auth-signin",
    ]);
  });

  test("auth-snippet, whatever it says", () => {
    const { policy, said } = readBeside({ "auth-snippet": "proxy_set_header X-A b;" });
    expect(policy).toBeNull();
    expect(said).toEqual(["EI4001 auth-snippet guards its routes and is not honoured"]);
  });
});

describe("without auth-url", () => {
  test.each([
    ["auth-method", "POST"],
    ["auth-signin", "https://login.example.com"],
    ["auth-signin-redirect-param", "back"],
    ["auth-response-headers", "X-User"],
    ["auth-request-redirect", "/x"],
    ["auth-proxy-set-headers", "shop/headers"],
    ["auth-cache-key", "$cookie_s"],
    ["auth-cache-duration", "200 5m"],
    ["auth-always-set-cookie", "true"],
  ])("%s is an error: whoever writes it means a guard", (name, value) => {
    expect(read({ [name]: value })).toEqual({ policy: null, said: [`EI4006 ${name} guards nothing without auth-url`] });
  });

  test.each([
    ["auth-method", "GET"],
    ["auth-signin", ""],
    ["auth-signin-redirect-param", "rd"],
    ["auth-always-set-cookie", "false"],
    ["enable-global-auth", "true"],
    ["enable-global-auth", "false"],
  ])("%s: %j asks for nothing", (name, value) => {
    const { output, diagnostics } = compiled([cluster("eu"), annotated({ [name]: value })].join("---\n"));
    expect([output === null, diagnostics]).toEqual([false, []]);
  });

  test("a redirect parameter beside auth-url but without auth-signin means nothing, and is said to", () => {
    const { said } = readBeside({ "auth-signin-redirect-param": "back" });
    expect(said).toEqual(["EI4008 auth-signin-redirect-param means nothing without auth-signin"]);
  });
});

test.each(["auth-keepalive", "auth-keepalive-requests", "auth-keepalive-timeout", "auth-keepalive-share-vars"])(
  "%s is the cluster's",
  (name) => {
    const { policy, said } = readBeside({ [name]: "10" });
    expect(policy).not.toBeNull();
    expect(said).toEqual([`EI4005 ${name} is left to the cluster's own ingress`]);
  },
);

test("a credential that the cluster's own ingress asks about again is warned of", () => {
  const { said } = readBeside({ "auth-response-headers": "X-User, authorization" });
  expect(said).toEqual([
    "EI6021 auth-url of Ingress shop/shop sets authorization, by which the cluster's own ingress asks again",
  ]);
});
