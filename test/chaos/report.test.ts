import { describe, expect, test } from "vitest";
import type { Delivery } from "../../scripts/chaos/cluster.ts";
import { formatChaos } from "../../scripts/chaos/format.ts";
import type { Sent } from "../../scripts/chaos/load.ts";
import {
  type FaultRun,
  isLate,
  isMachineLate,
  RECOVERY_BOUND,
  type Records,
  reportOf,
  violationsOf,
} from "../../scripts/chaos/report.ts";
import type { Scenario } from "../../scripts/chaos/scenario.ts";

const TIERS: Scenario = {
  name: "two",
  clusters: [
    { name: "a", priority: 0, weight: 1 },
    { name: "b", priority: 1, weight: 1 },
  ],
  seconds: 60,
  faults: [],
};
const SHARES: Scenario = { ...TIERS, clusters: TIERS.clusters.map((cluster) => ({ ...cluster, priority: 0 })) };

/** From 10 s to 20 s. */
const FAULT: FaultRun = {
  at: 10,
  cluster: "a",
  fault: "frozen",
  for: 10,
  began: 10_000,
  ended: 20_000,
  met: "no answer in time",
  metAfter: 200,
};

/** Every second. */
const PROBES = new Map([["a", Array.from({ length: 60 }, (_, index) => index * 1000)]]);

let number = 0;

interface Sketch {
  readonly at: number;
  readonly took?: number;
  /** That got it, in their order; the last one answers. */
  readonly reached: readonly string[];
  readonly method?: "GET" | "POST";
  /** The edge's own answer, or none at all. */
  readonly failed?: number | string;
}

function drawn({ at, took = 5, reached, method = "GET", failed }: Sketch): { sent: Sent; deliveries: Delivery[] } {
  const id = `${method}-${number++}`;
  const status = failed === undefined ? 200 : typeof failed === "number" ? failed : null;
  const error = typeof failed === "string" ? failed : null;
  const cluster = failed === undefined ? (reached.at(-1) ?? null) : null;
  return {
    sent: { id, method, sentAt: at, doneAt: at + took, status, cluster, error },
    deliveries: reached.map((name) => ({ id, method, cluster: name, at })),
  };
}

function recordsOf(sketches: readonly Sketch[], differences: Partial<Records> = {}): Records {
  const all = sketches.map(drawn);
  const sent = all.map((one) => one.sent);
  const deliveries = all.flatMap((one) => one.deliveries);
  return { scenario: TIERS, sent, deliveries, probes: PROBES, faults: [FAULT], lateness: 40, ...differences };
}

const rowOf = (first: number, count: number, reached: string) =>
  Array.from({ length: count }, (_, index) => ({ at: first + index * 20, reached: [reached] }));

