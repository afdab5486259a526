import { inTable, NO_ACCESS_LISTS } from "../../src/compiler/ir/access.ts";
import { encodeTable } from "../../src/compiler/table/encode.ts";
import { createEdge } from "../../src/edge/app.ts";
import { addressWords, holdsAddress } from "../../src/table/address-ranges.ts";
import type { RulePolicies } from "../../src/table/policies/rule-policies.ts";
import { routerOf } from "../../test/support/router.ts";
import { median } from "./load.ts";

const ROUNDS = 7;
const REQUESTS = 10_000;
const RANGES = 10_000;

/** One way to guard a route, and what a request has to bring to pass. */
interface Way {
  readonly name: string;
  readonly policies: Partial<RulePolicies>;
  readonly headers: Readonly<Record<string, string>>;
  /** Microseconds that issue 5 allows. */
  readonly most: number;
}

const ways: readonly Way[] = [
  {
    name: `an access list of ${RANGES.toLocaleString("en")} ranges`,
    policies: { access: inTable({ ...NO_ACCESS_LISTS, allow: ranges() }) },
    headers: { "cf-connecting-ip": "10.39.15.1" },
    most: 2,
  },
];

/** What each way adds to a request through the whole edge, in Node, with a cluster that answers at once. */
export async function benchAuth(): Promise<void> {
  const { allow } = inTable({ ...NO_ACCESS_LISTS, allow: ranges() });
  for (const text of ["10.39.15.1", "2001:db8:1387::1"]) {
    const nanoseconds = measure(1_000_000, () => {
      const words = addressWords(text);
      if (words === null || !holdsAddress(allow, words)) throw new Error("the address is not found");
    });
    console.log(
      `look-up of ${text} in ${RANGES.toLocaleString("en")} ranges, its text read: ${nanoseconds} ns (at most 2000)`,
    );
  }
  for (const { name, policies, headers, most } of ways) {
    const [open, guarded] = await throughEdges([{}, policies], headers);
    if (open === undefined || guarded === undefined) throw new Error("nothing was measured");
    const more = `${(guarded - open).toFixed(1)} µs more (at most ${most})`;
    console.log(
      `${name}: ${(guarded / open).toFixed(2)} times the ${open.toFixed(1)} µs of a route without auth, ${more}`,
    );
  }
}

/** Every other /24 of 10.0.0.0/8 and every other /48 of 2001:db8::/32, so that none of them touch. */
function ranges(): string[] {
  return Array.from({ length: RANGES / 2 }, (_, index) => [
    `10.${(index * 2 + 1) >> 8}.${(index * 2 + 1) & 255}.0/24`,
    `2001:db8:${(index * 2 + 1).toString(16)}::/48`,
  ]).flat();
}

/** Microseconds of a request through each of these edges; their rounds take turns, so that all meet the same machine. */
async function throughEdges(all: readonly Partial<RulePolicies>[], headers: Way["headers"]): Promise<number[]> {
  const edges = all.map((policies) => {
    const rules = [{ hostname: "shop.test", path: "/", service: "shop", policies }];
    return { edge: createEdge(encodeTable(routerOf({ rules })).buffer), rounds: [] as number[] };
  });
  for (let count = 0; count <= ROUNDS; count++) {
    for (const { edge, rounds } of edges) {
      const microseconds = await roundOf(edge, headers);
      if (count > 0) rounds.push(microseconds);
    }
  }
  return edges.map(({ rounds }) => median(rounds));
}

async function roundOf(edge: ReturnType<typeof createEdge>, headers: Way["headers"]): Promise<number> {
  const env = { EDGE_INGRESS_LOCAL_CLIENT: "127.0.0.1", only: { fetch: async () => new Response("ok") } };
  const context = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} };
  const start = performance.now();
  for (let count = 0; count < REQUESTS; count++) {
    const answer = await edge.fetch(new Request("http://shop.test/cart", { headers }), env, context);
    if (answer.status !== 200) throw new Error(`the route answers ${answer.status}`);
  }
  return ((performance.now() - start) / REQUESTS) * 1000;
}

function measure(times: number, run: () => void): number {
  const rounds = Array.from({ length: ROUNDS + 1 }, () => {
    const start = performance.now();
    for (let count = 0; count < times; count++) run();
    return ((performance.now() - start) / times) * 1e6;
  });
  return Math.round(median(rounds.slice(1)));
}
