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

describe("an error is what may answer and is not done:", () => {
  test.each<[snippet: string, line: string]>([
    ["rewrite_by_lua 'ngx.exit(403)';", "rewrite_by_lua in line 1"],
    ["rewrite_by_lua_file /x.lua;", "rewrite_by_lua_file in line 1"],
    ["set_by_lua $x 'y';", "set_by_lua in line 1"],
    ["set_real_ip_from 0.0.0.0/0;", "set_real_ip_from in line 1"],
    ["rewrite (?>a) https://b.test/;", "rewrite in line 1"],
    ["rewrite (?>a) /b permanent;", "rewrite in line 1"],
    ["rewrite ^/a /$host last;", "rewrite in line 1: it puts a variable into the path"],
    ["rewrite ^/a /b?c=d last;", "rewrite in line 1: it changes the query"],
    ["rewrite ^/a /b sometimes;", "rewrite in line 1: it is not read in this form"],
    ["rewrite ^/a /b?c=d break;", "rewrite in line 1: it changes the query"],
    ["grpc_pass grpc://b.test;", "grpc_pass in line 1"],
    ["fastcgi_pass b.test:9000;", "fastcgi_pass in line 1"],
    ["proxy_pass http://b.test;", "proxy_pass in line 1"],
    ["fastcgi_param REMOTE_USER $remote_user;", "fastcgi_param in line 1"],
    ["grpc_set_header X-User $remote_user;", "grpc_set_header in line 1"],
    ["set $proxy_upstream_name shop-other-80;", "set in line 1"],
    ["set $limit_rate 1k;", "set in line 1"],
    ["set $http_x_user ann;", "set in line 1"],
    ["if ($geoip_city = x) { set $proxy_upstream_name shop-other-80; }", "if in line 1"],
    ["if ($geoip_country_code != US) { rewrite ^ https://b.test/; }", "if in line 1"],
    ["if (-f /x) { rewrite ^ /b redirect; }", "if in line 1"],
  ])("%s", (snippet, line) => {
    const errors = read(snippet).said.filter((each) => each.startsWith("EI4001"));
    expect(errors).toEqual([expect.stringContaining(`is not honoured: ${line}`)]);
  });
});

test("a header that Services would get in the client's words is taken off where nginx's are not known", () => {
  const said = "it uses the variable $ssl_client_s_dn, which the edge does not have, so Services get no such header";
  expect(read("proxy_set_header X-User $ssl_client_s_dn;")).toEqual({
    changes: ["request: remove X-User= towards Services"],
    said: [`EI4068 configuration-snippet is honoured but for proxy_set_header in line 1: ${said}`],
  });
});

test("default_type within a condition, which nginx does not take, is told", () => {
  const said = read("if ($http_a) { default_type text/plain; return 200 a; }").said;
  expect(said).toEqual(["EI4068 configuration-snippet is honoured but for default_type in line 1"]);
});

