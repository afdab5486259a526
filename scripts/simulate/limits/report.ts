import { objectRequests } from "../../../src/table/lease.ts";
import type { FullRateReport, LimitsTask, OvershootFigures, WayReport } from "./figures.ts";
import type { Measures } from "./measures.ts";
import { simulateLimits } from "./run.ts";
import { FULL_RATE, type FullRate, termsAtFullRate, termsOfWay, type Way } from "./scenario.ts";

/** Seconds in which all isolates have got a lease. */
const WARM_UP = 5;

/**
 * After the full rate, whose asks are told: seconds in which isolates hold leases that are paid off, and then a flood.
 * That is where a leased limit admits the most.
 */
const [LULL, LULL_LOAD] = [10, 0.5];
const FLOOD_LOAD = 5;

export async function reportLimits(
  task: LimitsTask,
  tell: (done: number) => void,
): Promise<WayReport | FullRateReport> {
  return "way" in task ? await reportWay(task, tell) : await reportFullRate(task, tell);
}

async function reportWay(
  { way, spread, size }: Extract<LimitsTask, { way: Way }>,
  tell: (done: number) => void,
): Promise<WayReport> {
  const terms = termsOfWay(way);
  const run = { size, kind: way.kind, terms, spread, isEven: false, events: [], loadAt: () => 1 };
  const measures = await simulateLimits(run, tell);
  const { overLimit } = measures;
  const requests = sumOf(measures.offered);
  const isBounded = way.onFailure === "closed" && (way.kind === "exact" || way.kind === "leased");
  return {
    spread,
    way,
    requests,
    overshoot: overshootOf(measures, terms, isBounded ? terms.mostHeld : null),
    overLimit: overLimit.length,
    admitted: measures.admittedOfAllowed(overLimit),
    fairness: spread === "one place" ? null : measures.fairness(),
    asked: { all: measures.askedPerMillion(), overLimit: measures.askedPerMillion(overLimit) },
    undecided: measures.undecided / requests,
    rowsPerMillion: Math.round((measures.rowsWritten * 1e6) / requests),
    busiestObject: measures.busiestObject,
  };
}

async function reportFullRate(
  { fullRate, size }: Extract<LimitsTask, { fullRate: FullRate }>,
  tell: (done: number) => void,
): Promise<FullRateReport> {
  const terms = termsAtFullRate(fullRate);
  const { isolates } = fullRate;
  const { seconds } = size;
  const [lull, flood] = [seconds, seconds + LULL];
  // Long enough to use up the burst, and some more.
  const end = flood + Math.ceil(terms.burst / ((FLOOD_LOAD - 1) * FULL_RATE)) + 2;
  let [admitted, asked] = [0, 0];
  const measures = await simulateLimits(
    {
      size: { ...size, colos: 1, isolates, rate: FULL_RATE / isolates, keys: 1, seconds: end },
      kind: "leased",
      terms,
      spread: "one place",
      isEven: true,
      loadAt: (second) => (second < lull ? 1 : second < flood ? LULL_LOAD : FLOOD_LOAD),
      events: [
        { at: Math.min(WARM_UP, seconds / 2), run: (now) => now.warmedUp() },
        {
          at: lull,
          run: (now) => {
            admitted = sumOf(now.admitted) / sumOf(now.offered);
            asked = now.askedPerMillion();
          },
        },
      ],
    },
    tell,
  );
  const expected = objectRequests(terms, terms.mostHeld, isolates);
  const overshoot = overshootOf(measures, terms, terms.mostHeld);
  return { ...fullRate, burst: terms.burst, overshoot, admitted, expected, asked };
}

function overshootOf(
  { overshoot }: Measures,
  { requests, burst }: { readonly requests: number; readonly burst: number },
  promised: number | null,
): OvershootFigures {
  return { promised, ...overshoot, of: requests + burst };
}

function sumOf(counts: Uint32Array): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
