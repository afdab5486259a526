import { env } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from "vitest";
import { BELIEVED_FOR, KEYS_BINDING } from "../../../../../src/edge/stages/guard/api-key/keys.ts";
import type { ApiKeyRecord } from "../../../../../src/table/api-keys.ts";
import { type ApiKey, DEFAULT_API_KEY } from "../../../../../src/table/policies/api-key.ts";
import { edgeOf } from "../../../edge-of.ts";
import { newKey, recordOf, store } from "./keys.ts";

const namespace = (env as unknown as Record<string, KVNamespace>)[KEYS_BINDING] as KVNamespace;

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

interface Sent {
  readonly headers?: HeadersInit;
  readonly path?: string;
}

/** A rule that asks for keys, over the namespace or what stands in its place. */
function guardedBy(more: Partial<ApiKey> = {}, keys: unknown = namespace) {
  const apiKey = { ...DEFAULT_API_KEY, ownerHeader: "x-owner", ...more };
  const rule = {
    hostname: "shop.test",
    path: "/",
    service: "shop",
    policies: { apiKey, identityHeaders: ["x-owner"] },
  };
  const asked: { url: string; headers: Headers }[] = [];
  const answer = ({ url, headers }: Request) => {
    asked.push({ url, headers: new Headers(headers) });
    return new Response("ok");
  };
  const edge = edgeOf({ rules: [rule] }, { only: answer }, { [KEYS_BINDING]: keys });
  return async ({ headers = {}, path = "/" }: Sent = {}) => {
    asked.length = 0;
    const response = await edge(`http://shop.test${path}`, { headers });
    await response.body?.cancel();
    return { status: response.status, challenge: response.headers.get("www-authenticate"), seen: asked[0] ?? null };
  };
}

const by = (key: string): Sent => ({ headers: { "x-api-key": key } });

/** A key whose record differs as said, and how the route answers to it. */
async function statusOf(more: Partial<ApiKeyRecord>, policy: Partial<ApiKey> = {}): Promise<number> {
  const { id, key } = newKey();
  await store(namespace, id, await recordOf(key, more));
  return (await guardedBy(policy)(by(key))).status;
}

const UNAUTHORIZED = { status: 401, challenge: "ApiKey", seen: null };

describe("a key", () => {
  test("is let in, and the cluster is told whose it is, and not the key", async () => {
    const { id, key } = newKey();
    await store(namespace, id, await recordOf(key));
    const { status, seen } = await guardedBy()({ headers: { "x-api-key": key, "X-Owner": "root", x_owner: "root" } });
    expect(status).toBe(200);
    const headers = Object.fromEntries(seen?.headers ?? []);
    expect(headers).toMatchObject({ "x-owner": "acme" });
    expect(Object.keys(headers)).not.toContain("x_owner");
    expect(JSON.stringify(headers)).not.toContain(key);
  });

  test("that is missing, in another header, or empty", async () => {
    const { id, key } = newKey();
    await store(namespace, id, await recordOf(key));
    const ask = guardedBy();
    for (const sent of [{}, { headers: { authorization: `Bearer ${key}` } }, by(""), { path: `/?x-api-key=${key}` }]) {
      expect(await ask(sent)).toEqual(UNAUTHORIZED);
    }
    expect(log).not.toHaveBeenCalled();
  });

  test("of which anything is changed, cut off or added", async () => {
    const { id, key } = newKey();
    await store(namespace, id, await recordOf(key));
    const ask = guardedBy();
    const secret = key.slice(-43);
    for (const forged of [
      key.slice(0, -1),
      `${key}0`,
      ` ${key} x`,
      `${key.slice(0, -1)}${key.endsWith("A") ? "B" : "A"}`,
      key.toUpperCase(),
      key.toLowerCase(),
      key.replace("ei_", "EI_"),
      key.replace("ei_", ""),
      `Bearer ${key}`,
      `ei_${id}_`,
      `ei_${id}_${"0".repeat(43)}`,
      `ei_${"0".repeat(12)}_${secret}`,
      secret,
      `ei_../${id}_${secret}`,
      `ei_${id}_${await recordOf(key).then(({ hash }) => hash.slice(0, 43))}`,
      `${key}, ${key}`,
      "__proto__",
    ]) {
      expect([forged, await ask(by(forged))]).toEqual([forged, UNAUTHORIZED]);
    }
    expect((await ask(by(key))).status).toBe(200);
  });

  test("of another one's id: ids are no secret", async () => {
    const [mine, theirs] = [newKey(), newKey()];
    await store(namespace, mine.id, await recordOf(mine.key));
    await store(namespace, theirs.id, await recordOf(theirs.key, { scopes: ["admin"] }));
    const swapped = mine.key.replace(mine.id, theirs.id);
    expect(await guardedBy()(by(swapped))).toEqual(UNAUTHORIZED);
  });

  test("without all the scopes: 403, and nobody is asked for another key", async () => {
    expect(await statusOf({ scopes: ["a", "b"] }, { scopes: ["a"] })).toBe(200);
    expect(await statusOf({ scopes: ["a"] }, { scopes: ["a", "b"] })).toBe(403);
    expect(await statusOf({ scopes: [] }, { scopes: ["a"] })).toBe(403);
    expect(await statusOf({ scopes: ["ab", "A"] }, { scopes: ["a"] })).toBe(403);
  });

  test("expires at its second, also while it is remembered", async () => {
    const { id, key } = newKey();
    await store(namespace, id, await recordOf(key, { expiresAt: "2026-06-01T00:00:10.000Z" }));
    const ask = guardedBy();
    expect((await ask(by(key))).status).toBe(200);
    vi.setSystemTime("2026-06-01T00:00:09.999Z");
    expect((await ask(by(key))).status).toBe(200);
    vi.setSystemTime("2026-06-01T00:00:10.000Z");
    expect(await ask(by(key))).toEqual(UNAUTHORIZED);
  });

  test("that is revoked", async () => {
    expect(await statusOf({ revokedAt: "2026-05-31T00:00:00.000Z" })).toBe(401);
  });
});

