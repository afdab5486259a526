import { describe, expect, test } from "vitest";
import { encodeTable } from "../../src/compiler/table/encode.ts";
import { DIRECTORY_OFFSET, SECTIONS } from "../../src/table/layout.ts";
import { matchRule } from "../../src/table/match.ts";
import { DEFAULT_NGINX_HEADERS } from "../../src/table/nginx-headers.ts";
import { openTable, verifyContentHash } from "../../src/table/reader.ts";
import { type RouterSketch, routerOf } from "../support/router.ts";

const sketch: RouterSketch = {
  trustedProxies: ["10.0.0.0/8"],
  rules: [
    { hostname: "shop.test", path: "/cart", service: "cart", targets: { eu: 3, us: 1 } },
    {
      hostname: "shop.test",
      path: "/",
      service: "web",
      targets: { eu: 1 },
      timeouts: { request: 5000, backendRequest: 1000 },
    },
    { hostname: "*.test", path: "/", service: "any", served: false },
  ],
  endpoints: {
    us: {
      mode: "service",
      url: { scheme: "https", hostname: "cart.us.test", port: 8443 },
      host: "endpoint",
      transport: { name: "public-name" },
    },
  },
};
const bytes = encodeTable(routerOf(sketch));
const get = { method: "GET", header: () => null, queryParam: () => null };

function opened(table: Uint8Array<ArrayBuffer> = bytes) {
  const result = openTable(table.slice().buffer);
  if (!result.ok) throw new Error(result.reason);
  return result.table;
}

function changed(change: (view: DataView) => void): ArrayBuffer {
  const copy = bytes.slice();
  change(new DataView(copy.buffer));
  return copy.buffer;
}

describe("bytes that are no table are refused", () => {
  test.each([
    ["nothing", new ArrayBuffer(0), "too short"],
    ["half a header", bytes.slice(0, 40).buffer, "too short"],
    ["another file", new TextEncoder().encode("a".repeat(100)).buffer, "not a routing table"],
    ["a newer format", changed((view) => view.setUint16(4, 2, true)), "another format version"],
    ["words that mean something else", changed((view) => view.setUint32(12, 1, true)), "another format version"],
    ["one byte less", bytes.slice(0, -1).buffer, "truncated"],
    ["one byte more", new Uint8Array([...bytes, 0]).buffer, "truncated"],
    ["another number of sections", changed((view) => view.setUint16(6, 9, true)), "damaged"],
    ["a section outside", changed((view) => view.setUint32(DIRECTORY_OFFSET, 0xfffffff0, true)), "damaged"],
    ["a section askew", changed((view) => view.setUint32(DIRECTORY_OFFSET, 129, true)), "damaged"],
  ])("%s", (_, table, reason) => {
    expect(openTable(table)).toEqual({ ok: false, reason });
  });

  test("a changed byte is found by the content hash", async () => {
    expect(await verifyContentHash(bytes.buffer)).toBe(true);
    const last = bytes.length - 1;
    const flipped = changed((view) => view.setUint8(last, view.getUint8(last) ^ 1));
    expect(await verifyContentHash(flipped)).toBe(false);
  });

  test("an index that leads outside of its section throws when the host is decoded", () => {
    const section = SECTIONS.indexOf("rules");
    const start = new DataView(bytes.buffer).getUint32(DIRECTORY_OFFSET + section * 8, true);
    const damaged = changed((view) => view.setUint32(start + 4 + 3 * 4, 0x7fffffff, true));
    const result = openTable(damaged);
    if (!result.ok) throw new Error(result.reason);
    expect(() => {
      for (let host = 0; host < result.table.hostCount; host++) result.table.router(host);
    }).toThrow("damaged");
  });
});

test("a table tells what the router held", () => {
  const table = opened();
  expect(table.contentHash).toMatch(/^[0-9a-f]{64}$/);
  expect(table.settings).toEqual({ trustedProxies: ["10.0.0.0/8"], nginxHeaders: DEFAULT_NGINX_HEADERS });
  expect(table.hostCount).toBe(2);
  const router = table.routerFor("shop.test");
  const cart = router && matchRule(router, "/cart/1", get);
  expect(cart).toMatchObject({ name: "Ingress test/cart", path: "/cart", requestTimeout: 100_000 });
  expect(cart?.backends).toEqual([
    {
      name: "test/cart:80",
      weight: 1,
      served: true,
      targets: [
        { endpoint: table.endpoint(0), weight: 3 },
        { endpoint: table.endpoint(1), weight: 1 },
      ],
    },
  ]);
  expect(table.endpoint(1)).toEqual({
    index: 1,
    id: "service us https://cart.us.test:8443",
    cluster: expect.objectContaining({ name: "us", index: 1 }),
    healthCheck: null,
    mode: "service",
    scheme: "https",
    hostname: "cart.us.test",
    port: 8443,
    host: "endpoint",
    transport: "public-name",
    binding: "",
    zone: "",
  });
  expect(router && matchRule(router, "/x", get)).toMatchObject({ requestTimeout: 5000, backendRequestTimeout: 1000 });
  expect(table.routerFor("x.test")?.rules[0]?.backends[0]).toMatchObject({ served: false, targets: [] });
});

test("the same router gives the same bytes", () => {
  expect(Buffer.compare(encodeTable(routerOf(sketch)), bytes)).toBe(0);
});

test("10,000 hosts are found, and no others", () => {
  const rules = Array.from({ length: 10_000 }, (_, index) => ({
    hostname: `host-${index}.test`,
    path: "/",
    service: `service-${index % 7}`,
  }));
  const table = opened(encodeTable(routerOf({ rules })));
  for (let index = 0; index < 10_000; index += 97) {
    expect(table.routerFor(`host-${index}.test`)?.hostname).toBe(`host-${index}.test`);
    expect(table.routerFor(`nost-${index}.test`)).toBeNull();
  }
});
