import { expect, test } from "vitest";
import { explain } from "../../src/compiler/explain/explain.ts";
import { LateOutput } from "../../src/compiler/output.ts";
import { normaliseTarget } from "../../src/table/target.ts";
import { fc } from "../support/properties.ts";
import { routerOf } from "../support/router.ts";

const HOSTNAMES = ["a.test", "b.a.test", "*.a.test", "*.test", "*.b.a.test", "*"];
const ASKED = ["a.test", "A.test.", "b.a.test:8443", "c.a.test", "d.c.a.test", "c.b.a.test", "test", "elsewhere.org"];

const rules = fc.uniqueArray(
  fc.record({
    hostname: fc.constantFrom(...HOSTNAMES),
    path: fc.constantFrom("/", "/a", "/a/b"),
    type: fc.constantFrom("Exact" as const, "PathPrefix" as const),
    service: fc.constantFrom("one", "two"),
  }),
  { maxLength: 8, selector: ({ hostname, path, type }) => `${hostname} ${type} ${path}` },
);

test("the table for a host explains its requests as the whole table does", () => {
  let [taken, unknown] = [0, 0];
  fc.assert(
    fc.property(
      rules,
      fc.constantFrom(...ASKED),
      fc.constantFrom("/", "/a", "/a/b", "/a;x/b", "/%61"),
      fc.boolean(),
      (sketches, host, path, isAnyDepth) => {
        const router = routerOf({ rules: sketches });
        const wildcard = isAnyDepth ? "any-depth" : "one-label";
        const hosts = router.hosts.map((each) => ({ ...each, wildcard }) as const);
        const output = new LateOutput(() => ({ ...router, hosts }), [], [], []);
        const request = { method: "GET", url: `https://${host}${path}`, headers: [] };
        const asked = normaliseTarget(request.url);
        if (!asked.ok) throw new Error(asked.reason);
        const { table, report } = output;
        const whole = explain({ table, report }, request);
        expect(explain(output.forHost(asked.target.host), request)).toEqual(whole);
        if (whole.taken === null) unknown += 1;
        else taken += 1;
      },
    ),
    { numRuns: 1_000 },
  );
  expect(Math.min(taken, unknown)).toBeGreaterThan(50);
});
