import { encodeTable } from "../../src/compiler/table/encode.ts";
import { type HostRouter, matchReadings } from "../../src/table/match.ts";
import { normalisePath } from "../../src/table/normalise.ts";
import { openTable } from "../../src/table/reader.ts";
import { type RuleSketch, routerOf } from "../../test/support/router.ts";
import { median } from "./load.ts";

const SIZES = [10, 100, 1000];
const ROUNDS = 5;
/** How long one round is to take, in milliseconds. */
const ROUND = 60;
const REQUEST = { method: "GET", header: () => null, queryParam: () => null };

interface Host {
  readonly says: string;
  readonly type: NonNullable<RuleSketch["type"]>;
  readonly pathOf: (index: number) => string;
}

const HOSTS: readonly Host[] = [
  { says: "prefixes", type: "PathPrefix", pathOf: (index) => `/api/v${index % 7}/service-${index}` },
  { says: "patterns", type: "RegularExpression", pathOf: (index) => `/api/v${index % 7}/service-${index}(/|$)(.*)` },
  {
    says: "patterns that begin alike",
    type: "RegularExpression",
    pathOf: (index) => `/[a-z]+/v[0-9]/service-${index}(/|$)`,
  },
];

/**
 * Nanoseconds of a match, of a path that some rule of the host takes, by the number of its rules; beside them trying all
 * expressions in their order, and a path that needs other readings.
 */
export async function benchMatch(): Promise<void> {
  for (const { says, type, pathOf } of HOSTS) {
    for (const size of SIZES) {
      const rules = Array.from({ length: size }, (_, index) => ({ path: pathOf(index), service: `s${index}` }));
      const router = routerWith(rules.map((rule) => ({ ...rule, type, hostname: "h.test" })));
      const paths = Array.from({ length: 64 }, (_, index) => {
        const number = Math.floor((index * size) / 64);
        return `/api/v${number % 7}/service-${number}/orders/${index}`;
      });
      const plain = measure((index) => match(router, paths[index & 63] as string));
      const odd = measure((index) => match(router, `${paths[index & 63]}//x%40y`));
      const one = type === "RegularExpression" ? `, one after the other ${measure(inTurn(router, paths))} ns` : "";
      console.log(`match, ${size} ${says}: ${plain} ns, of a path with \`//\` and \`%40\` ${odd} ns${one}`);
    }
  }
}

function routerWith(rules: readonly RuleSketch[]): HostRouter {
  const opened = openTable(encodeTable(routerOf({ rules })).buffer);
  const router = opened.ok ? opened.table.routerFor("h.test") : null;
  if (router === null) throw new Error("the table has no such host");
  return router;
}

function match(router: HostRouter, path: string): void {
  const normalised = normalisePath(path);
  if (!normalised.ok || matchReadings(router, normalised, REQUEST) === null)
    throw new Error(`${path} is taken by none`);
}

/** What it costs without an index. */
function inTurn({ rules }: HostRouter, paths: readonly string[]): (index: number) => void {
  const patterns = rules.map(({ path }) => new RegExp(path, "i"));
  return (index) => {
    if (!patterns.some((pattern) => pattern.test(paths[index & 63] as string))) throw new Error("taken by none");
  };
}

/** The median of some rounds, in whole nanoseconds. */
function measure(run: (index: number) => void): number {
  let count = 64;
  let took = 0;
  for (; took < ROUND; count *= 2) took = timed(run, count);
  return Math.round(median(Array.from({ length: ROUNDS }, () => (timed(run, count) * 1e6) / count)));
}

function timed(run: (index: number) => void, count: number): number {
  const start = performance.now();
  for (let index = 0; index < count; index++) run(index);
  return performance.now() - start;
}
