import { describe, expect, test } from "vitest";
import { readDirectives } from "../../../src/compiler/frontends/ingress/annotations/snippet-lines.ts";
import { SnippetReading } from "../../../src/compiler/frontends/ingress/annotations/snippet-reading.ts";
import { parseTemplate } from "../../../src/compiler/resources/templates.ts";
import type { RulePolicies } from "../../../src/table/policies/rule-policies.ts";
import { edgeOf } from "../edge-of.ts";

/** An edge whose one rule has the snippet; answers of the Service say which URL it got. */
function edgeWith(
  snippet: string,
  policies: Partial<RulePolicies> = {},
  name: "configuration" | "server" = "configuration",
) {
  const { blocks, changes, findings } = new SnippetReading(readDirectives(snippet) ?? [], {
    name: `${name}-snippet`,
    relative: false,
    contentType: "text/html",
    whyNoHeaders: null,
    read: parseTemplate,
  });
  expect(findings).toEqual([]);
  const rules = [
    {
      hostname: "*",
      path: "/",
      service: "a",
      policies: { rewriteModule: blocks, responseHeaders: changes.response, ...policies },
    },
  ];
  const edge = edgeOf(
    { rules, endpoints: { only: { mode: "service" } } },
    { only: (request) => new Response(`Service ${new URL(request.url).pathname}`) },
  );
  return async (url: string, init: RequestInit = {}) => {
    const answer = await edge(url, { redirect: "manual", ...init });
    return { status: answer.status, location: answer.headers.get("location"), answer, text: await answer.text() };
  };
}

describe("return", () => {
  test.each([
    ["return 403;", 403, null],
    ["return 404;", 404, null],
    ["return 418;", 418, null],
    ["return 301 https://b.test$request_uri;", 301, "https://b.test/x/y?q=1"],
    ["return 301 /b;", 301, "http://a.test/b"],
    ["return https://b.test/;", 302, "https://b.test/"],
    ["return 308 $scheme://b.test/;", 308, "http://b.test/"],
  ])("%s", async (snippet, status, location) => {
    expect(await edgeWith(snippet)("http://a.test/x/y?q=1")).toMatchObject({ status, location });
  });

  test("with a text is that text, with nginx's type, and nothing for HEAD", async () => {
    const ask = edgeWith("return 200 'hello $host';");
    const { status, text, answer } = await ask("http://a.test/");
    expect({ status, text, type: answer.headers.get("content-type") }).toEqual({
      status: 200,
      text: "hello a.test",
      type: "text/html",
    });
    expect((await ask("http://a.test/", { method: "HEAD" })).text).toBe("");
    expect((await edgeWith("return 204;")("http://a.test/")).status).toBe(204);
  });
});

describe("if", () => {
  const REFUSES = (condition: string) => `if (${condition}) { return 403; }`;
  test.each<[condition: string, url: string, headers: Record<string, string>, refused: boolean]>([
    ["$host = a.test", "http://a.test/", {}, true],
    ["$host = a.test", "http://A.TEST:80/", {}, true],
    ["$host = a.test", "http://b.test/", {}, false],
    ["$host != 'a.test'", "http://b.test/", {}, true],
    ["$host ~ ^a\\.", "http://a.test/", {}, true],
    ["$host ~ ^a\\.", "http://b.a.test/", {}, false],
    ["$host !~ ^a\\.", "http://b.a.test/", {}, true],
    ["$http_x_a = yes", "http://a.test/", { "x-a": "yes" }, true],
    ["$http_x_a = yes", "http://a.test/", { "x-a": "Yes" }, false],
    ["$http_x_a ~* yes", "http://a.test/", { "x-a": "Yes" }, true],
    ["$http_x_a ~ yes", "http://a.test/", { "x-a": "Yes" }, false],
    ["$http_x_a = ''", "http://a.test/", {}, true],
    ["$http_x_a", "http://a.test/", {}, false],
    ["$http_x_a", "http://a.test/", { "x-a": "0" }, false],
    ["$http_x_a", "http://a.test/", { "x-a": "no" }, true],
    ["$request_method = POST", "http://a.test/", {}, false],
    ["$request_method !~ ^(GET|HEAD)$", "http://a.test/", {}, false],
    ["$scheme = http", "http://a.test/", {}, true],
    ["$scheme = http", "https://a.test/", {}, false],
    ["$request_uri ~ ^/admin", "http://a.test/admin/x", {}, true],
    ["$request_uri ~ ^/admin", "http://a.test/%61dmin/x", {}, true],
    ["$request_uri ~ \\?debug", "http://a.test/?debug", {}, true],
    ["$uri ~ ^/admin", "http://a.test/x/../%61dmin", {}, true],
    ["$uri ~ ^/admin/", "http://a.test/admin%2Fx", {}, true],
    ["$uri ~ \\?debug", "http://a.test/?debug", {}, false],
    ["$arg_a = b", "http://a.test/?a=b", {}, true],
    ["$cookie_a = b", "http://a.test/", { cookie: "c=d; a=b" }, true],
  ])("(%s) of %s with %o", async (condition, url, headers, refused) => {
    const { status } = await edgeWith(REFUSES(condition))(url, { headers });
    expect(status).toBe(refused ? 403 : 200);
  });

  test("puts groups of its pattern in", async () => {
    const ask = edgeWith("if ($host ~ ^www\\.(.+)$) { return 301 https://$1$request_uri; }");
    expect(await ask("http://www.a.test/x?y")).toMatchObject({ status: 301, location: "https://a.test/x?y" });
    expect(await ask("http://a.test/x")).toMatchObject({ status: 200 });
    const ofPath = edgeWith("if ($uri ~ ^/old/(.*)$) { return 302 /new/$1; }");
    expect(await ofPath("http://a.test/old/a%20b%0d%0ac")).toMatchObject({ status: 400 });
    expect(await ofPath("http://a.test/old/a%20b")).toMatchObject({ location: "http://a.test/new/a%20b" });
  });

  test("the first answer counts", async () => {
    const ask = edgeWith("if ($http_a) { return 403; }\nif ($host = a.test) { return 404; }\nreturn 410;");
    expect((await ask("http://a.test/", { headers: { a: "1" } })).status).toBe(403);
    expect((await ask("http://a.test/")).status).toBe(404);
    expect((await ask("http://b.test/")).status).toBe(410);
  });
});

