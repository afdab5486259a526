import { expect, test } from "vitest";
import { isAsStrict } from "../../../../src/compiler/diff/strictness.ts";
import { accessCheck } from "../../../../src/edge/stages/guard/access.ts";
import type { Verdict } from "../../../../src/edge/stages/guard/check.ts";
import type { Visit } from "../../../../src/edge/stages/visit.ts";
import type { Access } from "../../../../src/table/policies/access.ts";
import { DEFAULT_RULE_POLICIES, type RulePolicies } from "../../../../src/table/policies/rule-policies.ts";
import { fc } from "../../../support/properties.ts";

const policies = (more: Partial<RulePolicies>): RulePolicies => ({ ...DEFAULT_RULE_POLICIES, ...more });

const ranges = fc
  .uniqueArray(fc.integer({ min: 0, max: 9 }), { maxLength: 4 })
  .map((numbers) => numbers.toSorted((a, b) => a - b))
  .map((numbers) => numbers.slice(0, numbers.length & ~1))
  .map((edges) => edges.filter((edge, at) => at % 2 === 1 || at === 0 || edge > (edges[at - 1] ?? 0) + 1))
  .map((edges) => (edges.length % 2 === 0 ? edges : edges.slice(0, -1)));
const family = fc.oneof(
  ranges.map((v4) => ({ v4, v6: [] })),
  ranges.map((edges) => ({ v4: [], v6: edges.flatMap((edge) => [0x20010db8, 0, edge, edge]) })),
);
const countries = fc.subarray(["DE", "FR"]);
const networks = fc.subarray([64500, 64501]);
const access: fc.Arbitrary<Access> = fc.record({
  allow: family,
  deny: family,
  allowCountries: countries,
  denyCountries: countries,
  allowAsns: networks,
  denyAsns: networks,
});

const ADDRESSES = [
  null,
  ...Array.from({ length: 10 }, (_, number) => `0.0.0.${number}`),
  ...Array.from({ length: 10 }, (_, number) => `2001:db8::${number}:0:${number}`),
  "2001:db8::4:0:9",
];
const ORIGINS = ADDRESSES.flatMap((address) =>
  [null, "DE", "FR", "T1"].flatMap((country) =>
    [null, 64500, 64501].map(
      (asn) => ({ client: { address, isPeer: true }, request: { cf: { country, asn } } }) as unknown as Visit,
    ),
  ),
);

/** How far a guard lets a request in: not; where others do; whatever they say. */
function degree(verdict: Verdict): number {
  if (!verdict.allowed) return 0;
  return verdict.abstains === true ? 1 : 2;
}

test("access lists that are shown to be as strict keep out everybody whom the edge kept out before", async () => {
  let shown = 0;
  // Half of the pairs differ in one list alone, or none would be shown.
  const pair = fc.oneof(
    fc.tuple(access, access),
    fc
      .tuple(
        access,
        access,
        fc.constantFrom("allow", "deny", "allowCountries", "denyCountries", "allowAsns", "denyAsns"),
      )
      .map(([one, other, field]): [Access, Access] => [one, { ...one, [field]: other[field as keyof Access] }]),
  );
  await fc.assert(
    fc.asyncProperty(pair, fc.constantFrom("all" as const, "any" as const), async ([was, is], satisfy) => {
      const [before, after] = [policies({ access: was, satisfy }), policies({ access: is, satisfy })];
      if (!isAsStrict("access", before, after)) return;
      shown++;
      const [old, young] = [accessCheck(before), accessCheck(after)];
      for (const visit of ORIGINS) {
        const degrees = [degree((await old?.judge(visit)) as Verdict), degree((await young?.judge(visit)) as Verdict)];
        // Where all have to let in, to have no objection is to let in.
        const [most = 0, now = 0] = satisfy === "any" ? degrees : degrees.map((one) => Math.min(one, 1));
        // Beside others, what denies and what abstains both leave it to them; alone, only what denies keeps out.
        expect(now).toBeLessThanOrEqual(most);
      }
    }),
    { numRuns: 3_000 },
  );
  expect(shown).toBeGreaterThan(300);
});
