import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { fc } from "../../../../support/properties.ts";
import { Browser, edgeBehind, FakeProvider, policyOf } from "./provider.ts";

/** Whatever a client makes of the sessions of others, it is nobody, or the one whose whole session it still has. */
let provider: FakeProvider;

beforeEach(async () => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  provider = await FakeProvider.start();
});

afterEach(() => void vi.restoreAllMocks());

const place = fc.nat({ max: 2_000 });
const change = fc.oneof(
  fc.record({ kind: fc.constant("flip" as const), at: place, by: fc.integer({ min: 1, max: 63 }) }),
  fc.record({ kind: fc.constant("cut" as const), at: place, by: fc.integer({ min: 1, max: 80 }) }),
  fc.record({ kind: fc.constant("insert" as const), at: place, by: fc.integer({ min: 1, max: 80 }) }),
  fc.record({ kind: fc.constant("splice" as const), at: place, by: fc.integer({ min: 1, max: 80 }) }),
);
const SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** The text with one change; `other` is what parts come from. */
function changed(
  text: string,
  other: string,
  { kind, at, by }: typeof change extends fc.Arbitrary<infer Change> ? Change : never,
) {
  const from = at % text.length;
  const rest = text.slice(from + by);
  switch (kind) {
    case "flip": {
      const sign = SIGNS[(SIGNS.indexOf(text[from] ?? "A") + by) % SIGNS.length];
      return text.slice(0, from) + sign + text.slice(from + 1);
    }
    case "cut":
      return text.slice(0, from) + rest;
    case "insert":
      return text.slice(0, from) + other.slice(from, from + by) + text.slice(from);
    case "splice":
      return text.slice(0, from) + other.slice(from, from + by) + rest;
  }
}

test("changed, cut and mixed session cookies are nobody's", async () => {
  const { edge, seen } = edgeBehind({
    "/": policyOf(provider, { claimsToHeaders: [{ claim: "sub", header: "x-user" }] }),
  });
  const [alice, bob] = await Promise.all(
    ["alice", "bob"].map(async (sub) => {
      const browser = new Browser(edge);
      await browser.logIn(provider, "https://shop.test/", { sub });
      return browser.cookies.get("__Host-session") ?? "";
    }),
  );
  const ask = async (cookie: string) => {
    seen.length = 0;
    const response = await edge("https://shop.test/", { headers: { cookie: `__Host-session=${cookie}` } });
    return [response.status, seen[0]?.get("x-user") ?? null];
  };
  expect([await ask(alice as string), await ask(bob as string)]).toEqual([
    [200, "alice"],
    [200, "bob"],
  ]);
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
      const made = changes.reduce((text, each) => changed(text, bob as string, each), alice as string);
      fc.pre(made.slice(0, -1) !== alice?.slice(0, -1));
      expect(await ask(made)).toEqual([401, null]);
    }),
    { numRuns: 400 },
  );
});