describe("of a snippet is reported, line by line:", () => {
  const but = (what: string) => `EI4068 configuration-snippet is honoured but for ${what}`;
  test.each<[snippet: string, said: string[]]>([
    ["gzip on;\nproxy_buffering off;", [but("gzip in line 1"), but("proxy_buffering in line 2")]],
    ["# a\n\nset $mine 1;", [but("set in line 3")]],
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
    ["deny some.test;", "deny in line 1: it has something else than an address"],
    ["add_header X-A b;\nallow unix:;", "allow in line 2: it has something else than an address"],
    ["auth_request /check;", "auth_request in line 1"],
    ["limit_except GET { deny all; }", "limit_except in line 1"],
    ["return 301;", "return in line 1: it leads nowhere"],
    ["return 700;", "return in line 1: it has a status that the edge does not answer"],
    ["return 302 elsewhere;", "return in line 1: it leads to something else than a URL or a path"],
    ["return 403 $geoip_city;", "return in line 1: it uses the variable $geoip_city, which the edge does not have"],
    ["return 302 /$1;", "return in line 1: it puts in a group that its pattern has not"],
    ["rewrite ^/a /$host last;\nreturn 403;", "return in line 2: it comes after line 1, which is not honoured"],
    [
      "if ($geoip_city = x) {\n  return 403;\n}",
      "if in line 1: it uses the variable $geoip_city, which the edge does not have",
    ],
    ["if (-f $request_filename) { return 403; }", "if in line 1: it has a condition that is not read here"],
    ["if ($host = $http_x) { return 403; }", "if in line 1: it compares two variables"],
    ["if ($host ~ (a+)+b) { return 403; }", "if in line 1: it has a pattern that"],
    ["if ($host = a.test) {\n  deny all;\n}", "deny in line 2"],
    ["if ($host = a.test) {\n  if ($scheme = http) { return 403; }\n}", "if in line 2"],
    [
      "if ($host = a.test) {\n  rewrite ^/(a) /b break;\n  return 302 /$1;\n}",
      "return in line 3: it puts in a group that its pattern has not",
    ],
    ["access_by_lua_block {\n  ngx.exit(403)\n}", "access_by_lua_block in line 1"],
    ["some_module on;", "some_module in line 1"],
    ["'a secret' x;", "a directive in line 1"],
    ["if ($a) { add_header X-A b; ", "it is no configuration of nginx"],
    ["deny all", "it is no configuration of nginx"],
    ["# deny all;", "it is empty"],
  ])("%s", (snippet, what) => {
    const said = read(snippet).said.filter((each) => each.startsWith(`${refused} ${what}`));
    expect(said).toHaveLength(1);
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
    { name: "a", args: ["b", "c d;", 'e"'], line: 1, block: null },
    { name: "f", args: [], line: 4, block: { text: " g { h; } ", line: 4 } },
    { name: "i", args: ['"j\\'], line: 5, block: null },
  ]);
  for (const broken of ["a", '"a"b;', "}", "a {", '"a', "{ }", "a; b"]) expect(readDirectives(broken)).toBeNull();
});

describe("headers where a condition holds are reported", () => {
  const but = (what: string) => `EI4068 configuration-snippet is honoured but for ${what}`;
  const header = "if ($host = a.test) {\n  more_set_headers 'X-A: b';\n}";
  test.each<[why: string, snippet: string, more: Record<string, string>, said: string[]]>([
    [
      "beside CORS",
      header,
      { "enable-cors": "true" },
      [but("more_set_headers in line 2: it would take those of CORS off where its condition holds")],
    ],
    [
      "beside auth-url",
      header,
      { "auth-url": "https://auth.test/" },
      [but("more_set_headers in line 2: it would take cookies of auth-url off where its condition holds")],
    ],
    [
      "where they replace others",
      "add_header X-C d;\nif ($host = a.test) {\n  add_header X-A b;\n}",
      {},
      [but("add_header in line 3: it takes the place of another add_header where its condition holds")],
    ],
    [
      "where nginx takes none",
      "if ($host = a.test) { proxy_set_header X-A b; }",
      {},
      [but("proxy_set_header in line 1: it is no line that nginx takes there")],
    ],
    [
      "after what is not done",
      `if ($geoip_city = x) { gzip off; }\n${header}`,
      {},
      [
        but("if in line 1: it uses the variable $geoip_city, which the edge does not have"),
        but("more_set_headers in line 3: it comes after line 1, which is not honoured"),
      ],
    ],
    [
      "under a condition that is not read",
      "if ($geoip_city = x) { add_header X-A b; }",
      {},
      [but("if in line 1: it uses the variable $geoip_city, which the edge does not have")],
    ],
  ])("%s", (_, snippet, more, said) => {
    const annotations = Object.fromEntries(
      Object.entries({ ...more, "configuration-snippet": snippet }).map(([name, value]) => [PREFIX + name, value]),
    );
    const { diagnostics } = readAnnotations(ingress("web", {}, { annotations }), resources({}));
    const about = diagnostics.filter(({ message }) => message.includes("snippet"));
    expect(about.map(({ code, message }) => `${code} ${message.replace(/^[^:]*: /, "")}`)).toEqual(said);
  });
});

