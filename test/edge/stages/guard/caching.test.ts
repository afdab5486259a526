import { afterEach, expect, test, vi } from "vitest";
import { inTable, NO_ACCESS_LISTS } from "../../../../src/compiler/ir/access.ts";
import { edgeOf } from "../../edge-of.ts";

afterEach(() => void vi.restoreAllMocks());

const access = inTable({ ...NO_ACCESS_LISTS, allow: ["127.0.0.1/32"] });
const rule = { hostname: "shop.test", path: "/", service: "web", targets: { web: 1 } };
const web = { host: "endpoint", transport: { name: "public-name" } } as const;

test.each([
  ["of a guarded rule are not kept: the cache knows nothing of who was let in", { access }, "no-store"],
  ["of an open rule may be kept", {}, undefined],
])("by the platform's cache, answers %s", async (_, policies, cache) => {
  const fetched = vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("ok"));
  const edge = edgeOf({ rules: [{ ...rule, policies }], endpoints: { web } }, {});
  expect((await edge("http://shop.test/logo.png", { method: "POST", body: "x" })).status).toBe(200);
  const [sent] = fetched.mock.calls[0] ?? [];
  expect(sent).toBeInstanceOf(Request);
  expect(Reflect.get(sent as Request, "cache")).toBe(cache);
  expect(await (sent as Request).text()).toBe("x");
});

test("through a binding, which has no cache, nothing is said", async () => {
  const seen: unknown[] = [];
  const answers = {
    web: (request: Request) => {
      seen.push(Reflect.get(request, "cache"));
      return new Response("ok");
    },
  };
  const edge = edgeOf({ rules: [{ ...rule, policies: { access } }] }, answers);
  expect((await edge("http://shop.test/")).status).toBe(200);
  expect(seen).toEqual([undefined]);
});
