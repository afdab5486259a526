import { describe, expect, test, vi } from "vitest";
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
    followedBy: null,
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

test("a server's lines come before the redirect of the root, those of a location after it", async () => {
  const redirects = [
    { only: "root", status: 302, location: [{ type: "text", value: "http://b.test/" }], cutSlash: false },
  ] as const;
  expect((await edgeWith("return 403;", { redirects }, "server")("http://a.test/")).status).toBe(403);
  expect((await edgeWith("return 403;", { redirects })("http://a.test/")).status).toBe(302);
});

describe("rewrite that leads to another location", () => {
  /** Two rules: the snippet is at `/`; what else is given stands at `/b`, whose Service is another one. */
  function moving(
    snippet: string,
    {
      atB = {},
      name = "configuration",
      mode = "service",
      atRoot = {},
    }: {
      readonly atB?: Partial<RulePolicies>;
      readonly atRoot?: Partial<RulePolicies>;
      readonly name?: "configuration" | "server";
      readonly mode?: "service" | "ingress";
    } = {},
  ) {
    const { blocks, findings } = new SnippetReading(readDirectives(snippet) ?? [], {
      name: `${name}-snippet`,
      followedBy: null,
      relative: false,
      contentType: "text/html",
      whyNoHeaders: null,
      read: parseTemplate,
    });
    expect(findings).toEqual([]);
    const ofServer = name === "server" ? { rewriteModule: blocks } : {};
    const rules = [
      { hostname: "*", path: "/", service: "a", targets: { one: 1 }, policies: { rewriteModule: blocks, ...atRoot } },
      { hostname: "*", path: "/b", service: "b", targets: { two: 1 }, policies: { ...ofServer, ...atB } },
    ];
    const told = (who: string) => (request: Request) =>
      new Response(`${who} ${new URL(request.url).pathname}${new URL(request.url).search}`);
    const edge = edgeOf({ rules, endpoints: { one: { mode }, two: { mode } } }, { one: told("a"), two: told("b") });
    return async (url: string, init: RequestInit = {}) => {
      const answer = await edge(url, { redirect: "manual", ...init });
      return { status: answer.status, location: answer.headers.get("location"), text: await answer.text(), answer };
    };
  }
  const NOBODY = {
    allow: { v4: new Uint32Array(0), v6: new Uint32Array(0) },
    deny: { v4: Uint32Array.of(0, 0xffff_ffff), v6: new Uint32Array(0) },
    allowCountries: [],
    denyCountries: [],
    allowAsns: [],
    denyAsns: [],
  };

  test.each([
    ["rewrite ^/a/(.*)$ /b/$1 last;", "/a/x?q=1", "b /b/x?q=1"],
    ["rewrite ^/a/(.*)$ /b/$1;", "/a/x", "b /b/x"],
    ["rewrite ^/a/(.*)$ /c/$1; rewrite ^/c/(.*)$ /b/$1;", "/a/x", "b /b/x"],
    ["rewrite ^/old/(.*)$ /new/$1 last;", "/old/x", "a /new/x"],
    ["rewrite ^/old/(.*)$ /new/$1; break;", "/old/x", "a /new/x"],
    ["rewrite ^/a/(.*)$ /b/$1; rewrite ^/b/(.*)$ /b2/$1 break;", "/a/x", "a /b2/x"],
    ["rewrite ^/a/(.*)$ /b/$1 last; rewrite ^ /never last;", "/a/x", "b /b/x"],
    ["rewrite ^/one$ /two last; rewrite ^/two$ /three last;", "/one", "a /three"],
    ["rewrite ^/a/(.*)$ /b/$1 last;", "/a/%C3%A4%20b", "b /b/%C3%A4%20b"],
  ])("%s: %s", async (snippet, path, text) => {
    expect(await moving(snippet)(`http://a.test${path}`)).toMatchObject({ status: 200, text });
  });

  test.each(["rewrite ^/a/(.*)$ /b/$1 last;", "rewrite ^/a/(.*)$ /b/$1;", "rewrite ^/a/(.*)$ /b/$1 break;"])(
    "of the server: %s",
    async (snippet) => {
      expect((await moving(snippet, { name: "server" })("http://a.test/a/x")).text).toBe("b /b/x");
    },
  );

  test("its guards hold there, and those of the path before do not", async () => {
    const snippet = "rewrite ^/a/(.*)$ /b/$1 last;";
    expect((await moving(snippet, { atB: { access: NOBODY } })("http://a.test/a/x")).status).toBe(403);
    expect((await moving(snippet, { atRoot: { access: NOBODY } })("http://a.test/a/x")).text).toBe("b /b/x");
    expect((await moving(snippet, { atRoot: { access: NOBODY } })("http://a.test/x")).status).toBe(403);
  });

  test("a guard by the path sees the new one", async () => {
    const nothing = { methods: [], paths: [], headers: [], principal: null, all: [], any: [], not: null };
    const paths = [{ type: "PathPrefix", value: "/b/secret" }];
    const authorization = { rules: [{ action: "Deny", when: { ...nothing, paths } }] } as never;
    const ask = moving("rewrite ^/a/(.*)$ /b/$1 last;", { atB: { authorization } });
    expect((await ask("http://a.test/a/secret")).status).toBe(403);
    expect((await ask("http://a.test/a/x")).status).toBe(200);
  });

  test("a rewrite of the rule there sees the new path, and is its own", async () => {
    const pathRewrite = { template: "/z", forwardedPrefix: "" };
    expect((await moving("rewrite ^/a/(.*)$ /b/$1 last;", { atB: { pathRewrite } })("http://a.test/a/x")).text).toBe(
      "b /z",
    );
  });

  test("what answers after it does, $request_uri stays, and headers of the path before are gone", async () => {
    expect((await moving("rewrite ^/a /b; return 418;")("http://a.test/a")).status).toBe(418);
    const redirects = [
      { only: "always", status: 301, location: [{ type: "request_uri", value: "" }], cutSlash: false },
    ] as const;
    expect((await moving("rewrite ^/a /b last;", { atB: { redirects } })("http://a.test/a?q")).location).toBe("/a?q");
    const responseHeaders = [
      {
        action: "set",
        name: "X-Before",
        value: [{ type: "text", value: "1" }],
        besidesIngress: false,
        onlySuccess: false,
      },
    ] as const;
    const { answer } = await moving("rewrite ^/a /b last;", { atRoot: { responseHeaders } })("http://a.test/a");
    expect(answer.headers.get("x-before")).toBeNull();
  });

  test("a cluster's own ingress of the rule there gets the path as it came", async () => {
    expect((await moving("rewrite ^/a/(.*)$ /b/$1 last;", { mode: "ingress" })("http://a.test/a/x")).text).toBe(
      "b /a/x",
    );
  });

  test("one that never ends is 500, as in nginx", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    expect((await moving("rewrite ^/(.*)$ /x$1 last;")("http://a.test/")).status).toBe(500);
  });

  test.each([
    ["ten of a location", "/n", 9, 200],
    ["the eleventh", "/n", 10, 500],
    ["ten of a location after the server's, which nginx does not count", "/s", 9, 200],
    ["the eleventh after the server's", "/s", 10, 500],
  ])("at most ten times, as in nginx: %s", async (_, path, most, status) => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const lines = (snippet: string, name: "configuration" | "server") =>
      new SnippetReading(readDirectives(snippet) ?? [], {
        ...{ name: `${name}-snippet` as const, followedBy: null, relative: false, contentType: "", whyNoHeaders: null },
        read: parseTemplate,
      }).blocks;
    const rewriteModule = [
      ...lines("rewrite ^/s$ /n;", "server"),
      ...lines(`rewrite "^/n(x{0,${most}})$" /nx$1 last;`, "configuration"),
    ];
    expect((await moving("", { atRoot: { rewriteModule } })(`http://a.test${path}`)).status).toBe(status);
  });

  test("a path that servers read in two ways is refused", async () => {
    expect((await moving("rewrite ^/a(.*)$ /b/..$1 last;")("http://a.test/a/x")).status).toBe(400);
  });

  test.each([
    ["", 302],
    [" last", 200],
  ])("the redirect of / looks at what lines of the server made, but after a flag (%s)", async (flag, status) => {
    const redirects = [
      { only: "root", status: 302, location: [{ type: "text", value: "/app" }], cutSlash: false },
    ] as const;
    const ask = moving(`rewrite ^/x$ /${flag};`, { name: "server", atRoot: { redirects } });
    expect((await ask("http://a.test/x")).status).toBe(status);
  });
});

test.each([
  ["return 403;", 403],
  ["if ($host = b.test) { return 403; }", 301],
  ["break;", 200],
  ["rewrite ^ /x break;", 200],
  ["rewrite ^/x /y break;", 301],
])("lines of a path come before its redirect, which is the last of them: %s", async (snippet, status) => {
  const location = [{ type: "text", value: "https://c.test/" }] as const;
  const ask = edgeWith(snippet, { redirects: [{ only: "always", status: 301, location, cutSlash: false }] });
  expect((await ask("http://a.test/")).status).toBe(status);
});
