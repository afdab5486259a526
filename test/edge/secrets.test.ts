import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from "vitest";
import {
  FRESH_FOR,
  KEPT_WITHOUT_KV,
  MISSING_FOR,
  PAUSE,
  readSecret,
  type SecretContent,
  STALE_FOR,
} from "../../src/edge/secrets.ts";

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

const pass = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds);
const lines = () => log.mock.calls.map(([line]) => JSON.parse(line) as { what: string; cause: string });

/** A KV namespace that does as it is told, and an isolate that reads one Secret of it. */
function kv(name = `shop/${crypto.randomUUID()}`) {
  const state = { text: null as unknown, fails: false, hangs: false, reads: 0, asked: [] as unknown[] };
  const behind: Promise<unknown>[] = [];
  const namespace = {
    async get(...asked: readonly unknown[]) {
      state.reads++;
      state.asked.push(asked);
      if (state.hangs) await new Promise(() => undefined);
      if (state.fails) throw new Error("KV GET failed: HUNTER2");
      return state.text;
    },
  };
  const env: Record<string, unknown> = { EDGE_INGRESS_SECRETS: namespace };
  const read = () => readSecret({ name, binding: "NONE" }, { env, waitUntil: (promise) => void behind.push(promise) });
  return {
    name,
    state,
    read,
    /** What a request gets, and whether it had to wait. */
    async ask() {
      const found = read();
      const content = await found;
      return { value: content?.values.get("auth") ?? null, waited: found instanceof Promise, content };
    },
    settle: () => Promise.all(behind.splice(0)),
  };
}

const holding = (value: string) => JSON.stringify({ auth: value });

describe("a Secret in KV", () => {
  test("is read by its name, once in FRESH_FOR", async () => {
    const { state, ask, name } = kv();
    state.text = holding("one");
    expect(await ask()).toMatchObject({ value: "one", waited: true });
    pass(FRESH_FOR - 1);
    state.text = holding("two");
    expect(await ask()).toMatchObject({ value: "one", waited: false });
    expect(state.asked).toEqual([[name, { type: "text", cacheTtl: 60 }]]);
  });

  test("is used until STALE_FOR while it is read again beside the request, once", async () => {
    const { state, ask, settle } = kv();
    state.text = holding("one");
    await ask();
    pass(STALE_FOR - 1);
    state.text = holding("two");
    const both = await Promise.all([ask(), ask()]);
    expect(both).toMatchObject([
      { value: "one", waited: false },
      { value: "one", waited: false },
    ]);
    await settle();
    expect(state.reads).toBe(2);
    expect(await ask()).toMatchObject({ value: "two", waited: false });
  });

  test("that is older is waited for: a password that was changed opens nothing after an hour of quiet", async () => {
    const { state, ask } = kv();
    state.text = holding("one");
    await ask();
    pass(STALE_FOR);
    state.text = holding("two");
    const both = await Promise.all([ask(), ask()]);
    expect(both).toMatchObject([
      { value: "two", waited: true },
      { value: "two", waited: true },
    ]);
  });

  test("that stays the same is the same object, so that what was found of it goes on", async () => {
    const { state, ask } = kv();
    state.text = holding("one");
    const { content } = await ask();
    pass(STALE_FOR);
    expect((await ask()).content).toBe(content);
    pass(STALE_FOR);
    state.text = holding("two");
    expect((await ask()).content).not.toBe(content);
  });

  test("that was deleted is gone, and looked for again after MISSING_FOR", async () => {
    const { state, ask } = kv();
    state.text = holding("one");
    await ask();
    pass(STALE_FOR);
    state.text = null;
    expect((await ask()).value).toBeNull();
    state.text = holding("one");
    pass(MISSING_FOR - 1);
    expect(await ask()).toMatchObject({ value: null, waited: false });
    pass(1);
    expect((await ask()).value).toBe("one");
  });

  test.each([
    ["a text", "hunter2"],
    ["a list", '["hunter2"]'],
    ["a number for a value", '{"auth":"x","pin":424242}'],
    ["an empty text", ""],
  ])("that is no Secret but %s is none, and is not shown", async (_, text) => {
    const { state, ask, name } = kv();
    state.text = text;
    expect((await ask()).value).toBeNull();
    expect(lines()).toMatchObject([{ what: name, cause: "what is there is no JSON object of texts" }]);
    expect(JSON.stringify(log.mock.calls)).not.toMatch(/hunter2|424242/);
  });

  test("that is no Secret any more opens nothing", async () => {
    const { state, ask } = kv();
    state.text = holding("one");
    await ask();
    pass(STALE_FOR);
    state.text = "{";
    expect((await ask()).value).toBeNull();
  });

  test("has no members that every object has", async () => {
    const { state, read } = kv();
    state.text = holding("one");
    const content = (await read()) as SecretContent;
    expect(content.values.get("constructor")).toBeUndefined();
    expect(content.values.get("__proto__")).toBeUndefined();
  });
});

