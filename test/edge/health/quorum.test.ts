import { expect, test } from "vitest";
import type { ProbeResult } from "../../../src/edge/health/protocol.ts";
import { tally } from "../../../src/edge/health/quorum.ts";

const good = (location: string): ProbeResult => result(location, true, "status 200");
const bad = (location: string, cause = "timeout"): ProbeResult => result(location, false, cause);
const silent = (location: string): ProbeResult => ({ ...bad(location), answered: false });

function result(location: string, ok: boolean, cause: string): ProbeResult {
  return { at: 0, took: 1, ok, cause, location, answered: true };
}

test.each([
  { results: [], said: "none" },
  { results: [silent("weur"), silent("apac")], said: "none" },
  { results: [good("weur"), bad("apac")], said: "tie" },
  { results: [good("weur"), bad("apac"), silent("oc")], said: "tie" },
  { results: [bad("weur")], said: { ok: false, cause: "timeout (weur)" } },
  { results: [bad("")], said: { ok: false, cause: "timeout" } },
  { results: [good("weur"), silent("apac"), silent("oc")], said: { ok: true, cause: "status 200 (weur)" } },
  {
    results: [good("weur"), bad("apac"), bad("oc", "status 503")],
    said: { ok: false, cause: "timeout (apac), status 503 (oc)" },
  },
  { results: [bad("weur"), good("apac"), good("oc")], said: { ok: true, cause: "status 200 (apac, oc)" } },
])("$results.length places: $said", ({ results, said }) => {
  expect(tally(results)).toEqual(said);
});