describe("what is a violation", () => {
  test.each<[string, Sketch]>([
    ["a GET that the edge answers with 502", { at: 1, reached: ["a"], failed: 502 }],
    ["a GET without an answer", { at: 1, reached: ["a"], failed: "no answer in time" }],
    ["a GET that gets 404", { at: 1, reached: [], failed: 404 }],
  ])("%s", (_, sketch) => {
    const report = reportOf(recordsOf([sketch], { faults: [] }));
    expect(report.failedGets).toHaveLength(1);
    expect(violationsOf(report)).toEqual([expect.stringMatching(/^GET-\d+ failed after 5 ms: /)]);
  });

  test("a POST that two clusters got, or one of them twice, also where it failed", () => {
    const report = reportOf(
      recordsOf(
        [
          { at: 1, reached: ["a", "b"], method: "POST" },
          { at: 2, reached: ["b", "b"], method: "POST", failed: 502 },
          { at: 3, reached: ["b"], method: "POST" },
        ],
        { faults: [] },
      ),
    );
    expect(report).toMatchObject({
      posts: 3,
      failedPosts: 1,
      deliveredTwice: [expect.any(String), expect.any(String)],
    });
    expect(violationsOf(report).map((text) => text.replace(/\d+/, "N"))).toEqual(
      Array(2).fill("POST-N was delivered twice"),
    );
  });

  test("an answer in the name of a cluster that never got the request", () => {
    const records = recordsOf([{ at: 1, reached: ["a"] }], { faults: [] });
    expect(violationsOf(reportOf({ ...records, deliveries: [] }))).toEqual([expect.stringContaining("never got it")]);
  });

  test("no failed POST, and no GET that went out twice", () => {
    const report = reportOf(
      recordsOf(
        [
          { at: 1, reached: ["a"], method: "POST", failed: 502 },
          { at: 1, reached: ["a", "b"] },
        ],
        { faults: [] },
      ),
    );
    expect(violationsOf(report)).toEqual([]);
  });

  test.each<[string, number, readonly string[]]>([
    ["in time", 20_000 + RECOVERY_BOUND, []],
    ["too late", 20_001 + RECOVERY_BOUND, [expect.stringContaining(`back in use ${RECOVERY_BOUND + 1} ms after`)]],
  ])("a preferred cluster that is back in use %s", (_, at, violations) => {
    const report = reportOf(recordsOf([...rowOf(at - 200, 10, "b"), ...rowOf(at, 10, "a")]));
    expect(violationsOf(report)).toEqual(violations);
  });

  test("a machine that is late with the probes too is given the time", () => {
    const at = 25_000 + RECOVERY_BOUND;
    const slow = new Map([["a", [10_000, 20_001, 20_499, 20_500, 24_000, 28_000, 32_000, 40_000]]]);
    const report = reportOf(recordsOf([...rowOf(at - 200, 10, "b"), ...rowOf(at, 10, "a")], { probes: slow }));
    expect(report.faults[0]).toMatchObject({ recovery: 5000 + RECOVERY_BOUND, probes: 4 });
    expect(violationsOf(report)).toEqual([]);
  });

  test.each<[string, Partial<FaultRun>, string]>([
    ["that did not hold", { met: 200 }, "met 200 in the middle of the fault"],
    ["of another kind", { met: "ECONNREFUSED" }, "met ECONNREFUSED in the middle of the fault"],
    ["that did not end", { metAfter: "no answer in time" }, "met no answer in time after the fault"],
  ])("a fault %s, though nobody felt it", (_, difference, sentence) => {
    const report = reportOf(recordsOf(rowOf(20_000, 10, "a"), { faults: [{ ...FAULT, ...difference }] }));
    expect(violationsOf(report)).toEqual([`cluster a, frozen at 10 s: a request to it ${sentence}`]);
  });

  test("a preferred cluster that is not back before its next fault", () => {
    const next = { ...FAULT, began: 30_000, ended: 31_000 };
    const sketches = [...rowOf(21_000, 9, "a"), ...rowOf(25_000, 9, "b"), ...rowOf(31_000, 10, "a")];
    const [first, second] = reportOf(recordsOf(sketches, { faults: [FAULT, next] })).faults;
    expect([first?.recovery, second?.recovery]).toEqual([null, 0]);
    expect(first !== undefined && isLate(first)).toBe(true);
  });
});

