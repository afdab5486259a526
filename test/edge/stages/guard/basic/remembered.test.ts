import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { edgeOf } from "../../../edge-of.ts";
import { basic, countHashes, freshFile, guardedBy, guardedByFile, HASH_OF, USERS_REF } from "./users.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime("2026-06-01T00:00:00Z");
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("what was found is remembered", () => {
  test("for 60 s, right and wrong alike", async () => {
    const hashes = countHashes();
    const ask = guardedByFile(freshFile());
    const right = basic("ann", "open sesame");
    const wrong = basic("ann", "wrong");
    for (let again = 0; again < 5; again++) {
      expect((await ask(right)).status).toBe(200);
      expect((await ask(wrong)).status).toBe(401);
    }
    expect(hashes()).toBe(2);
    vi.setSystemTime(Date.now() + 60_000);
    expect((await ask(right)).status).toBe(200);
    expect((await ask(wrong)).status).toBe(401);
    expect(hashes()).toBe(2);
  });

  test("for one route of an edge alone where the next one has another Secret, and for both where they have one", async () => {
    const policy = (name: string, realm: string) => ({
      secret: { name: `x/${name}`, binding: name },
      key: "auth",
      realm,
    });
    const rule = (path: string, basicAuth: ReturnType<typeof policy>) => ({
      hostname: "shop.test",
      path,
      service: path.slice(1),
      policies: { basicAuth },
    });
    const rules = [rule("/a", policy("A", "a")), rule("/b", policy("B", "b")), rule("/c", policy("A", "c"))];
    const env = { A: JSON.stringify({ auth: freshFile() }), B: JSON.stringify({ auth: `ann:${HASH_OF.other}` }) };
    const edge = edgeOf({ rules }, { only: () => new Response("ok") }, env);
    const ask = async (path: string, authorization: string) => {
      const response = await edge(`http://shop.test${path}`, { headers: { authorization } });
      await response.body?.cancel();
      return [response.status, response.headers.get("www-authenticate")];
    };
    const hashes = countHashes();
    expect(await ask("/a", basic("ann", "open sesame"))).toEqual([200, null]);
    expect(await ask("/b", basic("ann", "open sesame"))).toEqual([401, 'Basic realm="b"']);
    expect(await ask("/c", basic("ann", "open sesame"))).toEqual([200, null]);
    expect(hashes()).toBe(1);
    expect(await ask("/b", basic("ann", "other"))).toEqual([200, null]);
    expect(await ask("/a", basic("ann", "other"))).toEqual([401, 'Basic realm="a"']);
    expect(await ask("/c", basic("ann", "other"))).toEqual([401, 'Basic realm="c"']);
  });

  test("until the Secret changes: a new password counts at once, the old one no more", async () => {
    const env: Record<string, unknown> = { [USERS_REF.binding]: JSON.stringify({ auth: freshFile() }) };
    const old = guardedBy({ env });
    expect((await old(basic("ann", "open sesame"))).status).toBe(200);
    expect((await old(basic("ann", "other"))).status).toBe(401);
    const changed = guardedBy({ env: { [USERS_REF.binding]: JSON.stringify({ auth: `ann:${HASH_OF.other}` }) } });
    expect((await changed(basic("ann", "open sesame"))).status).toBe(401);
    expect((await changed(basic("ann", "other"))).status).toBe(200);
  });

  test("in a map with an end: a flood of wrong passwords pushes out no right one", async () => {
    const hashes = countHashes();
    const ask = guardedByFile(freshFile());
    expect((await ask(basic("ann", "open sesame"))).status).toBe(200);
    // The flood comes from many places over a long while, within what may be tried.
    for (let n = 0; n < 150; n++) await ask(basic("ann", `wrong ${n}`), { from: `203.0.113.${n}` });
    hashes();
    expect((await ask(basic("ann", "open sesame"))).status).toBe(200);
    expect(hashes()).toBe(0);
  });
});

describe("a user that does not exist costs what a wrong password does:", () => {
  test("one hash, of the same kind", async () => {
    const hashes = countHashes();
    const ask = guardedByFile(freshFile("nobody:\n"));
    for (const [user, count] of [
      ["ann", 1],
      ["eve", 1],
      ["mallory", 1],
      ["nobody", 1],
    ] as const) {
      expect((await ask(basic(user, "wrong"))).status).toBe(401);
      expect(hashes(), user).toBe(count);
    }
  });
});

