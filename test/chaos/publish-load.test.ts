import { expect, test } from "vitest";
import { isRefused, publishLoad } from "../../scripts/publish-load/run.ts";

const CHANGES = 33;

test("under load every request is answered by one table, and what can't be served is refused, reported and changes nothing", async () => {
  const { requests, failed, mixed, served, refusals } = await publishLoad({ seconds: 10, changes: CHANGES, rate: 200 });
  expect({ requests, failed, mixed }).toEqual({ requests: 2_200, failed: [], mixed: [] });
  // How many of them a slow machine sees is its own business, but the first, some between and the last.
  expect(served).toBeGreaterThan(2);
  expect(refusals.every((refusal) => isRefused(refusal, CHANGES))).toBe(true);
  expect(refusals.map(({ isExpected: _, ...told }) => told)).toEqual([
    {
      what: "truncated",
      version: CHANGES,
      problem: expect.stringMatching(/^version 34: its table has \d+ bytes of \d+$/),
    },
    { what: "tampered with", version: CHANGES, problem: "version 35: its table is not the one that was signed" },
    { what: "downgraded", version: CHANGES, problem: "version 32 is older than version 33, which serves" },
    {
      what: "of a table format that is too new",
      version: CHANGES,
      problem: "version 36: its table is of another format: deploy the worker of the edge-ingress that compiled it",
    },
    {
      what: "of a publication format that is too new",
      version: CHANGES,
      problem: "it is of another format: deploy the worker of the edge-ingress that published it",
    },
  ]);
});

test("the same of a table in shards, which are fetched while it changes", async () => {
  const load = { seconds: 10, changes: CHANGES, rate: 200, hosts: 40 };
  const { requests, failed, mixed, served, refusals } = await publishLoad(load);
  expect({ requests, failed, mixed }).toEqual({ requests: 2_200, failed: [], mixed: [] });
  expect(served).toBeGreaterThan(2);
  expect(refusals.filter((refusal) => !isRefused(refusal, CHANGES))).toEqual([]);
});

test("a refusal that is not the expected one, that came too late, or after which another table serves, is none", () => {
  const refusal = { what: "truncated", problem: "version 34: its table has 1 bytes of 2", version: 33 };
  expect(isRefused({ ...refusal, isExpected: true }, 33)).toBe(true);
  expect(isRefused({ ...refusal, isExpected: false }, 33)).toBe(false);
  expect(isRefused({ ...refusal, isExpected: true, version: 34 }, 33)).toBe(false);
});
