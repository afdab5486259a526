import { describe, expect, test } from "vitest";
import {
  type CompileOutput,
  compareLive,
  explain,
  formatExplanation,
  formatExplanationMarkdown,
  formatExplanationSarif,
  formatLive,
  TableAsker,
} from "../../../src/compiler/index.ts";
import { compiled } from "../../support/compiled.ts";

interface Sketch {
  readonly snippet: string;
  readonly server?: string;
  readonly annotations?: readonly string[];
  readonly paths?: readonly string[];
}

const PREFIX = "nginx.ingress.kubernetes.io/";

/** Host a.test: `/` has the snippet, the other paths have none. */
function tableOf({ snippet, server, annotations = [], paths = ["/b"] }: Sketch, trustedProxies: string[] = []) {
  const lines = (name: string, text: string) => `${PREFIX}${name}: ${JSON.stringify(text)}`;
  const ingress = (name: string, written: readonly string[], at: readonly string[]) => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: ${name}
  namespace: shop
  annotations: {${written.join(", ")}}
spec:
  rules:
    - host: a.test
      http:
        paths: [${at.map((path) => `{ path: ${path}, pathType: Prefix, backend: { service: { name: ${name}, port: { number: 80 } } } }`).join(", ")}]
`;
  const own = [
    ...(snippet === "" ? [] : [lines("configuration-snippet", snippet)]),
    ...(server === undefined ? [] : [lines("server-snippet", server)]),
    ...annotations.map((each) => `${PREFIX}${each}`),
  ];
  const text = [ingress("led", own, ["/"]), ingress("other", [], paths), CLUSTER].join("---\n");
  const { output, diagnostics } = compiled(text, { dialect: "ingress-nginx", trustedProxies });
  if (output === null) throw new Error(JSON.stringify(diagnostics.filter(({ severity }) => severity === "error")));
  return output;
}

const CLUSTER = `apiVersion: edge-ingress.dev/v1alpha1
kind: Cluster
metadata: { name: only }
spec:
  endpoint: "http://only.test"
  services:
    - { namespace: shop, name: led, port: 80, endpoint: "http://led.test" }
    - { namespace: shop, name: other, port: 80, endpoint: "http://other.test" }
`;

const get = (url: string, headers: readonly (readonly [string, string])[] = [], method = "GET") => ({
  method,
  url,
  headers,
});

/** In one line: the paths on the way, then who takes it; and what is open. */
function wayOf(of: Pick<CompileOutput, "table" | "report">, request: ReturnType<typeof get>): string {
  const { moves, taken, outcome, answered, undecided } = explain(of, request);
  return [
    ...moves.map(({ path }) => path),
    taken === null ? `${outcome.kind} ${"status" in outcome ? outcome.status : ""}` : taken.rule.from,
    ...(answered === null ? [] : [`${answered.status}`]),
    ...undecided.map(({ about, to }) => `? ${about} -> ${to.join(" or ")}`),
  ].join(" > ");
}

describe("a request is followed", () => {
  test.each<[snippet: string, url: string, way: string]>([
    ["rewrite ^/a/(.*)$ /b/$1 last;", "http://a.test/a/x?q", "/b/x > Ingress shop/other"],
    ["rewrite ^/a/(.*)$ /b/$1 last;", "http://a.test/c", "Ingress shop/led"],
    ["rewrite ^/a/(.*)$ /b/$1;", "http://a.test/a/x", "/b/x > Ingress shop/other"],
    ["rewrite ^/a/(.*)$ /b/$1; return 403;", "http://a.test/a/x", "Ingress shop/led > 403"],
    ["rewrite ^/a/(.*)$ /b/$1; break;", "http://a.test/a/x", "Ingress shop/led"],
    ["rewrite ^/one$ /two last; rewrite ^/two$ /b last;", "http://a.test/one", "/two > /b > Ingress shop/other"],
    ["rewrite ^/a(.*)$ /b/..$1 last;", "http://a.test/a/x", "misled 400"],
    ["if ($host = a.test) { rewrite ^ /b last; }", "http://a.test/x", "/b > Ingress shop/other"],
    ["if ($scheme = https) { rewrite ^ /b last; }", "http://a.test/x", "Ingress shop/led"],
    ["if ($scheme = https) { rewrite ^ /b last; }", "https://a.test/x", "/b > Ingress shop/other"],
    ["if ($arg_v ~ ^2$) { rewrite ^ /b last; }", "http://a.test/x?v=2", "/b > Ingress shop/other"],
    ["if ($request_method = POST) { rewrite ^ /b last; }", "http://a.test/x", "Ingress shop/led"],
    ["if ($uri ~ ^/u/) { rewrite ^/(u)/ /b/$1 last; }", "http://a.test/u/", "/b/u > Ingress shop/other"],
  ])("%s: %s", (snippet, url, way) => {
    expect(wayOf(tableOf({ snippet }), get(url))).toBe(way);
  });

  test("by its headers, those that are not given are not sent", () => {
    const of = tableOf({ snippet: 'if ($http_x_v = "2") { rewrite ^ /b last; }' });
    expect(wayOf(of, get("http://a.test/", [["X-V", "2"]]))).toBe("/b > Ingress shop/other");
    expect(wayOf(of, get("http://a.test/"))).toBe("Ingress shop/led");
  });

  test("ten times and not more, those of a server not counted", () => {
    const of = (most: number) =>
      tableOf({ snippet: `rewrite "^/n(x{0,${most}})$" /nx$1 last;`, server: "rewrite ^/s$ /n;" });
    expect(explain(of(9), get("http://a.test/n")).moves).toHaveLength(10);
    expect(explain(of(9), get("http://a.test/s")).moves).toHaveLength(11);
    expect(wayOf(of(9), get("http://a.test/s"))).toMatch(/Ingress shop\/led$/);
    expect(wayOf(of(10), get("http://a.test/n"))).toMatch(/misled 500$/);
  });

  test("not where the redirect of the root, or CORS, answers before", () => {
    const snippet = "rewrite ^ /b last;";
    const rooted = tableOf({ snippet, annotations: ["app-root: /app"] });
    expect(wayOf(rooted, get("http://a.test/"))).toBe("Ingress shop/led > 302");
    expect(wayOf(rooted, get("http://a.test/x"))).toBe("/b > Ingress shop/other");
    const origins = (written: string) =>
      tableOf({ snippet, annotations: ['enable-cors: "true"', `cors-allow-origin: "${written}"`] });
    const options = (of: CompileOutput, origin: string) =>
      wayOf(of, get("http://a.test/", [["Origin", origin]], "OPTIONS"));
    expect(options(origins("https://x.test"), "https://x.test")).toBe("Ingress shop/led > 204");
    expect(options(origins("https://x.test"), "https://y.test")).toBe("/b > Ingress shop/other");
    expect(options(origins("https://*.x.test"), "https://y.x.test")).toBe(
      "Ingress shop/led > ? whether CORS allows the origin -> /b",
    );
  });
});

describe("what the request does not tell is said", () => {
  test.each<[snippet: string, about: string]>([
    ["if ($remote_addr = 192.0.2.1) { rewrite ^ /b last; }", "the client's address -> /b"],
    ["if ($remote_addr = 192.0.2.1) { break; } rewrite ^ /b last;", "the client's address -> /b"],
    ["rewrite ^ /b; if ($req_id ~ ^a) { break; }", "the request's id -> /b"],
    ["if ($http_cf_ipcountry = DE) { rewrite ^ /b last; }", "the header cf-ipcountry, which the platform sets -> /b"],
    ["if ($remote_addr = 192.0.2.1) { return 403; }", "the client's address -> "],
  ])("%s", (snippet, about) => {
    expect(wayOf(tableOf({ snippet }), get("http://a.test/x", [["cf-ipcountry", "DE"]]))).toBe(
      `Ingress shop/led > ? ${about}`,
    );
  });

  test("an answer that is open does not hide where the request is led on", () => {
    const of = tableOf({ snippet: "if ($remote_addr = 192.0.2.1) { return 403; } rewrite ^ /b last;" });
    expect(wayOf(of, get("http://a.test/x"))).toBe("/b > Ingress shop/other > ? the client's address -> ");
  });

  test("what comes before it, and lines that can't take the path, are not", () => {
    const of = tableOf({ snippet: "rewrite ^/a /b last; if ($remote_addr = 192.0.2.1) { rewrite ^/x /b last; }" });
    expect(wayOf(of, get("http://a.test/a"))).toBe("/b > Ingress shop/other");
    expect(wayOf(of, get("http://a.test/y"))).toBe("Ingress shop/led");
  });

  test("a server's lines that may only answer do not keep those of a location from being followed", () => {
    const server = "if ($remote_addr = 192.0.2.1) { return 403; }";
    expect(wayOf(tableOf({ snippet: "rewrite ^/a /b last;", server }), get("http://a.test/a"))).toBe(
      "/b > Ingress shop/other > ? the client's address -> ",
    );
  });

  test("where a server's lines may lead on, all is told that those of a location may do then", () => {
    const of = tableOf({
      snippet: "rewrite ^ /b last;",
      server: "if ($remote_addr = 192.0.2.1) { rewrite ^ /c; }",
    });
    expect(wayOf(of, get("http://a.test/a"))).toBe("Ingress shop/led > ? the client's address -> /c or /b");
  });

  test("the scheme, where a trusted proxy may tell another", () => {
    const of = tableOf({ snippet: "if ($pass_access_scheme = https) { rewrite ^ /b last; }" }, ["10.0.0.0/8"]);
    expect(wayOf(of, get("https://a.test/"))).toBe("/b > Ingress shop/other");
    expect(wayOf(of, get("http://a.test/", [["X-Forwarded-Proto", "https"]]))).toContain(
      "whether a trusted proxy has sent it",
    );
  });

  test("a test that tells the address is judged by it", () => {
    const asker = new TableAsker(tableOf({ snippet: "if ($remote_addr = 192.0.2.1) { rewrite ^ /b last; }" }));
    const asked = (address?: string) => asker.ask({ ...get("http://a.test/x"), client: { address } });
    expect(asked("192.0.2.1")).toMatchObject({ taken: { report: { from: "Ingress shop/other" } }, untold: null });
    expect(asked("192.0.2.2")).toMatchObject({ taken: { report: { from: "Ingress shop/led" } }, untold: null });
    expect(asked()).toMatchObject({ untold: "the client's address" });
  });
});

describe("in every format", () => {
  const of = tableOf({ snippet: "rewrite ^/a/(.*)$ /b/$1 last;" });
  const explanation = explain(of, get("http://a.test/a/x"));

  test("text and Markdown tell the rules in their order", () => {
    const text = formatExplanation(explanation);
    expect(text).toMatch(
      /led on\n {2}from PathPrefix \/ of a\.test, Ingress shop\/led at .*\n {4}why: .*\n {4}by configuration-snippet of Ingress shop\/led at .*\n {4}to \/b\/x\n\ntaken by PathPrefix \/b of a\.test/,
    );
    expect(formatExplanationMarkdown(explanation, null)).toContain("led from PathPrefix / of a.test to /b/x by");
  });

  test("SARIF relates the line that leads on", () => {
    const { runs } = JSON.parse(formatExplanationSarif(explanation, "0", []));
    const related = runs[0].results[0].relatedLocations.map((each: { message: { text: string } }) => each.message.text);
    expect(related[0]).toContain("to /b/x by configuration-snippet of Ingress shop/led");
  });

  test("an open line is told in text, and a live edge may do either", () => {
    const open = tableOf({ snippet: "if ($remote_addr = 192.0.2.1) { rewrite ^ /b last; }" });
    const told = explain(open, get("http://a.test/x"));
    expect(formatExplanation(told)).toContain(
      "leads it to /b first, which depends on the client's address: --live tells",
    );
    const rule = { host: "a.test", type: "PathPrefix", path: "/b", from: "shop/other" };
    const table = open.report.contentHash;
    const live = compareLive(told, open.report, { table, rule, endpoint: null }, 200);
    expect(live.differences).toEqual([]);
    expect(formatLive(live)).toContain("taken by PathPrefix /b of a.test, shop/other in the end");
  });

  test("a live edge tells the rule whose lines led the request on, where no other one takes it", () => {
    const circle = tableOf({ snippet: "rewrite ^/n(.*)$ /n$1 last;" });
    const told = explain(circle, get("http://a.test/n"));
    const rule = { host: "a.test", type: "PathPrefix", path: "/", from: "Ingress shop/led" };
    const table = circle.report.contentHash;
    expect(compareLive(told, circle.report, { table, rule, endpoint: null }, 500).differences).toEqual([]);
  });

  test("the report has the lines that lead on as fields, and no value of a header", () => {
    const { report } = tableOf({ snippet: 'if ($http_x_key = "s3cret") { rewrite ^/a/(.*)$ /b/$1; }' });
    const filters = report.hosts.flatMap(({ rules }) => rules.flatMap((rule) => rule.filters ?? []));
    expect(filters.flatMap(({ moves = [] }) => moves)).toEqual([
      { level: "location", if: "$http_x_key equals", pattern: "^/a/(.*)$", to: "/b/$1", when: "after-lines" },
    ]);
    expect(JSON.stringify(report)).not.toContain("s3cret");
  });

  test("a report of an older version, without them, is read as well", () => {
    const report = structuredClone(of.report) as typeof of.report;
    for (const { rules } of report.hosts) {
      for (const { filters = [] } of rules) for (const filter of filters) Reflect.deleteProperty(filter, "moves");
    }
    expect(explain({ table: of.table, report }, get("http://a.test/a/x"))).toMatchObject({
      moves: [{ by: { from: "configuration-snippet of Ingress shop/led" }, path: "/b/x" }],
      taken: { rule: { from: "Ingress shop/other" } },
    });
  });
});