describe("tries that fail are bounded:", () => {
  const wrong = (n: number) => basic("ann", `wrong ${n}`);

  test("a client has 20, then one each second; others have their own", async () => {
    const hashes = countHashes();
    const ask = guardedByFile(freshFile());
    const from = "203.0.113.7";
    for (let n = 0; n < 20; n++) expect((await ask(wrong(n), { from })).status).toBe(401);
    hashes();
    const refused = await ask(wrong(20), { from });
    expect(refused).toMatchObject({ status: 429, challenge: null, retryAfter: "5", seen: null });
    expect((await ask(basic("ann", "open sesame"), { from })).status).toBe(429);
    expect(hashes()).toBe(0);
    expect((await ask(basic("ann", "open sesame"), { from: "203.0.113.8" })).status).toBe(200);
    expect((await ask(basic("ann", "open sesame"), { from })).status).toBe(200);
    vi.setSystemTime(Date.now() + 1000);
    expect((await ask(wrong(21), { from })).status).toBe(401);
    expect((await ask(wrong(22), { from })).status).toBe(429);
  });

  test("all at once no more pass than one after the other", async () => {
    const hashes = countHashes();
    const ask = guardedByFile(freshFile());
    const from = "203.0.113.20";
    const all = await Promise.all(Array.from({ length: 100 }, (_, n) => ask(wrong(n), { from })));
    expect(hashes()).toBe(20);
    expect([401, 429].map((status) => all.filter((answer) => answer.status === status).length)).toEqual([20, 80]);
  });

  test("one header many times at once is one try and one hash, right or wrong", async () => {
    const hashes = countHashes();
    for (const [header, status] of [
      [basic("ann", "open sesame"), 200],
      [wrong(0), 401],
    ] as const) {
      const ask = guardedByFile(freshFile());
      const all = await Promise.all(Array.from({ length: 100 }, () => ask(header)));
      expect(all.map((answer) => answer.status)).toEqual(Array(100).fill(status));
      expect(hashes()).toBe(1);
    }
  });

  test("what is right does not count", async () => {
    const ask = guardedByFile(freshFile());
    const right = (n: number) => basic("ann", "open sesame").replace(" ", " ".repeat(n + 1));
    for (let n = 0; n < 25; n++) expect((await ask(right(n))).status).toBe(200);
    for (let n = 0; n < 20; n++) expect((await ask(wrong(n))).status).toBe(401);
    expect((await ask(wrong(20))).status).toBe(429);
  });

  test("the same wrong password again and again is one try", async () => {
    const ask = guardedByFile(freshFile());
    for (let again = 0; again < 50; again++) expect((await ask(wrong(0))).status).toBe(401);
  });

  test("a /64 of IPv6 is one client", async () => {
    const ask = guardedByFile(freshFile());
    for (let n = 0; n < 20; n++) await ask(wrong(n), { from: `2001:db8:1:2::${n}` });
    expect((await ask(wrong(20), { from: "2001:db8:1:2:3:4:5:6" })).status).toBe(429);
    expect((await ask(wrong(21), { from: "2001:db8:1:3::1" })).status).toBe(401);
  });

  test("all clients together have 200, whatever their addresses", async () => {
    const ask = guardedByFile(freshFile());
    for (let n = 0; n < 200; n++) await ask(wrong(n), { from: `2001:db8:${n.toString(16)}::1` });
    expect((await ask(wrong(200), { from: "192.0.2.200" })).status).toBe(429);
    vi.setSystemTime(Date.now() + 1000);
    expect((await ask(wrong(201), { from: "192.0.2.201" })).status).toBe(401);
  });

  test("one Secret's do not count for another", async () => {
    const [ask, other] = [guardedByFile(freshFile()), guardedByFile(freshFile("# other\n"))];
    const from = "203.0.113.9";
    for (let n = 0; n <= 20; n++) await ask(wrong(n), { from });
    expect((await ask(wrong(99), { from })).status).toBe(429);
    expect((await other(basic("ann", "open sesame"), { from })).status).toBe(200);
  });
});