describe("where KV fails", () => {
  test("nothing is known of a Secret that was never read, and KV is left alone for a while", async () => {
    const { state, ask, name } = kv();
    state.fails = true;
    expect((await ask()).value).toBeNull();
    pass(PAUSE - 1);
    expect(await ask()).toMatchObject({ value: null, waited: false });
    expect(state.reads).toBe(1);
    pass(1);
    state.fails = false;
    state.text = holding("one");
    expect((await ask()).value).toBe("one");
    expect(lines()).toMatchObject([{ what: name, cause: "KV can't be read" }]);
    expect(JSON.stringify(log.mock.calls)).not.toContain("HUNTER2");
  });

  test("what is known is used for an hour, and not a moment longer", async () => {
    const { state, ask, settle } = kv();
    state.text = holding("one");
    await ask();
    state.fails = true;
    pass(FRESH_FOR);
    expect(await ask()).toMatchObject({ value: "one", waited: false });
    await settle();
    pass(STALE_FOR);
    expect(await ask()).toMatchObject({ value: "one", waited: true });
    expect(await ask()).toMatchObject({ value: "one", waited: false });
    pass(KEPT_WITHOUT_KV);
    expect((await ask()).value).toBeNull();
  });

  test("a read that never ends is given up", async () => {
    const { state, ask } = kv();
    state.hangs = true;
    expect((await ask()).value).toBeNull();
  });

  test("it is said once, and once more after it went well", async () => {
    const { state, ask } = kv();
    state.fails = true;
    for (let again = 0; again < 3; again++) {
      await ask();
      pass(PAUSE);
    }
    expect(lines()).toHaveLength(1);
    state.fails = false;
    state.text = holding("one");
    await ask();
    pass(STALE_FOR);
    state.fails = true;
    await ask();
    expect(lines()).toHaveLength(2);
  });
});

test("of two reads the one that began later counts, whichever ends first", async () => {
  const answers: ((text: string) => void)[] = [];
  const namespace = { get: () => new Promise((resolve) => answers.push(resolve)) };
  const access = { env: { EDGE_INGRESS_SECRETS: namespace }, waitUntil: () => undefined };
  const ref = { name: "shop/raced", binding: "NONE" };
  const first = readSecret(ref, access);
  pass(1);
  const second = readSecret(ref, access);
  answers[1]?.(holding("new"));
  expect((await second)?.values.get("auth")).toBe("new");
  answers[0]?.(holding("old"));
  expect((await first)?.values.get("auth")).toBe("new");
});

describe("a Secret that is bound to the Worker", () => {
  const ref = { name: "shop/bound", binding: "BOUND" };
  const read = (env: Readonly<Record<string, unknown>>) => readSecret(ref, { env, waitUntil: () => undefined });

  test("is there at once, comes before KV, and is the same object while it is the same text", () => {
    const namespace = { get: () => Promise.reject(new Error("asked for nothing")) };
    const env = { BOUND: holding("one"), EDGE_INGRESS_SECRETS: namespace };
    const content = read(env);
    expect((content as SecretContent).values.get("auth")).toBe("one");
    expect(read(env)).toBe(content);
    expect(read({ BOUND: holding("two") })).not.toBe(content);
  });

  test("is not there without binding and KV", () => {
    expect(read({})).toBeNull();
    expect(read({ EDGE_INGRESS_SECRETS: "text" })).toBeNull();
    expect(lines()).toMatchObject([{ what: "shop/bound", cause: "it is neither bound nor is there a KV namespace" }]);
  });
});
