import { createExecutionContext } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from "vitest";
import { encodeTable } from "../../../../../src/compiler/table/encode.ts";
import { createEdge } from "../../../../../src/edge/app.ts";
import { routerOf } from "../../../../support/router.ts";
import { basic, freshFile, guardedBy, guardedByFile, HASH_OF, USERS_REF } from "./users.ts";

let log: MockInstance<typeof console.warn>;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime("2026-06-01T00:00:00Z");
  log = vi.spyOn(console, "warn").mockImplementation(() => undefined);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const CHALLENGE = 'Basic realm="the shop"';
const bytes = (...values: readonly number[]) => `Basic ${btoa(String.fromCharCode(...values))}`;
const letters = (text: string) => [...text].map((letter) => letter.charCodeAt(0));

describe("a request is refused with 401 and the realm", () => {
  const ask = guardedByFile(freshFile(`brückner:${HASH_OF.other}\nnobody:\n`));
  test.each([
    ["without credentials", null],
    ["with a wrong password", basic("ann", "open sesam")],
    ["with an empty password", basic("ann", "")],
    ["with the hash for a password", basic("ann", HASH_OF["open sesame"])],
    ["with a user that does not exist", basic("eve", "open sesame")],
    ["with a user in other letters", basic("Ann", "open sesame")],
    ["with a user that has no hash", basic("nobody", "")],
    ["with the password of another user", basic("ann", "other")],
    ["without a user", basic("", "open sesame")],
    ["without a colon", `Basic ${btoa("annopen sesame")}`],
    ["with another scheme", basic("ann", "open sesame").replace("Basic", "Bearer")],
    ["with no scheme", basic("ann", "open sesame").slice("Basic ".length)],
    ["with a scheme alone", "Basic"],
    ["with a scheme and a space", "Basic "],
    ["with a scheme that begins so", basic("ann", "open sesame").replace("Basic", "BasicX")],
    ["with base64 that is broken off", basic("ann", "open sesame").slice(0, -3)],
    ["with base64 of URLs", "Basic YW5uOm9-ZW4_"],
    ["with spaces in base64", basic("ann", "open sesame").replace("Basic YW", "Basic Y W")],
    ["with padding in the middle", `${basic("ann", "x")}${basic("ann", "open sesame").slice("Basic ".length)}`],
    ["with two headers, both right", `${basic("ann", "open sesame")}, ${basic("ann", "open sesame")}`],
    ["with two headers, the first right", `${basic("ann", "open sesame")}, ${basic("eve", "x")}`],
    ["with two headers of two schemes", `Bearer x, ${basic("ann", "open sesame")}`],
    ["with a NUL after the password", bytes(...letters("ann:open sesame"), 0)],
    ["with a NUL and more after the password", bytes(...letters("ann:open sesame"), 0, ...letters("x"))],
    ["with a NUL after the user", bytes(...letters("ann"), 0, ...letters(":open sesame"))],
    ["with a line feed after the user", bytes(...letters("ann\n:open sesame"))],
    ["with a line of the file as user", bytes(...letters(`x\nann:open sesame`))],
    ["with a comment for a user", bytes(...letters("# x:open sesame"))],
    ["with a byte order mark", bytes(0xef, 0xbb, 0xbf, ...letters("ann:open sesame"))],
    ["with a user in Latin-1", bytes(...letters("br"), 0xfc, ...letters("ckner:other"))],
    ["with a user in overlong UTF-8", bytes(0xc1, 0xa1, ...letters("nn:open sesame"))],
    ["with a password that is too long", basic("ann", `open sesame${"x".repeat(300)}`)],
    ["with a header that is too long", basic("ann", `${"x".repeat(100_000)}`)],
  ])("%s", async (_, authorization) => {
    const { status, challenge, seen, cacheControl } = await ask(authorization, { from: `198.51.100.${Math.random()}` });
    expect({ status, challenge, seen, cacheControl }).toEqual({
      status: 401,
      challenge: CHALLENGE,
      seen: null,
      cacheControl: "no-store",
    });
  });
});

describe("a request is let in", () => {
  const ask = guardedByFile(
    freshFile(`ann:${HASH_OF.other}\nbrückner:${HASH_OF.other}\nbob:${HASH_OF["a:b:c"]}\nguest:${HASH_OF[""]}\n`),
  );
  test.each([
    ["with a right password", basic("ann", "open sesame")],
    ["with the scheme in small letters", basic("ann", "open sesame").replace("Basic", "basic")],
    ["with the scheme in capitals", basic("ann", "open sesame").replace("Basic", "BASIC")],
    ["with several spaces after the scheme", basic("ann", "open sesame").replace(" ", "   ")],
    ["without padding", basic("ann", "open sesame").replace(/=+$/, "")],
    ["with colons in the password", basic("bob", "a:b:c")],
    ["with a user in UTF-8", basic("brückner", "other")],
    ["with an empty password that is right", basic("guest", "")],
  ])("%s", async (_, authorization) => {
    expect((await ask(authorization)).status).toBe(200);
  });

  test("by its first line alone where a user has two", async () => {
    expect((await ask(basic("ann", "other"))).status).toBe(401);
  });
});

test("an empty realm is told as such", async () => {
  const ask = guardedByFile(freshFile(), { policy: { realm: "" } });
  expect((await ask(null)).challenge).toBe('Basic realm=""');
});

