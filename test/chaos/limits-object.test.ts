import { createServer } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ChaosEdge } from "../../scripts/chaos/edge.ts";
import { edgePolicy } from "../support/compiled.ts";
import { closeServer, listen } from "../support/echo.ts";
import { STATUS_TOKEN, startEdgeWithLimits } from "../support/edge-with-object.ts";
import { clusterAt, documents, ingress } from "../support/manifests.ts";
import { until } from "../support/until.ts";

/** What becomes of the objects, one after the other, while requests are under way all the time; `none`: they work. */
const COURSE = ["none", "frozen", "none", "killed", "none"] as const;
type Fault = (typeof COURSE)[number];

/** Milliseconds that a request waits for the object; one that is frozen answers after an hour. */
const DEADLINE = 50;
/** After which a request must hang. */
const HANGS = 60_000;
/** Milliseconds of the cluster, so that requests of one way are under way together. */
const ANSWERS_AFTER = 20;

/** Of each way, at a time. */
const CLIENTS = 4;
/** Answers that each part of the course has to have, of each way. */
const ENOUGH = 40;

interface Way {
  readonly mode: "exact" | "leased" | "slots";
  readonly onFailure: "open" | "closed";
}

const WAYS: readonly Way[] = (["exact", "leased", "slots"] as const).flatMap((mode) => [
  { mode, onFailure: "open" },
  { mode, onFailure: "closed" },
]);
const nameOf = ({ mode, onFailure }: Way) => `${mode}-${onFailure}`;

interface Met {
  /** The part of the course in which it was sent, and answered; null: that changed meanwhile. */
  readonly part: number | null;
  readonly status: number;
  readonly took: number;
}

interface Told {
  readonly id: string;
  readonly problem: string | null;
  readonly isolate: { readonly failedOpen: number; readonly failedClosed: number };
}

const met = new Map<string, Met[]>(WAYS.map((way) => [nameOf(way), []]));
let toldWhileFrozen: readonly Told[] = [];
let toldAtLast: readonly Told[] = [];

const backend = createServer((_, response) => void setTimeout(() => response.end("ok"), ANSWERS_AFTER));
let edge: ChaosEdge;

beforeAll(async () => {
  edge = await startEdgeWithLimits(manifests(await listen(backend)));
  let part = 0;
  let isOver = false;
  const client = async (way: Way) => {
    while (!isOver) {
      const sentIn = part;
      const began = performance.now();
      const response = await fetch(`http://127.0.0.1:${edge.port}/${nameOf(way)}`, {
        signal: AbortSignal.timeout(HANGS),
      });
      await response.arrayBuffer();
      const took = performance.now() - began;
      met.get(nameOf(way))?.push({ part: sentIn === part ? part : null, status: response.status, took });
      await pause(10);
    }
  };
  const clients = Promise.all(WAYS.flatMap((way) => Array.from({ length: CLIENTS }, () => client(way))));
  try {
    for (const fault of COURSE) {
      await setFault(fault);
      part++;
      for (const way of WAYS) await until(() => isEnough(way, part, fault), `${nameOf(way)} has met ${fault}`);
      if (fault === "frozen") toldWhileFrozen = await told();
    }
  } finally {
    isOver = true;
    await clients;
  }
  toldAtLast = await told();
});

afterAll(async () => {
  await edge?.stop();
  await closeServer(backend);
});

/** Where the objects work, one request at least was refused: the limit holds (again). */
function isEnough(way: Way, part: number, fault: Fault): boolean {
  const statuses = statusesIn(way, part);
  const limits = fault !== "none" || (statuses.includes(429) && statuses.includes(200));
  return statuses.length >= ENOUGH && limits;
}

function statusesIn(way: Way, part: number): number[] {
  return (met.get(nameOf(way)) ?? []).filter((one) => one.part === part).map(({ status }) => status);
}

async function setFault(fault: Fault): Promise<void> {
  await fetch(`http://127.0.0.1:${edge.port}/fault/${fault}`);
}

async function told(): Promise<readonly Told[]> {
  const response = await fetch(`http://127.0.0.1:${edge.port}/.edge-ingress/limits`, {
    headers: { authorization: `Bearer ${STATUS_TOKEN}` },
  });
  const { limits, concurrency } = (await response.json()) as { limits: Told[]; concurrency: Told[] };
  return [...limits, ...concurrency];
}

function manifests(port: number): string {
  const each = WAYS.flatMap((way) => {
    const name = nameOf(way);
    const failure = `key: [], deadline: ${DEADLINE}ms, onFailure: ${way.onFailure}`;
    const rate = `rateLimit: { limits: [{ name: some, requests: 20, period: 1s, burst: 5, mode: ${way.mode}, ${failure} }] }`;
    const slots = `concurrencyLimit: { limits: [{ name: some, maxRequests: 2, ${failure} }] }`;
    const sets = way.mode === "slots" ? slots : rate;
    return [
      ingress({ name, path: `/${name}` }),
      edgePolicy({ name, namespace: "default", targets: `{ kind: Ingress, name: ${name} }`, sets }),
    ];
  });
  return documents(clusterAt("one", port), ...each);
}

const parts = COURSE.map((fault, index) => ({ fault, part: index + 1 }));
const broken = parts.filter(({ fault }) => fault !== "none");

describe.each(WAYS.map((way) => [nameOf(way), way] as const))("%s", (name, way) => {
  test("no request hangs: what does not answer would not for an hour", () => {
    const all = met.get(name) ?? [];
    expect(all.length).toBeGreaterThanOrEqual(ENOUGH * COURSE.length);
    expect(Math.max(...all.map(({ took }) => took))).toBeLessThan(HANGS);
  });

  test.each(broken.map(({ fault, part }) => [fault, part] as const))(
    "with objects that are %s it does as the policy says",
    (_, part) => {
      const statuses = new Set(statusesIn(way, part));
      // A refusal is remembered, and so are the permits of a lease; slots are not.
      const remembered = way.mode === "slots" ? [] : [429];
      const passes = way.onFailure === "open" || way.mode === "leased" ? [200] : [];
      const refuses = way.onFailure === "closed" ? [503] : [];
      expect([...remembered, ...passes, ...refuses]).toEqual(expect.arrayContaining([...statuses]));
      expect(statuses).toContain(way.onFailure === "open" ? 200 : 503);
    },
  );

  test("what could not be judged is counted, and shown while the object is frozen too", () => {
    const of = (all: readonly Told[]) => all.find(({ id }) => id === `default/${name}/some`);
    const refused = (met.get(name) ?? []).filter(({ status }) => status === 503).length;
    const { failedOpen = 0, failedClosed = 0 } = of(toldAtLast)?.isolate ?? {};
    if (way.onFailure === "closed") expect([failedOpen, failedClosed]).toEqual([0, refused]);
    else expect([failedOpen > 0, failedClosed, refused]).toEqual([true, 0, 0]);
    expect(of(toldWhileFrozen)?.problem).toContain("could not be asked");
    expect(of(toldWhileFrozen)?.isolate[way.onFailure === "open" ? "failedOpen" : "failedClosed"]).toBeGreaterThan(0);
    expect(of(toldAtLast)?.problem).toBeNull();
  });
});
