import { describe, expect, test } from "vitest";
import { cluster, compiled, edgePolicy } from "../../support/compiled.ts";
import { ingress } from "./manifests.ts";

const findings = (...texts: readonly string[]) =>
  compiled([ingress(), ...texts].join("\n---\n"))
    .diagnostics.filter(({ code }) => code === "EI3010")
    .map(({ message }) => message);

describe("a cluster without a place is reported", () => {
  test("where others of its priority have one", () => {
    expect(findings(cluster("ap"), cluster("eu", "region: weur"), cluster("us", "near: [US]"))).toEqual([
      "cluster ap has neither region nor near, so it comes after eu, us for every client",
    ]);
  });

  test.each<readonly [string, readonly string[]]>([
    ["no cluster has one", [cluster("ap"), cluster("eu")]],
    ["all have one", [cluster("ap", "region: apac"), cluster("eu", "near: [EU]")]],
    ["it stands by in another priority", [cluster("ap", "priority: 1"), cluster("eu", "region: weur")]],
    ["it is drained", [cluster("ap", "drain: true"), cluster("eu", "region: weur")]],
    ["the others are drained", [cluster("ap"), cluster("eu", "region: weur, weight: 0")]],
    [
      "no rule asks for the nearest",
      [
        cluster("ap"),
        cluster("eu", "region: weur"),
        edgePolicy({ targets: "{ kind: Edge }", sets: "loadBalancing: { type: Weighted }" }),
      ],
    ],
  ])("but not where %s", (_, texts) => {
    expect(findings(...texts)).toEqual([]);
  });
});
