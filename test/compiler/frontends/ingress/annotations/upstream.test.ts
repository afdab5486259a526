import { describe, expect, test } from "vitest";
import { readAnnotations } from "../../../../../src/compiler/frontends/ingress/annotations/read.ts";
import { differencesOf } from "../../../../../src/compiler/policies/differences.ts";
import { ingress, resources } from "../resources.ts";

const PREFIX = "nginx.ingress.kubernetes.io/";

function read(written: Readonly<Record<string, string>>) {
  const annotations = Object.fromEntries(Object.entries(written).map(([name, value]) => [PREFIX + name, value]));
  const { policies, filters, diagnostics } = readAnnotations(ingress("web", {}, { annotations }), resources({}));
  return {
    sets: Object.fromEntries(policies.map((policy) => [policy.field, differencesOf(policy)])),
    filters: filters.map(({ from: _, at: __, ...filter }) => filter),
    said: diagnostics.map(({ code, message }) => `${code} ${message.replace(/^[^:]*: /, "")}`),
  };
}

const text = (value: string) => [{ type: "text", value }];

describe("cookies and redirects of answers:", () => {
  test.each<[written: Record<string, string>, filters: object[]]>([
    [
      { "proxy-cookie-domain": ".Local.Test example.org" },
      [{ type: "CookieDomain", match: "local.test", to: text("example.org") }],
    ],
    [{ "proxy-cookie-path": "/one/ /" }, [{ type: "CookiePath", match: "/one/", to: text("/") }]],
    [
      { "proxy-redirect-from": "http://a.test/", "proxy-redirect-to": "http://b.test/" },
      [{ type: "Redirect", match: "http://a.test/", to: text("http://b.test/") }],
    ],
    [{ "proxy-redirect-from": "default", "proxy-redirect-to": "http://b.test/" }, []],
    [{ "proxy-redirect-from": "off", "proxy-redirect-to": "off", "proxy-cookie-path": "off" }, []],
  ])("%j", (written, filters) => {
    const { filters: got, said } = read(written);
    expect(got).toEqual(filters.map((filter) => ({ ...filter, besidesIngress: true })));
    expect(said).toEqual([]);
  });

  test.each<[written: Record<string, string>, said: string]>([
    [{ "proxy-cookie-path": "~*^/(.*) /$1" }, "EI4002 proxy-cookie-path is not honoured: it is a regular expression"],
    [
      { "proxy-cookie-domain": "$host a.test" },
      "EI4002 proxy-cookie-domain is not honoured: what it replaces depends on variables",
    ],
    [
      { "proxy-cookie-domain": "a.test $upstream_addr" },
      "EI4002 proxy-cookie-domain is not honoured: it uses the variable $upstream_addr, which the edge does not have",
    ],
    [{ "proxy-cookie-path": "/one" }, "EI4006 proxy-cookie-path is not two words, what is replaced and by what"],
    [{ "proxy-redirect-from": "http://a.test" }, "EI4008 proxy-redirect-from means nothing without proxy-redirect-to"],
  ])("%j is reported", (written, said) => {
    expect(read(written)).toEqual({ sets: {}, filters: [], said: [said] });
  });
});

const KEEPS =
  "EI4008 affinity keeps a client with an endpoint of the edge; the pod behind it is the cluster's to choose";

