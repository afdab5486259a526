import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { runCli } from "../../support/cli.ts";
import { directoryWith } from "../../support/manifests.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const FORMATS = [
  ["text", "failing.txt"],
  ["tap", "failing.tap"],
  ["junit", "failing.xml"],
  ["json", "failing.json"],
] as const;

const MANIFESTS = readFileSync(`${HERE}manifests.yaml`, "utf8");

const head = `apiVersion: edge-ingress.dev/v1alpha1
kind: RouteTest
metadata: { name: t, namespace: shop }
spec:
  tests:
`;

async function testing(tests: string, ...flags: readonly string[]) {
  const cwd = directoryWith({ "m/all.yaml": MANIFESTS, "t.yaml": head + tests });
  return runCli(["test", "t.yaml", "-f", "m", ...flags], { cwd });
}

const one = (request: string, expected: string) => `    - request: { ${request} }\n      expect: { ${expected} }\n`;

describe("what failed, expected beside got, each with its place", () => {
  test.each(FORMATS)("as %s (UPDATE_GOLDEN=1 writes it anew)", async (format, name) => {
    const args = ["test", "failing.yaml", "-f", "manifests.yaml", "--coverage", "--format", format];
    const { code, stdout, stderr } = await runCli(args, { cwd: HERE });
    const path = `${HERE}golden/${name}`;
    if (process.env.UPDATE_GOLDEN) writeFileSync(path, stdout);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(stdout).toBe(readFileSync(path, "utf8"));
  });
});

describe("the table decides", () => {
  test("that clusters are tried by priority, and the nearest first for this client", async () => {
    const near = (continent: string, order: string) =>
      one(`url: "https://shop.example.com/", client: { continent: ${continent} }`, `clusters: [${order}]`);
    const good = await testing(near("EU", "eu, us, spare") + near("NA", "us, eu, spare"), "--no-worker");
    expect(good).toMatchObject({ code: 0, stdout: "2 passed\n", stderr: "" });
    const bad = await testing(near("EU", "us, eu, spare"), "--no-worker");
    expect(bad.code).toBe(1);
    expect(bad.stdout).toContain("got      eu, us, spare");
  });

  test("clusters that share requests out are expected in any order, and all of them", async () => {
    const any = (order: string) => testing(one('url: "https://shop.example.com/"', `clusters: [${order}]`));
    expect(await any("us, eu, spare")).toMatchObject({ code: 0 });
    expect(await any("spare, eu, us")).toMatchObject({ code: 1 });
    const short = await any("eu, us");
    expect(short.code).toBe(1);
    expect(short.stdout).toContain("got      eu = us, spare");
  });

  test("404 and 400 of its own accord, without a worker", async () => {
    const tests =
      one('url: "http://nobody.example.com/"', "status: 404") +
      one('url: "http://shop.example.com/../x"', "status: 400, route: none");
    expect(await testing(tests, "--no-worker")).toMatchObject({ code: 0, stdout: "2 passed\n" });
  });
});

