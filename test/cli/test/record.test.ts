import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { runCli } from "../../support/cli.ts";
import { directoryWith } from "../../support/manifests.ts";

const MANIFESTS = readFileSync(fileURLToPath(new URL("manifests.yaml", import.meta.url)), "utf8");
const TOKEN = "9f8e7d6c5b4a39281706aabb";

/** A line of nginx's combined format, or of ingress-nginx's where it names an upstream. */
function line(request: string, { status = 200, upstream = "" } = {}): string {
  const common = `192.0.2.1 - bob [28/Nov/2026:10:00:00 +0000] "${request} HTTP/1.1" ${status} 5 "https://a.test/?s=${TOKEN}" "curl \\x22x\\x22"`;
  return upstream === ""
    ? common
    : `${common} 80 0.003 [${upstream}] [] 10.1.1.1:80 5 0.003 ${status} 0123456789abcdef`;
}

async function record(lines: readonly string[], ...flags: readonly string[]) {
  const cwd = directoryWith({ "m.yaml": MANIFESTS, log: `${lines.join("\n")}\n` });
  const result = await runCli(["test", "-f", "m.yaml", "--record", "log", ...flags], { cwd });
  const tests: { request: { method: string; url: string }; expect: unknown }[] =
    result.code === 0 ? parse(result.stdout).spec.tests : [];
  return { ...result, tests, cwd };
}

describe("--record", () => {
  test("of ingress-nginx's format: the Service that the controller chose, and the host that it implies", async () => {
    const { tests } = await record([line("GET /cart/7", { upstream: "shop-cart-80" })]);
    expect(tests).toEqual([
      { request: { method: "GET", url: "http://shop.example.com/cart/7" }, expect: { service: "shop/cart:80" } },
    ]);
  });

  test("what it writes passes as it is", async () => {
    const { stdout, cwd } = await record([
      line("GET /cart", { upstream: "shop-cart-80" }),
      line("GET /x", { upstream: "shop-admin-80" }),
    ]);
    expect(await runCli(["test", "-", "-f", "m.yaml"], { cwd, stdin: stdout })).toMatchObject({
      code: 0,
      stdout: "2 passed\n",
    });
  });

  test("a table that leads elsewhere than the controller did makes a test that fails", async () => {
    const { stdout, cwd } = await record(
      [line("GET /cart", { upstream: "shop-admin-80" })],
      "--host",
      "shop.example.com",
    );
    const { code, stdout: told } = await runCli(["test", "-", "-f", "m.yaml"], { cwd, stdin: stdout });
    expect(code).toBe(1);
    expect(told).toContain("service: expected shop/admin:80");
  });

  test("one test for each rule, method and Service, of the shortest path", async () => {
    const { tests } = await record(
      ["GET /cart/items/1", "GET /cart", "GET /cart/x", "POST /cart/x", "GET /other"].map((request) => line(request)),
      "--host",
      "shop.example.com",
    );
    expect(tests.map(({ request }) => `${request.method} ${request.url}`)).toEqual([
      "GET http://shop.example.com/cart",
      "POST http://shop.example.com/cart/x",
      "GET http://shop.example.com/other",
    ]);
  });

  test("nothing of what may be secret: queries, headers, users, addresses, random segments of paths", async () => {
    const { stdout, tests } = await record(
      [
        line(`GET /reset/${TOKEN}?token=${TOKEN}`),
        line("POST /users/jane@example.com/x"),
        line(`PUT /a;jsessionid=${TOKEN}`),
        line("DELETE /cards/4111111111111111"),
      ],
      "--host",
      "shop.example.com",
    );
    expect(tests).toHaveLength(4);
    for (const secret of [TOKEN, "jane", "4111", "bob", "192.0.2.1", "curl", "jsessionid"])
      expect(stdout).not.toContain(secret);
  });

  test("JSON lines with their hosts; a 404 that the table gives too", async () => {
    const { tests } = await record([
      JSON.stringify({ method: "GET", host: "admin.example.com", path: "/a?b=c", status: 403 }),
      JSON.stringify({ request_method: "GET", vhost: "nobody.example.com", request_uri: "/a", status: "404" }),
    ]);
    expect(tests).toEqual([
      {
        request: { method: "GET", url: "http://admin.example.com/a" },
        expect: { route: { ingress: "shop/admin", path: "/" }, service: "shop/admin:80" },
      },
      { request: { method: "GET", url: "http://nobody.example.com/a" }, expect: { route: "none", status: 404 } },
    ]);
  });

  test("what makes no test is counted with the reason", async () => {
    const { code, stderr } = await record([
      line("GET /cart", { upstream: "shop-cart-80" }),
      line("GET /", { upstream: "other-web-80" }),
      line("GET /plain"),
      '192.0.2.1 - - [28/Nov/2026:10:00:00 +0000] "\\x16\\x03\\x01" 400 150 "-" "-"',
      JSON.stringify({ method: "GET", host: "nobody.example.com", path: "/", status: 200 }),
    ]);
    expect(code).toBe(0);
    expect(stderr).toContain("1 requests to a Service that no rule of these manifests leads to: not recorded");
    expect(stderr).toContain("1 requests of a host that the log does not name (--host): not recorded");
    expect(stderr).toContain("1 requests that were answered, and that no rule takes: not recorded");
    expect(stderr).toContain("1 of 5 lines are of no format that is known");
  });

  test("a log that makes no test is an error", async () => {
    expect(await record(["nonsense"])).toMatchObject({ code: 2, stdout: "" });
  });
});
