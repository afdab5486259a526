import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { OutlierReport } from "../../../src/edge/health/protocol.ts";
import { DEFAULT_LOAD_BALANCING } from "../../../src/table/policies/load-balancing.ts";
import { DEFAULT_RETRY, type Retry } from "../../../src/table/policies/retry.ts";
import type { RulePolicies } from "../../../src/table/policies/rule-policies.ts";
import { eventually } from "../../support/eventually.ts";
import { type Answer, edgeOf, refused } from "../edge-of.ts";
import { inOrder, status } from "./clusters.ts";

const ok: Answer = () => new Response("ok");
const of = (service: string, answer: Answer, otherwise: Answer = ok): Answer => {
  return (request) => (new URL(request.url).pathname.startsWith(`/${service}`) ? answer(request) : otherwise(request));
};

/** Two Services, each below a path of its name; `cart` by a second path too. */
const PATHS = { "/shop": "shop", "/cart": "cart", "/basket": "cart" };

interface EdgeSketch {
  readonly policies?: Partial<RulePolicies>;
  readonly hostname?: string;
  readonly env?: Readonly<Record<string, unknown>>;
}

/** An edge before the ingresses of two clusters, of which `a` comes first; which of them took a request. */
function edgeBefore(a: Answer, { policies = {}, hostname = "shop.test", env = {} }: EdgeSketch = {}) {
  const reached: string[] = [];
  const noted =
    (cluster: string, answer: Answer): Answer =>
    (request) => {
      reached.push(cluster);
      return answer(request);
    };
  const rules = Object.entries(PATHS).map(([path, service]) => {
    const own = path === "/basket" ? { loadBalancing: { ...DEFAULT_LOAD_BALANCING, type: "Weighted" as const } } : {};
    return { hostname, path, service, targets: { a: 1, b: 1 }, policies: { ...policies, ...own } };
  });
  const edge = edgeOf({ rules, clusters: inOrder("a", "b") }, { a: noted("a", a), b: noted("b", ok) }, env);
  /** Sends requests one after the other; their statuses, and the clusters that were asked. */
  return async (path: keyof typeof PATHS, times = 1) => {
    reached.length = 0;
    const statuses: number[] = [];
    for (let time = 0; time < times; time++) statuses.push((await edge(`http://${hostname}${path}`)).status);
    return { statuses, reached: [...reached] };
  };
}

const times = (count: number, cluster: string): string[] => Array(count).fill(cluster);
const logged = vi.fn<(line: string) => void>();
const ejections = () =>
  logged.mock.calls.map(([line]) => JSON.parse(line)).filter(({ event }) => event === "endpoint-ejected");

beforeEach(() => {
  vi.spyOn(console, "warn").mockImplementation(logged);
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  vi.restoreAllMocks();
  logged.mockReset();
  vi.useRealTimers();
});

describe("one of two Services is broken in a cluster", () => {
  test.each([500, 502, 503, 504])("and answers %d: its requests move, the other's stay", async (code) => {
    const send = edgeBefore(of("shop", status(code)));
    expect((await send("/shop", 20)).reached).toEqual([...times(5, "a"), ...times(15, "b")]);
    expect((await send("/cart", 20)).reached).toEqual(times(20, "a"));
    vi.setSystemTime(Date.now() + 60_000);
    expect((await send("/shop", 20)).reached).toEqual([...times(5, "a"), ...times(15, "b")]);
  });

  test("and the other one answers well in between: that ends no row of the broken one", async () => {
    const send = edgeBefore(of("shop", status(500)));
    for (let round = 0; round < 5; round++) {
      expect((await send("/shop")).reached).toEqual(["a"]);
      expect((await send("/cart")).reached).toEqual(["a"]);
    }
    expect((await send("/shop")).reached).toEqual(["b"]);
    expect((await send("/cart")).reached).toEqual(["a"]);
  });

  test("for all rules of that Service it is, whatever their policies, whatever their policies", async () => {
    const send = edgeBefore(of("basket", status(500)));
    expect((await send("/basket", 5)).statuses).toEqual(Array(5).fill(500));
    expect((await send("/basket", 5)).reached).toEqual(times(5, "b"));
    expect((await send("/cart", 5)).reached).toEqual(times(5, "b"));
    expect((await send("/shop", 5)).reached).toEqual(times(5, "a"));
  });

  test("the log names the Service", async () => {
    await edgeBefore(of("shop", status(500)))("/shop", 20);
    const until = new Date(Date.now() + 30_000).toISOString();
    const [endpoint, backend, cause] = ["a a.test:80", "test/shop:80", "consecutive-5xx"];
    expect(ejections()).toEqual([{ event: "endpoint-ejected", endpoint, backend, cause, until }]);
  });
});