describe("headers where a condition holds", () => {
  const SNIPPET = `more_set_headers 'X-All: 1' 'X-Which: none';
if ($host ~ test$) { more_set_headers 'X-Which: first' 'X-First: 1'; }
if ($http_a) { more_set_headers 'X-Which: second'; }`;

  test("are those of the last that holds, besides those of all requests", async () => {
    const ask = edgeWith(SNIPPET);
    const headersOf = async (url: string, headers = {}) => {
      const { answer } = await ask(url, { headers });
      return ["x-all", "x-which", "x-first"].map((name) => answer.headers.get(name));
    };
    expect(await headersOf("http://a.test/")).toEqual(["1", "first", "1"]);
    expect(await headersOf("http://a.test/", { a: "1" })).toEqual(["1", "second", null]);
    expect(await headersOf("http://a.example/")).toEqual(["1", "none", null]);
  });

  test("are those of an answer of its own too", async () => {
    const { answer } = await edgeWith("if ($http_a) { more_set_headers 'X-A: b'; return 403; }")("http://a.test/", {
      headers: { a: "1" },
    });
    expect([answer.status, answer.headers.get("x-a")]).toEqual([403, "b"]);
  });
});

describe("rewrite", () => {
  test.each([
    ["rewrite ^(/dashboard)$ $1/ redirect;", "/dashboard", 302, "http://a.test/dashboard/"],
    ["rewrite ^(/dashboard)$ $1/ redirect;", "/dashboard?x=1", 302, "http://a.test/dashboard/?x=1"],
    ["rewrite ^(/dashboard)$ $1/? permanent;", "/dashboard?x=1", 301, "http://a.test/dashboard/"],
    ["rewrite ^/a$ /b?c=d redirect;", "/a?x=1", 302, "http://a.test/b?c=d&x=1"],
    ["rewrite ^/a$ /b?c=d redirect;", "/a", 302, "http://a.test/b?c=d"],
    ["rewrite ^/(.*) https://b.test/$1;", "/x%20y", 302, "https://b.test/x%20y"],
    ["rewrite ^/(.*) https://b.test/$1 permanent;", "/x?q", 301, "https://b.test/x?q"],
    ["rewrite ^/A /b redirect;", "/a", 200, null],
  ])("%s of %s", async (snippet, path, status, location) => {
    expect(await edgeWith(snippet)(`http://a.test${path}`)).toMatchObject({ status, location });
  });

  test("with break changes what the Service gets, and ends the snippet and rewrite-target", async () => {
    const pathRewrite = { template: "/target", forwardedPrefix: "" };
    const ask = edgeWith("rewrite ^/api/(.*)$ /$1 break;\nif ($http_a) { break; }\nrewrite ^ /else break;", {
      pathRewrite,
    });
    expect((await ask("http://a.test/api/x")).text).toBe("Service /x");
    expect((await ask("http://a.test/y")).text).toBe("Service /else");
    expect((await ask("http://a.test/y", { headers: { a: "1" } })).text).toBe("Service /y");
    expect((await edgeWith("", { pathRewrite })("http://a.test/y")).text).toBe("Service /target");
  });

  test("to what is no path is refused", async () => {
    const ask = edgeWith("rewrite ^/api/(.*)$ $1 break;");
    expect((await ask("http://a.test/api/x")).status).toBe(400);
    expect((await edgeWith("rewrite ^/(.*)-$ /$1./x break;")("http://a.test/.-")).status).toBe(400);
  });
});

test("a server's lines come before the redirect of the root, those of a location after the redirects", async () => {
  const redirects = [
    { only: "always", status: 301, location: [{ type: "text", value: "http://b.test/" }], cutSlash: false },
  ] as const;
  expect((await edgeWith("return 403;", { redirects }, "server")("http://a.test/")).status).toBe(403);
  expect((await edgeWith("return 403;", { redirects })("http://a.test/")).status).toBe(301);
});