describe("allow and deny", () => {
  const OPEN = { allow: [] as string[], deny: [] as string[] };
  test.each<[snippet: string, more: Record<string, string>, lists: typeof OPEN]>([
    ["allow 10.0.0.0/8;\ndeny all;", {}, { ...OPEN, allow: ["10.0.0.0/8"] }],
    ["deny 10.0.0.1;\nallow 10.0.0.0/30;\ndeny all;", {}, { ...OPEN, allow: ["10.0.0.0/32", "10.0.0.2/31"] }],
    ["allow 10.0.0.0/8;\ndeny 10.0.0.1;\ndeny all;", {}, { ...OPEN, allow: ["10.0.0.0/8"] }],
    ["deny all;\nallow 10.0.0.0/8;", {}, { ...OPEN, deny: ["0.0.0.0/0", "0:0:0:0:0:0:0:0/0"] }],
    ["allow all;\ndeny 10.0.0.0/8;", {}, OPEN],
    ["deny 10.0.0.0/8;", {}, { ...OPEN, deny: ["10.0.0.0/8"] }],
    ["allow 10.0.0.0/9;\ndeny 10.0.0.0/8;", {}, { ...OPEN, deny: ["10.128.0.0/9"] }],
    ["deny 2001:db8::/32;\nallow 10.0.0.0/8;", {}, { ...OPEN, deny: ["2001:db8:0:0:0:0:0:0/32"] }],
    ["deny 10.1.2.3/8;", {}, { ...OPEN, deny: ["10.0.0.0/8"] }],
    // The lists of annotations come first, and an allow list ends with a `deny all` of its own.
    ["allow 10.0.0.0/8;\ndeny all;", { "denylist-source-range": "10.0.0.0/9" }, { ...OPEN, allow: ["10.128.0.0/9"] }],
    ["deny 10.0.0.0/9;", { "whitelist-source-range": "10.0.0.0/8" }, { ...OPEN, allow: ["10.0.0.0/8"] }],
    ["allow 10.0.0.0/9;", { "denylist-source-range": "10.0.0.0/8" }, { ...OPEN, deny: ["10.0.0.0/8"] }],
  ])("%s beside %o", (snippet, more, lists) => {
    const annotations = Object.fromEntries(
      Object.entries({ ...more, "configuration-snippet": snippet }).map(([name, value]) => [PREFIX + name, value]),
    );
    const { policies, diagnostics } = readAnnotations(ingress("web", {}, { annotations }), resources({}));
    expect(diagnostics).toEqual([]);
    const set = policies.filter(({ field }) => field === "access").map(({ value }) => value as unknown as typeof OPEN);
    expect(set.length).toBeLessThan(2);
    expect({ allow: set[0]?.allow ?? [], deny: set[0]?.deny ?? [] }).toEqual(lists);
  });
});

test.each(["rewrite-target", "permanent-redirect", "temporal-redirect"])(
  "a rewrite without a flag, which would go on with the lines of %s, is an error beside it",
  (name) => {
    const said = (rewrite: string) => {
      const annotations = { [PREFIX + name]: "https://b.test/", [`${PREFIX}configuration-snippet`]: rewrite };
      const { diagnostics } = readAnnotations(ingress("web", {}, { annotations }), resources({}));
      return diagnostics.filter(({ code }) => code === "EI4001").map(({ message }) => message);
    };
    expect(said("rewrite ^/a /b;")).toEqual([expect.stringContaining(`it goes on with the lines of ${name}`)]);
    expect(said("rewrite ^/a /b last;")).toEqual([]);
  },
);