describe("affinity", () => {
  const usual = {
    sessionName: "INGRESSCOOKIE",
    absoluteTimeout: 0,
    path: "",
    sameSite: "",
    changeOnFailure: false,
    besidesIngress: true,
  };

  test.each<[written: Record<string, string>, session: object]>([
    [{}, {}],
    [
      {
        "session-cookie-name": "route",
        "session-cookie-path": "/a",
        "session-cookie-domain": "a.test",
        "session-cookie-expires": "60",
        "session-cookie-max-age": "30",
        "session-cookie-samesite": "lax",
      },
      { sessionName: "route", path: "/a", domain: "a.test", expires: 60, absoluteTimeout: 30, sameSite: undefined },
    ],
    [
      {
        "session-cookie-conditional-samesite-none": "true",
        "session-cookie-secure": "true",
        "session-cookie-change-on-failure": "true",
      },
      { conditionalSameSiteNone: true, secure: true, changeOnFailure: undefined },
    ],
  ])("is a session: %j", (written, session) => {
    expect(read({ affinity: "cookie", ...written })).toEqual({
      sets: { loadBalancing: { sessionPersistence: { ...usual, ...session } } },
      filters: [],
      said: [KEEPS],
    });
  });

  test.each<[written: Record<string, string>, said: string[]]>([
    [{ affinity: "ip" }, ["EI4006 affinity is not `cookie`, the one kind that there is"]],
    [{ "session-cookie-name": "a" }, ["EI4008 session-cookie-name means nothing without affinity"]],
    [
      { affinity: "cookie", "session-cookie-path": "/a;b" },
      ["EI4006 session-cookie-path has a sign that no attribute of a cookie has", KEEPS],
    ],
    [
      { affinity: "cookie", "session-cookie-max-age": "1h" },
      ["EI4006 session-cookie-max-age is not a whole number of seconds", KEEPS],
    ],
    [
      { affinity: "cookie", "session-cookie-samesite": "no" },
      ["EI4006 session-cookie-samesite is none of None, Lax and Strict", KEEPS],
    ],
  ])("is none: %j", (written, said) => {
    expect(read(written)).toEqual({ sets: {}, filters: [], said });
  });
});

describe("upstream-hash-by", () => {
  test("is a hash of what the text comes to", () => {
    const { sets, said } = read({ "upstream-hash-by": "$binary_remote_addr-$http_x_user" });
    const consistentHash = { type: "Template", name: "$remote_addr-$http_x_user", boundedLoad: 0 };
    expect(sets).toEqual({ loadBalancing: { type: "ConsistentHash", consistentHash } });
    expect(said).toHaveLength(1);
  });

  test("of a variable that is not known is reported", () => {
    expect(read({ "upstream-hash-by": "$uri" })).toEqual({
      sets: {},
      filters: [],
      said: ["EI4002 upstream-hash-by is not honoured: it uses the variable $uri, which the edge does not have"],
    });
  });
});

describe("proxy-next-upstream", () => {
  test.each<[written: Record<string, string>, retry: object]>([
    [
      { "proxy-next-upstream": "error timeout" },
      { attempts: 2, on: ["connect-failure", "reset", "platform-error", "timeout"] },
    ],
    [
      { "proxy-next-upstream": "http_503 http_502", "proxy-next-upstream-tries": "2" },
      {
        attempts: 1,
        on: [],
        statuses: [
          { from: 502, to: 502 },
          { from: 503, to: 503 },
        ],
      },
    ],
    [
      { "proxy-next-upstream": "error non_idempotent", "proxy-next-upstream-tries": "0" },
      {
        attempts: 16,
        on: ["connect-failure", "reset", "platform-error"],
        methods: ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "POST", "PATCH"],
      },
    ],
    [
      { "proxy-next-upstream": "off", "proxy-next-upstream-tries": "5" },
      { attempts: 0, on: [] },
    ],
    [{ "proxy-next-upstream-tries": "1" }, { attempts: 0 }],
  ])("%j", (written, retry) => {
    expect(read(written).sets).toEqual({ retry });
  });

  test("with a word that nginx does not know is an error", () => {
    expect(read({ "proxy-next-upstream": "error http_418" }).said[0]).toBe(
      "EI4006 proxy-next-upstream has a word that proxy_next_upstream of nginx does not know",
    );
  });
});

describe("backend-protocol", () => {
  test.each([
    ["https", "EI4008"],
    ["AUTO_HTTP", "EI4008"],
    ["GRPC", "EI4002"],
    ["fcgi", "EI4002"],
    ["SPDY", "EI4006"],
  ])("%s is %s", (protocol, code) => {
    expect(read({ "backend-protocol": protocol }).said.map((line) => line.slice(0, 6))).toEqual([code]);
  });
});
