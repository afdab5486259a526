import { describe, expect, test } from "vitest";
import { readAnnotations } from "../../../../../src/compiler/frontends/ingress/annotations/read.ts";
import { readDirectives } from "../../../../../src/compiler/frontends/ingress/annotations/snippet-lines.ts";
import { templateText } from "../../../../../src/compiler/resources/templates.ts";
import { ingress, resources } from "../resources.ts";

const PREFIX = "nginx.ingress.kubernetes.io/";

function read(snippet: string, name = "configuration-snippet") {
  const { filters, diagnostics } = readAnnotations(
    ingress("web", {}, { annotations: { [PREFIX + name]: snippet } }),
    resources({}),
  );
  const changes = filters.flatMap((filter) =>
    "changes" in filter
      ? filter.changes.map(({ action, name: header, value, besidesIngress, onlySuccess }) => {
          const flags = `${besidesIngress ? " towards Services" : ""}${onlySuccess ? " on success" : ""}`;
          const to = filter.type === "RequestHeaderModifier" ? "request" : "answer";
          return `${to}: ${action} ${header}=${templateText(value)}${flags}`;
        })
      : [],
  );
  return { changes, said: diagnostics.map(({ code, message }) => `${code} ${message.replace(/^[^:]*: /, "")}`) };
}

describe("of a snippet is done:", () => {
  test.each<[snippet: string, changes: string[]]>([
    ['more_set_headers "X-Frame-Options: DENY";', ["answer: set X-Frame-Options=DENY"]],
    ["more_set_headers 'X-A: b' \"X-C: $host\";", ["answer: set X-A=b", "answer: set X-C=$host"]],
    ['more_set_headers "Server:";', ["answer: remove Server="]],
    ["more_clear_headers Server X-Powered-By;", ["answer: remove Server=", "answer: remove X-Powered-By="]],
    ["add_header X-A b;", ["answer: add X-A=b towards Services on success"]],
    ["add_header X-A 'b; c' always;", ["answer: add X-A=b; c towards Services"]],
    ["proxy_set_header X-Ns $namespace/$ingress_name;", ["request: set X-Ns=shop/web towards Services"]],
    ['proxy_set_header X-A "";', ["request: remove X-A= towards Services"]],
    ["proxy_hide_header X-Powered-By;", ["answer: remove X-Powered-By= towards Services"]],
    ["# nothing but; words { }\nadd_header X-A b always; # more\n", ["answer: add X-A=b towards Services"]],
  ])("%s", (snippet, changes) => {
    expect(read(snippet)).toEqual({ changes, said: [] });
  });
});

describe("of a snippet is reported, line by line:", () => {
  const but = (what: string) => `EI4068 configuration-snippet is honoured but for ${what}`;
  test.each<[snippet: string, said: string[]]>([
    ["gzip on;\nproxy_buffering off;", [but("gzip in line 1"), but("proxy_buffering in line 2")]],
    ["# a\n\nrewrite ^/a /b;", [but("rewrite in line 3")]],
    [
      "add_header X-A $upstream_addr;",
      [but("add_header in line 1: it uses the variable $upstream_addr, which the edge does not have")],
    ],
    [
      "proxy_set_header Host a.test;",
      [but("proxy_set_header in line 1: it names a header that the edge does not change")],
    ],
    ["more_set_headers -s 404 'X-A: b';", [but("more_set_headers in line 1: it is not read with options")]],
  ])("%s", (snippet, said) => {
    expect(read(snippet)).toEqual({ changes: [], said });
  });

  test("and the other lines are done", () => {
    expect(read("gzip on;\nadd_header X-A b always;").changes).toEqual(["answer: add X-A=b towards Services"]);
  });
});

describe("a line that may keep somebody out is an error:", () => {
  const refused = "EI4001 configuration-snippet guards its routes and is not honoured:";
  test.each([
    ["deny all;", "deny in line 1"],
    ["add_header X-A b;\nallow 10.0.0.0/8;", "allow in line 2"],
    ["auth_request /check;", "auth_request in line 1"],
    ["limit_except GET { deny all; }", "limit_except in line 1"],
    ["return 403;", "return in line 1"],
    ["return 301 https://a.test/;", "return in line 1"],
    ["if ($host = 'a.test') {\n  return 403;\n}", "if in line 1"],
    ["access_by_lua_block {\n  ngx.exit(403)\n}", "access_by_lua_block in line 1"],
    ["some_module on;", "some_module in line 1"],
    ["'a secret' x;", "a directive in line 1"],
    ["if ($a) { add_header X-A b; ", "it is no configuration of nginx"],
    ["deny all", "it is no configuration of nginx"],
    ["# deny all;", "it is empty"],
  ])("%s", (snippet, what) => {
    expect(read(snippet).said).toContain(`${refused} ${what}`);
  });
});

test("of a server-snippet the headers of answers hold for the paths of the Ingress, with an info", () => {
  expect(read('more_set_headers "X-A: b";\nproxy_set_header X-C d;', "server-snippet")).toEqual({
    changes: ["answer: set X-A=b"],
    said: [
      "EI4068 server-snippet is honoured but for proxy_set_header in line 2",
      "EI4008 server-snippet holds for the paths of this Ingress; in ingress-nginx for all of its hosts' paths",
    ],
  });
});

test("directives are read as nginx reads them", () => {
  expect(readDirectives('a b\n  "c d;" \'e"\';\n# x\nf { g { h; } }\ni "\\"j\\\\";')).toEqual([
    { name: "a", args: ["b", "c d;", 'e"'], line: 1, isBlock: false },
    { name: "f", args: [], line: 4, isBlock: true },
    { name: "i", args: ['"j\\'], line: 5, isBlock: false },
  ]);
  for (const broken of ["a", "}", "a {", '"a', "{ }", "a; b"]) expect(readDirectives(broken)).toBeNull();
});