describe("what one fault did", () => {
  const faultOf = (sketches: readonly Sketch[], differences: Partial<Records> = {}) =>
    reportOf(recordsOf(sketches, differences)).faults[0];

  test("nobody noticed", () => {
    expect(faultOf([...rowOf(9_000, 5, "a"), ...rowOf(20_000, 10, "a")])).toEqual({
      fault: { at: 10, cluster: "a", fault: "frozen", for: 10 },
      met: "no answer in time",
      metAfter: 200,
      detection: null,
      failedGets: 0,
      failedPosts: 0,
      retried: 0,
      moved: 0,
      recovery: 0,
      probes: 0,
      recovers: true,
    });
  });

  test("requests that reached it are touched: failed, or retried; later ones moved, until it is back", () => {
    const report = faultOf([
      { at: 9_990, took: 1100, reached: ["a", "b"] },
      { at: 10_100, took: 1005, reached: ["a", "b"] },
      { at: 10_200, took: 1005, reached: ["a"], method: "POST", failed: 504 },
      { at: 11_500, took: 20, reached: ["a"], failed: 502 },
      { at: 12_000, reached: ["b"] },
      { at: 21_000, reached: ["b"] },
      ...rowOf(22_000, 10, "a"),
      { at: 23_000, reached: ["b"] },
    ]);
    const expected = { detection: 1500, failedGets: 1, failedPosts: 1, retried: 2, moved: 2, recovery: 2000 };
    expect(report).toMatchObject(expected);
  });

  test("a refused connection shows where the request failed or waited, and reached nobody else", () => {
    const report = faultOf([
      { at: 10_000, reached: [], method: "POST", failed: 502 },
      { at: 10_050, took: 1000, reached: ["b"] },
      { at: 10_100, reached: ["b"] },
      ...rowOf(20_000, 10, "a"),
    ]);
    expect(report).toMatchObject({ detection: 50, failedPosts: 1, retried: 1, moved: 1 });
  });

  test("what another cluster's fault did is not laid at its door", () => {
    const other: FaultRun = { ...FAULT, cluster: "b", fault: "killed" };
    const faults = [FAULT, other];
    const scenario = { ...TIERS, clusters: [...TIERS.clusters, { name: "c", priority: 2, weight: 1 }] };
    const records = recordsOf([{ at: 10_100, took: 1005, reached: ["a", "c"] }], { scenario, faults });
    expect(reportOf(records).faults.map(({ retried }) => retried)).toEqual([1, 0]);
  });

  test("one that answers late was touched, though nobody else answered", () => {
    expect(faultOf([{ at: 11_000, took: 5000, reached: ["a"], method: "POST" }])).toMatchObject({
      detection: 1000,
      retried: 0,
      failedPosts: 0,
    });
  });

  test("a cluster behind the preferred one has no recovery to wait for", () => {
    const faults = [{ ...FAULT, cluster: "b" }];
    const report = reportOf(recordsOf(rowOf(20_000, 10, "a"), { faults }));
    expect(report.faults[0]).toMatchObject({ recovers: false, recovery: null, moved: null });
    expect(violationsOf(report)).toEqual([]);
  });

  test("of several preferred ones, it is back with its first answer; what moved can't be told", () => {
    const report = faultOf([{ at: 20_500, reached: ["b"] }, ...rowOf(21_000, 1, "a")], { scenario: SHARES });
    expect(report).toMatchObject({ recovers: true, recovery: 1000, moved: null });
  });
});

test("a run on a machine on which well clusters seem ill is told from others", () => {
  const isLateAt = (lateness: number) => isMachineLate(reportOf(recordsOf([], { lateness })));
  expect([20, 250, 251, 2000].map(isLateAt)).toEqual([false, false, true, true]);
});

test("the table has a line for each fault, and the totals", () => {
  const sketches: Sketch[] = [
    { at: 10_100, took: 1005, reached: ["a", "b"] },
    { at: 10_200, reached: ["a"], method: "POST", failed: 504 },
    ...rowOf(22_000, 10, "a"),
  ];
  const faults = [
    FAULT,
    { ...FAULT, at: 11, cluster: "b", fault: "killed", met: "ECONNREFUSED", began: 11_500 } as const,
  ];
  expect(formatChaos(reportOf(recordsOf(sketches, { faults })))).toBe(
    `two: 12 requests, 50 a second; 13 deliveries

fault       at   for                met  detected  failed GETs  failed POSTs  retried  moved  back in use
a frozen  10 s  10 s  no answer in time    0.20 s            0             1        1      0       2.00 s
b killed  11 s  10 s       ECONNREFUSED         -            0             0        0      -            -

11 GETs, 0 failed; 1 POSTs, 1 failed, 0 delivered twice
met: by a request of the harness that went straight to the cluster. detected: from the fault to the last request that
felt it. moved: went to another cluster untouched, or was refused a connection and went on at once.
back in use: after the fault's end, at most 9.50 s.
Clusters without a fault, and the edge without any, answered the harness within 0.04 s.
`,
  );
});
