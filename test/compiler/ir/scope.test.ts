import { describe, expect, test } from "vitest";
import {
  byScope,
  covers,
  EVERY_CLUSTER,
  inScope,
  intersection,
  overlaps,
  type Scope,
  union,
} from "../../../src/compiler/ir/scope.ts";

const inClusters = (...names: string[]): Scope => ({ kind: "clusters", names });

describe("what two scopes share and what they make together, in either order", () => {
  test.each<readonly [Scope, Scope, Scope | null, Scope]>([
    [inClusters("eu"), inClusters("us"), null, inClusters("eu", "us")],
    [inClusters("us"), inClusters("us"), inClusters("us"), inClusters("us")],
    [inClusters("eu", "us"), inClusters("ap", "us"), inClusters("us"), inClusters("ap", "eu", "us")],
    [EVERY_CLUSTER, inClusters("eu"), inClusters("eu"), EVERY_CLUSTER],
    [EVERY_CLUSTER, EVERY_CLUSTER, EVERY_CLUSTER, EVERY_CLUSTER],
  ])("%j and %j", (a, b, shared, together) => {
    for (const [left, right] of [
      [a, b],
      [b, a],
    ] as const) {
      expect(intersection(left, right)).toEqual(shared);
      expect(overlaps(left, right)).toBe(shared !== null);
      expect(union(left, right)).toEqual(together);
    }
  });
});

test.each<readonly [Scope, Scope, boolean]>([
  [inClusters("eu"), EVERY_CLUSTER, false],
  [inClusters("eu"), inClusters("eu", "us"), false],
  [inClusters("eu", "us"), inClusters("us"), true],
  [inClusters("eu"), inClusters("eu"), true],
  [EVERY_CLUSTER, inClusters("eu"), true],
  [EVERY_CLUSTER, EVERY_CLUSTER, true],
])("%j covers %j: %j", (a, b, expected) => {
  expect(covers(a, b)).toBe(expected);
});

test("a cluster is in a scope that names it, and in that of every cluster", () => {
  expect(inScope(inClusters("eu"), "us")).toBe(false);
  expect(inScope(inClusters("eu"), "eu")).toBe(true);
  expect(inScope(EVERY_CLUSTER, "us")).toBe(true);
});

test("scopes have one order, every cluster first", () => {
  const sorted = [EVERY_CLUSTER, inClusters("ap", "us"), inClusters("eu"), inClusters("eu", "us")];
  expect([...sorted].reverse().sort(byScope)).toEqual(sorted);
});