describe("a key that is revoked after it was used", () => {
  test("opens for BELIEVED_FOR at most, and nothing afterwards", async () => {
    const { id, key } = newKey();
    await store(namespace, id, await recordOf(key));
    const ask = guardedBy();
    expect((await ask(by(key))).status).toBe(200);
    await store(namespace, id, await recordOf(key, { revokedAt: "2026-06-01T00:00:00.000Z" }));
    vi.setSystemTime(Date.now() + BELIEVED_FOR - 1);
    expect((await ask(by(key))).status).toBe(200);
    vi.setSystemTime(Date.now() + 1);
    expect(await ask(by(key))).toEqual(UNAUTHORIZED);
  });

  test("the same where its record is gone", async () => {
    const { id, key } = newKey();
    await store(namespace, id, await recordOf(key));
    const ask = guardedBy();
    expect((await ask(by(key))).status).toBe(200);
    await namespace.delete(`key/${id}`);
    vi.setSystemTime(Date.now() + BELIEVED_FOR);
    expect(await ask(by(key))).toEqual(UNAUTHORIZED);
  });

  test("KV is asked with a cache of a minute: with BELIEVED_FOR the bound that is documented", async () => {
    const { id, key } = newKey();
    const get = vi.fn(async () => JSON.stringify(await recordOf(key)));
    await guardedBy({}, { get })(by(key));
    expect(get).toHaveBeenCalledWith(`key/${id}`, { type: "text", cacheTtl: 60 });
  });
});

describe("what an isolate remembers", () => {
  test("KV is read once for a key, and once for an id that does not exist", async () => {
    const [known, unknown] = [newKey(), newKey()];
    const record = JSON.stringify(await recordOf(known.key));
    const get = vi.fn(async (name: string) => (name === `key/${known.id}` ? record : null));
    const ask = guardedBy({}, { get });
    for (let index = 0; index < 3; index++) {
      expect((await ask(by(known.key))).status).toBe(200);
      expect((await ask(by(unknown.key))).status).toBe(401);
    }
    expect(get).toHaveBeenCalledTimes(2);
  });

  test("guessed ids do not push out the keys that are in use", async () => {
    const { id, key } = newKey();
    const record = JSON.stringify(await recordOf(key));
    const get = vi.fn(async (name: string) => (name === `key/${id}` ? record : null));
    const ask = guardedBy({}, { get });
    await ask(by(key));
    for (let index = 0; index < 1001; index++) await ask(by(newKey().key));
    get.mockClear();
    expect((await ask(by(key))).status).toBe(200);
    expect(get).not.toHaveBeenCalled();
  });

  test("a text that is no key is not looked for at all", async () => {
    const get = vi.fn();
    const ask = guardedBy({}, { get });
    for (const text of ["nonsense", "ei_a_b", "key/1", "../secret", "a".repeat(8000)]) {
      expect(await ask(by(text))).toEqual(UNAUTHORIZED);
    }
    expect(get).not.toHaveBeenCalled();
  });
});