describe("the worker decides", () => {
  test("statuses by who asks, redirects, and what reaches the cluster", async () => {
    const tests = [
      one('url: "https://admin.example.com/", client: { address: 192.0.2.7, country: FR }', "status: 200"),
      one('url: "https://admin.example.com/", client: { address: 203.0.113.7, country: DE }', "status: 200"),
      one('url: "https://admin.example.com/", client: { address: 203.0.113.7, country: FR }', "status: 403"),
      one('url: "http://old.example.com/x?y=1"', "status: 301, redirect: https://shop.example.com/new"),
      one(
        'method: POST, url: "http://shop.example.com/cart?a=%2F", headers: { X-Forwarded-For: 10.9.9.9, x-a: b }, client: { address: 198.51.100.1 }',
        'clusters: [eu, us, spare], forwarded: { host: shop.example.com, path: "/cart?a=%2F", headers: { x-forwarded-for: 198.51.100.1, x-a: b, edge-ingress-test: null } }',
      ),
    ].join("");
    expect(await testing(tests)).toMatchObject({ code: 0, stdout: "5 passed, 5 of 5 on the worker\n", stderr: "" });
  });

  test("and each of these can fail", async () => {
    const tests = [
      one('url: "https://admin.example.com/", client: { address: 203.0.113.7, country: FR }', "status: 200"),
      one('url: "http://old.example.com/"', "redirect: https://elsewhere.example.com/"),
      one('url: "http://shop.example.com/"', "redirect: https://shop.example.com/"),
      one('url: "http://shop.example.com/"', "forwarded: { path: /other, headers: { x-a: b } }"),
      one('url: "http://admin.example.com/", client: { address: 203.0.113.7 }', "forwarded: { path: / }"),
      one('url: "http://shop.example.com/"', "headers: { x-request-id: null, x-none: there }"),
    ].join("");
    const { code, stdout } = await testing(tests, "--format", "json");
    expect(code).toBe(1);
    const { tests: results } = JSON.parse(stdout) as { tests: { mismatches: { what: string; got: string }[] }[] };
    expect(results.map(({ mismatches }) => mismatches.map(({ what, got }) => `${what}: ${got}`))).toEqual([
      ["status: 403"],
      ["redirect: https://shop.example.com/new"],
      ["redirect: no redirect but 200"],
      ["forwarded.path: /", "forwarded.headers.x-a: no such header"],
      ["forwarded: none: the edge itself answered 403"],
      [expect.stringMatching(/^headers\.x-request-id: "/), "headers.x-none: no such header"],
    ]);
  });

  test("--no-worker never passes what the table can't tell", async () => {
    const { code, stdout } = await testing(one('url: "https://shop.example.com/"', "status: 200"), "--no-worker");
    expect(code).toBe(1);
    expect(stdout).toContain("--no-worker asks the table alone");
  });

  test("--worker asks it for all", async () => {
    const { code, stdout } = await testing(
      one('url: "https://shop.example.com/"', "service: shop/web:80") +
        one('url: "https://nobody.example.com/"', "route: none, status: 404"),
      "--worker",
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: "2 passed, 2 of 2 on the worker\n" });
  });
});

describe("coverage", () => {
  const cart = one('url: "https://shop.example.com/cart"', "service: shop/cart:80");

  test("names the rules that no test asks, with their places", async () => {
    const { code, stdout } = await testing(cart, "--coverage");
    expect(code).toBe(0);
    expect(stdout).toContain("PathPrefix / of admin.example.com, Ingress shop/admin at m/all.yaml:36:");
    expect(stdout).toContain("1 of 4 rules asked by tests (25 %)");
  });

  test("--min-coverage is a bound", async () => {
    expect((await testing(cart, "--min-coverage", "25")).code).toBe(0);
    const short = await testing(cart, "--min-coverage", "26");
    expect(short.code).toBe(1);
    expect(short.stderr).toBe("tests ask 25 % of the rules, less than the 26 % of --min-coverage\n");
  });
});

describe("a test that is wrong runs nothing", () => {
  test.each<[string, string, RegExp]>([
    ["nothing expected", one('url: "http://a.test/"', ""), /EI8001[\s\S]*t\.yaml:7:/],
    [
      "a misspelt key",
      one('url: "http://a.test/"', "servise: a/b:80"),
      /EI1206[\s\S]*did you mean `service`[\s\S]*t\.yaml:7:17/,
    ],
    ["an empty list", one('url: "http://a.test/"', "clusters: []"), /EI8001/],
    ["an empty route", one('url: "http://a.test/"', "route: {}"), /EI8001/],
    ["empty headers", one('url: "http://a.test/"', "headers: {}"), /EI8001/],
    ["no tests at all", "    []\n", /EI8001[\s\S]*without tests/],
    ["a URL without a path", one('url: "http://a.test"', "status: 200"), /EI8002[\s\S]*t\.yaml:6:/],
    ["a fragment", one('url: "http://a.test/#x"', "status: 200"), /EI8002/],
    ["a header of two lines", one('url: "http://a.test/", headers: { a: "b\\nc" }', "status: 200"), /EI8002/],
    ["a country that is none", one('url: "http://a.test/", client: { country: Germany }', "status: 200"), /EI8002/],
    ["no rule and a service", one('url: "http://a.test/"', "route: none, service: a/b:80"), /EI8003/],
    ["no rule and 200", one('url: "http://a.test/"', "route: none, status: 200"), /EI8003/],
    ["a redirect with 200", one('url: "http://a.test/"', "redirect: /x, status: 200"), /EI8003/],
    ["a service without its port", one('url: "http://a.test/"', "service: shop/web"), /EI8003/],
  ])("%s", async (_, tests, sentence) => {
    const { code, stdout, stderr } = await testing(tests);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(sentence);
  });

  test("a misspelt kind would never run, so it is an error", async () => {
    const cwd = directoryWith({
      "m.yaml": MANIFESTS,
      "t.yaml": head.replace("RouteTest", "RouteTests") + one('url: "http://a.test/"', "status: 404"),
    });
    const { code, stderr } = await runCli(["test", "t.yaml", "-f", "m.yaml"], { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(/EI1203[\s\S]*did you mean kind `RouteTest`/);
  });

  test("manifests with errors", async () => {
    const cwd = directoryWith({
      "m.yaml": MANIFESTS.replace("pathType: Prefix", "pathType: Sideways"),
      "t.yaml": head + one('url: "http://a.test/"', "status: 404"),
    });
    expect(await runCli(["test", "t.yaml", "-f", "m.yaml"], { cwd })).toMatchObject({ code: 1, stdout: "" });
  });

  test.each<[string, readonly string[], RegExp]>([
    ["no files", [], /say which RouteTests/],
    ["files without a RouteTest", ["-f", "m.yaml"], /there is no RouteTest in m\.yaml/],
    ["a percentage that is none", ["-f", "m.yaml", "--min-coverage", "120"], /0 to 100/],
    ["a log that is not there", ["-f", "m.yaml", "--record", "none.log"], /the log can't be read/],
  ])("wrong use: %s", async (_, args, sentence) => {
    const cwd = directoryWith({ "m.yaml": MANIFESTS });
    const { code, stdout, stderr } = await runCli(["test", ...args], { cwd });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(sentence);
  });
});

test("the examples pass, tests and manifests in one directory", async () => {
  const { code, stdout } = await runCli(["test", "-f", "examples"]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: "6 passed, 1 of 6 on the worker\n" });
});

test("the example of docs/testing.md passes on the examples", async () => {
  const page = readFileSync(fileURLToPath(new URL("../../../docs/testing.md", import.meta.url)), "utf8");
  const example = /^```yaml\n([\s\S]*?)^```$/m.exec(page)?.[1] ?? "";
  const args = ["test", "-", "-f", "examples/shop", "-f", "examples/clusters.yaml"];
  const { code, stdout } = await runCli(args, { stdin: example });
  expect({ code, stdout }).toEqual({ code: 0, stdout: "2 passed, 1 of 2 on the worker\n" });
});

describe("lines of a snippet that lead a request to another rule", () => {
  const led = (snippet: string) => `---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: led
  namespace: shop
  annotations: { nginx.ingress.kubernetes.io/configuration-snippet: "${snippet}" }
spec:
  rules:
    - host: led.example.com
      http:
        paths:
          - { path: /led, pathType: Prefix, backend: { service: { name: led, port: { number: 80 } } } }
          - { path: /to, pathType: Exact, backend: { service: { name: to, port: { number: 80 } } } }
`;
  const run = (snippet: string, path: string, expected: string) => {
    const asked = `${head}${one(`url: "https://led.example.com${path}"`, `route: { ingress: led, path: ${expected} }`)}`;
    const cwd = directoryWith({ "m/all.yaml": `${MANIFESTS}${led(snippet)}`, "t.yaml": asked });
    return runCli(["test", "t.yaml", "-f", "m", "--dialect", "ingress-nginx", "--no-worker", "--coverage"], { cwd });
  };

  test("are followed: the test is judged by the rule that takes it in the end", async () => {
    const snippet = "rewrite ^/led/(.*)$ /$1 last;";
    const moved = await run(snippet, "/led/to", "/to");
    expect(moved).toMatchObject({ code: 0 });
    // Both rules are asked.
    expect(moved.stdout).toContain("2 of ");
    expect(await run(snippet, "/led/to", "/led")).toMatchObject({ code: 1 });
    expect(await run(snippet, "/led", "/led")).toMatchObject({ code: 0 });
  });

  test("by what the test does not tell: it does not pass", async () => {
    const told = await run("if ($remote_addr = 192.0.2.1) { rewrite ^/led/(.*)$ /$1 last; }", "/led/to", "/led");
    expect(told.code).toBe(1);
    expect(told.stdout).toContain("lines of a snippet, which may lead it to another rule, by the client's address");
  });
});
