import { termsOf } from "../../src/compiler/resources/edge-policy-rate-limit.ts";
import { encodeTable } from "../../src/compiler/table/encode.ts";
import type { RateLimitTerms } from "../../src/table/policies/rate-limit.ts";
import type { RulePolicies } from "../../src/table/policies/rule-policies.ts";
import { routerOf } from "../../test/support/router.ts";
import { roundsInWorkerd } from "./in-workerd.ts";
import { median } from "./load.ts";

const ROUNDS = 15;
/** In one round: workerd takes no more than 10,000 timers at once, and a limit that waits for somebody sets one. */
const REQUESTS = 2_000;

/** One way to count, and microseconds that issue 6 allows; null: it says nothing of that. */
interface Way {
  readonly name: string;
  readonly mode: RateLimitTerms["mode"];
  /** Whether answers tell of the limit. */
  readonly headers: boolean;
  readonly most: number | null;
}

const WAYS: readonly Way[] = [
  { name: "leased, permits at hand", mode: "leased", headers: false, most: 5 },
  { name: "leased, and RateLimit-Policy in the answer", mode: "leased", headers: true, most: null },
  { name: "local, the platform's counter answering at once", mode: "local", headers: false, most: 5 },
  { name: "local, and RateLimit-Policy in the answer", mode: "local", headers: true, most: null },
  { name: "exact, the object answering at once", mode: "exact", headers: false, most: null },
];

/** What each way adds to a request through the whole edge, in workerd, with a cluster that answers at once. */
export async function benchLimits(): Promise<void> {
  const edges = [null, ...WAYS].map((way) => {
    const limits = way === null ? [] : [termsOfMode(way.mode)];
    const policies: Partial<RulePolicies> =
      way === null ? {} : { rateLimit: { limits, quota: null, exempt: { v4: [], v6: [] }, headers: way.headers } };
    const rules = [{ hostname: "shop.test", path: "/", service: "shop", policies }];
    return {
      table: encodeTable(routerOf({ rules })),
      headers: [{ "cf-connecting-ip": "198.51.100.1" }],
      namespaces: {},
      counters: limits.map(({ binding }) => binding).filter((binding) => binding !== ""),
    };
  });
  const [open, ...limited] = (await roundsInWorkerd(edges, ROUNDS, REQUESTS)).map(median);
  if (open === undefined) throw new Error("nothing was measured");
  for (const [index, { name, most }] of WAYS.entries()) {
    const time = limited[index] as number;
    const more = `${(time - open).toFixed(1)} µs more${most === null ? "" : ` (at most ${most})`}`;
    console.log(
      `${name}: ${(time / open).toFixed(2)} times the ${open.toFixed(1)} µs of a route without a limit, ${more}`,
    );
  }
}

/** Never used up: time stands still in workerd while it is measured. */
function termsOfMode(mode: RateLimitTerms["mode"]): RateLimitTerms {
  const burst = mode === "local" ? {} : { burst: 1_000_000_000 };
  const key = [{ by: "clientAddress", name: "" }] as const;
  return termsOf(`bench/${mode}`, { name: "bench", requests: 1_000_000, period: 10_000, ...burst, key, mode });
}
