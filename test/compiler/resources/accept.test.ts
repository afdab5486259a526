import { readFileSync } from "node:fs";
import { join } from "node:path";
import { globSync } from "tinyglobby";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { acceptorOf, narrowing } from "../../../src/compiler/resources/accept.ts";
import { ingressSchema } from "../../../src/compiler/resources/ingress.ts";
import { serviceSchema } from "../../../src/compiler/resources/service.ts";
import { fc } from "../../support/properties.ts";
import { documentsOf } from "./documents.ts";

const SCHEMAS = { Ingress: ingressSchema, Service: serviceSchema };
const RUNS = Number(process.env.ACCEPT_RUNS ?? 5_000);

const root = join(import.meta.dirname, "../../..");
const values = globSync(["examples/**/*.yaml", "test/golden/*/*.yaml"], { cwd: root })
  .flatMap((name) => {
    try {
      return documentsOf(readFileSync(join(root, name), "utf8"));
    } catch {
      return [];
    }
  })
  .map(({ value }) => value as Record<string, unknown>);

const schemaOf = ({ kind }: Record<string, unknown>) => (SCHEMAS as Record<string, z.ZodType>)[String(kind)];
const known = values.filter((value) => schemaOf(value) !== undefined);

/** Whether all that parsing gave is in the value, which may have fields more. */
function holds(value: unknown, parsed: unknown): boolean {
  if (typeof parsed !== "object" || parsed === null) return Object.is(value, parsed);
  if (typeof value !== "object" || value === null || Array.isArray(value) !== Array.isArray(parsed)) return false;
  if (Array.isArray(parsed) && parsed.length !== (value as unknown[]).length) return false;
  return Object.entries(parsed).every(([key, one]) => holds((value as Record<string, unknown>)[key], one));
}

/** A copy with something else in one place, by the numbers. */
function changed(value: unknown, turns: readonly number[], other: unknown): unknown {
  if (typeof value !== "object" || value === null || turns.length === 0) return other;
  const [turn = 0, ...rest] = turns;
  const keys = Object.keys(value);
  const key = keys[turn % (keys.length + 1)];
  if (Array.isArray(value))
    return key === undefined ? [...value, other] : value.with(Number(key), changed(value[Number(key)], rest, other));
  if (key === undefined) return { ...value, [`more${turn % 3}`]: other };
  if (other === undefined && rest.length === 0)
    return Object.fromEntries(Object.entries(value).filter(([one]) => one !== key));
  return { ...value, [key]: changed((value as Record<string, unknown>)[key], rest, other) };
}

const other = fc.constantFrom<unknown[]>(
  ...[
    undefined,
    null,
    "",
    "a",
    "A_B",
    "*.a.b",
    "10.0.0.1",
    "::1",
    "/a//b",
    "Exact",
    "Prefix",
    "ExternalName",
    0,
    80,
    65_536,
    1.5,
    -1,
  ],
  ...[
    true,
    {},
    [],
    [null],
    { name: "a" },
    { a: null },
    ["a"],
    "x".repeat(300),
    Number.NaN,
    { service: { name: "a", port: { number: 80 } } },
  ],
);

describe("what is accepted without parsing is what parsing lets through", () => {
  test("most documents as they stand", () => {
    expect(known.length).toBeGreaterThan(100);
    const accepted = known.filter((value) => acceptorOf(schemaOf(value) as z.ZodType)?.(value));
    const valid = known.filter((value) => schemaOf(value)?.safeParse(value).success);
    expect(accepted.every((value) => valid.includes(value))).toBe(true);
    expect(accepted.length).toBeGreaterThan(valid.length * 0.95);
  });

  test(`${RUNS} documents with something else in a place or two`, () => {
    let [accepted, refused] = [0, 0];
    const turns = fc.array(fc.nat(50), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(
        fc.constantFrom(...known),
        fc.array(fc.tuple(turns, other), { minLength: 1, maxLength: 2 }),
        (value, changes) => {
          const schema = schemaOf(value) as z.ZodType;
          const one = changes.reduce<unknown>((before, [where, what]) => changed(before, where, what), value);
          const before = JSON.stringify(one);
          if (!acceptorOf(schema)?.(one)) {
            refused += 1;
            return;
          }
          accepted += 1;
          const parsed = schema.safeParse(one);
          expect(parsed.error?.issues).toBeUndefined();
          expect(holds(one, parsed.data)).toBe(true);
          expect(JSON.stringify(one)).toBe(before);
        },
      ),
      { numRuns: RUNS },
    );
    expect(accepted).toBeGreaterThan(RUNS / 50);
    expect(refused).toBeGreaterThan(RUNS / 50);
  });
});

describe("a schema that does more than look is left to parse", () => {
  test.each([
    ["a transform that makes something else", z.string().transform((text) => text.length)],
    ["a default", z.object({ a: z.string().default("x") })],
    ["a conversion", z.coerce.number()],
    ["a format", z.email()],
    ["other fields of a type", z.object({}).catchall(z.string())],
    ["no other fields", z.strictObject({})],
    ["a check that changes the value", z.string().trim()],
    ["a check of zod's own", z.string().min(1)],
    ["one of some", z.union([z.string(), z.number()])],
  ])("%s", (_, schema) => {
    expect(acceptorOf(schema)).toBeNull();
  });

  test("a list with a hole is not one of texts", () => {
    const accepts = acceptorOf(z.array(z.string()));
    const holed = ["a", "b"];
    delete holed[0];
    expect([accepts?.(["a"]), accepts?.(holed)]).toEqual([true, false]);
  });

  test("a transform that narrows accepts what it gives back, and nothing else", () => {
    const even = narrowing((value: number, { issues }: z.core.ParsePayload): number => {
      if (value % 2 === 0) return value;
      issues.push({ code: "custom", input: value, message: "odd" });
      return z.NEVER;
    });
    const accepts = acceptorOf(z.number().transform(even));
    expect([2, 1, 4, "2", Number.NaN, Number.POSITIVE_INFINITY].map((value) => accepts?.(value))).toEqual([
      ...[true, false, true, false, false, false],
    ]);
    const rounded = acceptorOf(z.number().transform(narrowing((value: number) => Math.round(value))));
    expect([1, 1.5].map((value) => rounded?.(value))).toEqual([true, false]);
  });
});
