import { describe, expect, test } from "vitest";
import { load, marked, places } from "./documents.ts";

const setting = (written: string) =>
  `apiVersion: edge-ingress.dev/v1alpha1\nkind: EdgePolicy\nmetadata: { name: a, namespace: shop }\nspec: { targetRefs: [{ kind: Edge }], ${written} }`;
const auth = (written: string) => setting(`externalAuth: { ${written} }`);
const url = 'url: "https://auth.example.com/verify"';
const text = (value: string) => ({ type: "text", value });

describe("externalAuth of an EdgePolicy is rejected for", () => {
  test.each<[what: string, code: string, written: string]>([
    ["null", "EI1207", setting("externalAuth: ▸null")],
    ["no URL", "EI1207", auth("▸")],
    ["a URL without a host", "EI1237", auth('url: ▸"/verify"')],
    ["a host of the client's choice", "EI1237", auth('url: ▸"https://$arg_a/"')],
    ["a URL with a password", "EI1237", auth('url: ▸"https://a:b@auth.example.com/"')],
    ["a variable that is not known", "EI1237", auth('url: ▸"https://auth.example.com/$uri"')],
    ["a Service without its namespace", "EI1237", auth('url: ▸"http://proxy/"')],
    ["a method that fetch refuses", "EI1208", auth(`${url}, method: ▸CONNECT`)],
    ["a method in small letters", "EI1208", auth(`${url}, method: ▸get`)],
    ["a sign-in without a URL", "EI1207", auth(`${url}, signin: ▸{}`)],
    ["a sign-in at another protocol", "EI1237", auth(`${url}, signin: { url: ▸"javascript:alert(1)" }`)],
    ["a parameter with a sign", "EI1237", auth(`${url}, signin: { url: /a, redirectParam: ▸"a&b" }`)],
    ["a header of the connection", "EI1237", auth(`${url}, responseHeaders: [X-User, ▸Host]`)],
    ["a header with a space", "EI1237", auth(`${url}, responseHeaders: [▸"X User"]`)],
    [
      "a header to send that is one of the connection",
      "EI1237",
      auth(`${url}, requestHeaders: { ▸content-length: "5" }`),
    ],
    ["a header to send that is none", "EI1237", auth(`${url}, requestHeaders: { ▸"a b": "5" }`)],
    ["a header's value with two lines", "EI1237", auth(`${url}, requestHeaders: { a: ▸"b\\r\\nc: d" }`)],
    ["a header's value that is no text", "EI1205", auth(`${url}, requestHeaders: { a: ▸5 }`)],
    ["an address with a variable that is not known", "EI1237", auth(`${url}, requestRedirect: ▸"$uri"`)],
    ["cookies in words", "EI1205", auth(`${url}, alwaysSetCookie: ▸"yes"`)],
    ["no time at all", "EI1233", auth(`${url}, timeout: ▸0s`)],
    ["too long a time", "EI1233", auth(`${url}, timeout: ▸2m`)],
    ["a time without unit", "EI1205", auth(`${url}, timeout: ▸5`)],
    ["a cache without a key", "EI1207", auth(`${url}, cache: ▸{}`)],
    ["a key with a variable that is not known", "EI1237", auth(`${url}, cache: { key: ▸"$uri" }`)],
    [
      "a duration without statuses",
      "EI1207",
      auth(`${url}, cache: { key: "$cookie_a", durations: [▸{ duration: 5m }] }`),
    ],
    [
      "a status that is none",
      "EI1237",
      auth(`${url}, cache: { key: "$cookie_a", durations: [{ statuses: [▸99], duration: 5m }] }`),
    ],
    [
      "a duration of nothing",
      "EI1233",
      auth(`${url}, cache: { key: "$cookie_a", durations: [{ statuses: [200], duration: ▸0s }] }`),
    ],
    ["failing open", "EI1206", auth(`${url}, ▸failOpen: true`)],
    ["an unknown field of the sign-in", "EI1206", auth(`${url}, signin: { url: /a, ▸param: b }`)],
  ])("%s", (_, code, written) => {
    const { text: source, marks } = marked(written);
    const { resources, diagnostics } = load(source);
    const found = places(diagnostics);
    expect(found.map((place) => place.slice(0, 6))).toEqual([code]);
    if (marks[0] !== undefined && code !== "EI1207") expect(found).toEqual([`${code} ${marks[0]}`]);
    expect(resources.edgePolicies).toEqual([]);
  });

  test("what it says of a URL does not show it", () => {
    const { diagnostics } = load(auth('url: "https://auth.example.com/?token=HUNTER2#x", signin: { url: "HUNTER2" }'));
    expect(diagnostics).toHaveLength(2);
    expect(JSON.stringify(diagnostics.map(({ message, fix }) => [message, fix]))).not.toContain("HUNTER2");
  });
});

const USUAL = {
  service: { via: "name", scheme: "https", hostname: "auth.example.com", port: 443, binding: "", targets: [] },
  path: [text("/verify")],
  method: null,
  signIn: null,
  responseHeaders: [],
  requestRedirect: null,
  requestHeaders: [],
  alwaysSetCookie: false,
  timeout: 5_000,
  cache: null,
};

test.each<[written: string, value: object]>([
  [url, {}],
  [
    `${url}, method: POST, timeout: 250ms, alwaysSetCookie: true`,
    { method: "POST", timeout: 250, alwaysSetCookie: true },
  ],
  [`${url}, responseHeaders: [X-User, x-user, Authorization]`, { responseHeaders: ["x-user", "Authorization"] }],
  [
    `${url}, requestHeaders: { b: "$request_method", a: "1" }, requestRedirect: "https://home.example.com"`,
    {
      requestHeaders: [
        { name: "a", value: [text("1")] },
        { name: "b", value: [{ type: "request_method", value: "" }] },
      ],
      requestRedirect: [text("https://home.example.com")],
    },
  ],
  [
    `${url}, signin: { url: "https://login.example.com?x=1", redirectParam: back }`,
    {
      signIn: [
        text("https://login.example.com?x=1&back="),
        { type: "pass_access_scheme", value: "" },
        text("://"),
        { type: "http_host", value: "" },
        { type: "escaped_request_uri", value: "" },
      ],
    },
  ],
  [
    `${url}, cache: { key: "$http_authorization" }`,
    {
      cache: {
        key: [{ type: "http", value: "authorization" }],
        durations: [200, 202, 401].map((status) => ({ from: status, to: status, duration: 300_000 })),
      },
    },
  ],
  [
    `${url}, cache: { key: k, durations: [{ statuses: [200-299, 401], duration: 1m }, { statuses: ["403"], duration: 1s }] }`,
    {
      cache: {
        key: [text("k")],
        durations: [
          { from: 200, to: 299, duration: 60_000 },
          { from: 401, to: 401, duration: 60_000 },
          { from: 403, to: 403, duration: 1_000 },
        ],
      },
    },
  ],
])("externalAuth: { %s }", (written, value) => {
  const { resources, diagnostics } = load(auth(written));
  expect(diagnostics).toEqual([]);
  expect(resources.edgePolicies[0]?.body.settings).toEqual([{ field: "externalAuth", value: { ...USUAL, ...value } }]);
});