describe("KV that can't be asked", () => {
  const rejecting = { get: () => Promise.reject(new Error("KV GET failed: 503")) };
  const throwing = {
    get: () => {
      throw new Error("KV is off");
    },
  };
  test.each<[string, unknown]>([
    ["fails", rejecting],
    ["throws", throwing],
    ["never answers", { get: () => new Promise(() => undefined) }],
    ["is not bound", null],
    ["is bound as something else", "text"],
    ["gives no text", { get: async () => new ArrayBuffer(8) }],
  ])("and %s: 503, for nobody knows whether the key is good", async (_, keys) => {
    const { status, challenge, seen } = await guardedBy({}, keys)(by(newKey().key));
    expect([status, challenge, seen]).toEqual([503, null, null]);
    expect(JSON.parse(log.mock.calls[0]?.[0] as string)).toMatchObject({ event: "check-undecided", by: "api-key" });
  });

  test("a key that is remembered goes on until its time, and no longer", async () => {
    const { key } = newKey();
    const get = vi.fn(async (): Promise<string> => JSON.stringify(await recordOf(key)));
    const ask = guardedBy({}, { get });
    await ask(by(key));
    get.mockRejectedValue(new Error("down"));
    vi.setSystemTime(Date.now() + BELIEVED_FOR - 1);
    expect((await ask(by(key))).status).toBe(200);
    vi.setSystemTime(Date.now() + 1);
    expect((await ask(by(key))).status).toBe(503);
  });

  test.each<[string, (record: ApiKeyRecord) => unknown]>([
    ["no JSON", () => "{"],
    ["null", () => "null"],
    ["a list", () => []],
    ["without a hash", ({ hash: _, ...record }) => record],
    ["with an empty hash", (record) => ({ ...record, hash: "" })],
    ["with an owner of two lines", (record) => ({ ...record, owner: "a\r\nX-Role: admin" })],
    ["without an owner", (record) => ({ ...record, owner: "" })],
    ["whose scopes are a text", (record) => ({ ...record, scopes: "admin" })],
    ["whose scopes are no texts", (record) => ({ ...record, scopes: [["admin"]] })],
    ["without a word on revocation", ({ revokedAt: _, ...record }) => record],
    ["whose end is no time", (record) => ({ ...record, expiresAt: "never" })],
    ["whose end is a number", (record) => ({ ...record, expiresAt: 4_000_000_000 })],
  ])("a record that is %s opens nothing", async (_, damage) => {
    const { id, key } = newKey();
    await store(namespace, id, damage(await recordOf(key)));
    expect((await guardedBy()(by(key))).status).toBe(503);
  });
});

describe("where a key stands", () => {
  const from = [
    { in: "header", name: "authorization", prefix: "Bearer " },
    { in: "query", name: "api_key", prefix: "" },
  ] as const;

  test("in the query it is taken out of the URL, and the rest stays as it was sent", async () => {
    const { id, key } = newKey();
    await store(namespace, id, await recordOf(key));
    const { seen } = await guardedBy({ from })({ path: `/a%2Fb?x=%20&api_key=${key}&y=+` });
    expect(seen?.url).toBe("http://shop.test/a%2Fb?x=%20&y=+");
  });

  test("`forward` leaves it where it was", async () => {
    const { id, key } = newKey();
    await store(namespace, id, await recordOf(key));
    const ask = guardedBy({ from, forward: true });
    expect((await ask({ path: `/?api_key=${key}` })).seen?.url).toBe(`http://shop.test/?api_key=${key}`);
    const authorization = `Bearer ${key}`;
    expect((await ask({ headers: { authorization } })).seen?.headers.get("authorization")).toBe(authorization);
  });

  test("two of them at one place are refused; of two places the first counts, the other goes no further", async () => {
    const { id, key } = newKey();
    await store(namespace, id, await recordOf(key));
    const ask = guardedBy({ from });
    expect(await ask({ path: `/?api_key=${key}&api_key=${key}` })).toEqual(UNAUTHORIZED);
    const twice: [string, string][] = [
      ["authorization", `Bearer ${key}`],
      ["authorization", `Bearer ${key}`],
    ];
    expect(await ask({ headers: twice })).toEqual(UNAUTHORIZED);
    const both = await ask({ headers: { authorization: `Bearer ${key}` }, path: "/?api_key=forged" });
    expect([both.status, both.seen?.url]).toEqual([200, "http://shop.test/"]);
    expect(await ask({ headers: { authorization: "Bearer forged" }, path: `/?api_key=${key}` })).toEqual(UNAUTHORIZED);
  });
});

test("neither a key nor a part of its secret is in the log; the reason is, by request id", async () => {
  const { id, key } = newKey();
  await store(namespace, id, await recordOf(key, { revokedAt: "2026-05-31T00:00:00.000Z" }));
  const ask = guardedBy();
  await ask({ headers: { "x-api-key": key, "x-request-id": "r-1" } });
  expect(JSON.parse(log.mock.calls[0]?.[0] as string)).toMatchObject({
    event: "refused",
    by: "api-key",
    reason: "revoked",
    requestId: "r-1",
    of: id,
  });
  await ask({ headers: { "x-api-key": `${key}x`, "x-request-id": "r-2" } });
  expect(log.mock.calls.flat().join("\n")).not.toContain(key.slice(-43, -20));
});