test("in the layout of auth-map each key is a user", async () => {
  const env = { [USERS_REF.binding]: JSON.stringify({ ann: HASH_OF["open sesame"], auth: `eve:${HASH_OF.other}` }) };
  const ask = guardedBy({ policy: { key: null }, env });
  expect((await ask(basic("ann", "open sesame"))).status).toBe(200);
  expect((await ask(basic("eve", "other"))).status).toBe(401);
  expect((await ask(basic("auth", "other"))).status).toBe(401);
});

describe("the credentials", () => {
  test("are kept from a Service, and reach the controller of a cluster, which asks again", async () => {
    const authorization = basic("ann", "open sesame");
    const service = await guardedByFile(freshFile(), { mode: "service" })(authorization);
    expect([service.status, service.seen?.has("authorization")]).toEqual([200, false]);
    const ingress = await guardedByFile(freshFile(), { mode: "ingress" })(authorization);
    expect([ingress.status, ingress.seen?.get("authorization")]).toEqual([200, authorization]);
  });

  test("are kept from a Service also where something else lets the request in", async () => {
    const none = { v4: [], v6: [] };
    const everywhere = { v4: [0, 0xffffffff], v6: [] };
    const lists = { allowCountries: [], denyCountries: [], allowAsns: [], denyAsns: [] };
    const access = { allow: everywhere, deny: none, ...lists };
    const ask = guardedByFile(freshFile(), { policies: { satisfy: "any", access } });
    const { status, seen } = await ask(basic("ann", "wrong"), { from: "192.0.2.1" });
    expect([status, seen?.has("authorization")]).toEqual([200, false]);
  });

  test("tell the Service no user: there is no such header", async () => {
    const { seen } = await guardedByFile(freshFile())(basic("ann", "open sesame"));
    expect([...(seen ?? [])].filter(([, value]) => value.includes("ann"))).toEqual([]);
  });
});

describe("503 answers every request", () => {
  const hasKeyOnly = JSON.stringify({ users: freshFile() });
  test.each([
    ["where the Secret is not there", {}],
    ["where it lacks the key", { [USERS_REF.binding]: hasKeyOnly }],
    ["where it is no JSON", { [USERS_REF.binding]: freshFile() }],
    ["where it is a list", { [USERS_REF.binding]: JSON.stringify([freshFile()]) }],
    ["where it is null", { [USERS_REF.binding]: "null" }],
    ["where a value is no text", { [USERS_REF.binding]: JSON.stringify({ auth: freshFile(), more: 1 }) }],
    ["where the binding is no text", { [USERS_REF.binding]: { auth: freshFile() } }],
  ])("%s", async (_, env) => {
    const ask = guardedBy({ env });
    for (const authorization of [null, basic("ann", "open sesame")]) {
      const { status, challenge, seen } = await ask(authorization);
      expect({ status, challenge, seen }).toEqual({ status: 503, challenge: null, seen: null });
    }
  });

  test("a Worker secret that is no JSON is not passed over for KV", async () => {
    const namespace = { get: async () => JSON.stringify({ auth: freshFile() }) };
    const ask = guardedBy({ env: { [USERS_REF.binding]: "", EDGE_INGRESS_SECRETS: namespace } });
    expect((await ask(basic("ann", "open sesame"))).status).toBe(503);
  });
});

test("401 answers where the Secret has no line that anybody can use", async () => {
  for (const file of ["", "\n", "ann:", "ann", "ann:open sesame", "# ann"]) {
    const ask = guardedByFile(`${file}`);
    expect((await ask(basic("ann", "open sesame"))).status).toBe(401);
    expect((await ask(basic("ann", ""))).status).toBe(401);
  }
});

test("no log line holds a user, a password, a hash or what was sent", async () => {
  const ask = guardedByFile(freshFile());
  await ask(basic("ann", "open sesame"));
  await ask(basic("ann", "hunter2"));
  await ask(basic("eve", "hunter2"));
  const secret = { name: "log/users", binding: "LOG_USERS" };
  await guardedBy({ policy: { secret }, env: { LOG_USERS: "hunter2 {" } })(null);
  await guardedBy({ policy: { secret } })(null);
  const lines = JSON.stringify(log.mock.calls);
  expect(lines).toContain("wrong user or password");
  expect(lines).toContain("log/users");
  expect(lines).not.toMatch(/\bann\b|\beve\b|hunter2|sesame|\$2y\$|\{SHA\}|YW5u|ZXZl/);
});

test("what no rule takes is guarded before it is not found", async () => {
  const basicAuth = { secret: USERS_REF, key: "auth", realm: "the shop" };
  const sketch = { rules: [{ hostname: "shop.test", path: "/", service: "shop", policies: { basicAuth } }] };
  const router = routerOf(sketch);
  const hosts = router.hosts.map((host) => ({ ...host, rules: host.rules.map((rule) => ({ ...rule, backends: [] })) }));
  const app = createEdge(encodeTable({ ...router, hosts }).buffer);
  const env = { [USERS_REF.binding]: JSON.stringify({ auth: freshFile() }) };
  const ask = async (headers: Record<string, string>) =>
    (await app.fetch(new Request("http://shop.test/x", { headers }), env, createExecutionContext())).status;
  expect(await ask({})).toBe(401);
  expect(await ask({ authorization: basic("ann", "open sesame") })).toBe(404);
});