describe("a cluster that does not answer", () => {
  test.each([
    ["refuses", refused],
    ["answers 521, which is the platform's", status(521)],
  ])("and %s is ejected for both Services after five tries in all", async (_, dead) => {
    const send = edgeBefore(dead);
    expect((await send("/shop", 2)).reached).toEqual(["a", "b", "a", "b"]);
    expect((await send("/cart", 20)).reached).toEqual(["a", "b", "a", "b", "a", ...times(18, "b")]);
    expect((await send("/shop", 20)).reached).toEqual(times(20, "b"));
    const until = new Date(Date.now() + 30_000).toISOString();
    const cause = "consecutive-gateway-failure";
    expect(ejections()).toEqual([{ event: "endpoint-ejected", endpoint: "a a.test:80", cause, until }]);
  });
});

describe("the health object is told", () => {
  /** What it was told by an edge whose first cluster is like this. `isTold`: it is asked out of turn, to be told. */
  async function reportsOf(a: Answer, isTold: boolean): Promise<(OutlierReport | null)[]> {
    const told: (OutlierReport | null)[] = [];
    const sync = async (report: OutlierReport | null) => {
      told.push(report);
      return { at: Date.now(), endpoints: {} };
    };
    const namespace = { idFromName: () => "id", get: () => ({ sync }) };
    // A table of its own: the snapshot of another one's edge may be in the colo's cache.
    const hostname = `${crypto.randomUUID()}.test`;
    const send = edgeBefore(a, { hostname, env: { EDGE_INGRESS_HEALTH: namespace } });
    // With this an isolate that has nothing to report asks again after 5.9 s.
    vi.spyOn(Math, "random").mockReturnValue(0.9);
    const begun = Date.now();
    await send("/shop");
    await eventually(() => expect(told).toHaveLength(1));
    await send("/shop", 5);
    vi.setSystemTime(begun + 5_800);
    await send("/shop");
    if (isTold) await eventually(() => expect(told).toHaveLength(2));
    vi.setSystemTime(begun + 20_000);
    await send("/shop");
    await eventually(() => expect(told).toHaveLength(isTold ? 3 : 2));
    return told;
  }

  test("of a cluster that does not answer, as soon as may be and once", async () => {
    const reports = await reportsOf(refused, true);
    expect(reports).toEqual([null, { isolate: expect.any(String), colo: "", ejections: [expect.anything()] }, null]);
    expect(reports[1]?.ejections).toMatchObject([{ cause: "consecutive-gateway-failure" }]);
  });

  test("of no Service's answers", async () => {
    expect(await reportsOf(status(503), false)).toEqual([null, null]);
  });
});

describe("a retry without a budget", () => {
  const budget = { percent: 0, interval: 10_000, minRetries: 0 };
  const retry: Retry = { ...DEFAULT_RETRY, backoff: { base: 0, max: 0 }, statuses: [{ from: 500, to: 599 }], budget };

  test("is made where the endpoint is out for that Service by now: the request has moved", async () => {
    const send = edgeBefore(of("shop", status(500)), { policies: { retry } });
    const { statuses, reached } = await send("/shop", 7);
    expect(statuses).toEqual([500, 500, 500, 500, 200, 200, 200]);
    expect(reached).toEqual([...times(5, "a"), "b", "b", "b"]);
  });

  test("is not made for another Service, for which it is not out", async () => {
    const send = edgeBefore(status(500), { policies: { retry } });
    await send("/shop", 5);
    const { statuses, reached } = await send("/cart", 4);
    expect([statuses, reached]).toEqual([[500, 500, 500, 500], times(4, "a")]);
  });
});
