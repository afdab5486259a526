import { describe, expect, test } from "vitest";
import { openTable } from "../../src/table/reader.ts";
import { cluster, compiled, edgePolicy } from "../support/compiled.ts";
import { ingress } from "./clusters/manifests.ts";

const TEXT = [
  ingress(),
  cluster("backup", "priority: 1"),
  cluster("eu", "region: weur, near: [FRA], weight: 300, healthCheck: { path: /up }"),
  cluster("leaving", "drain: true"),
  cluster("us"),
  edgePolicy({
    targets: "{ kind: Ingress, name: web }",
    sets: "retry: { attempts: 1 }, fallback: { body: Hunter2 }, timeouts: { request: 9s }",
  }),
].join("\n---\n");

function output() {
  const { output: result, diagnostics } = compiled(TEXT);
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  if (result === null) throw new Error("no output");
  return result;
}

describe("the report", () => {
  test("tells of each cluster where it is and how it is watched", () => {
    expect(output().report.clusters.slice(0, 2)).toEqual([
      { name: "backup", region: null, near: [], priority: 1, drain: false, healthCheck: null },
      {
        name: "eu",
        region: "weur",
        near: ["colo:FRA"],
        priority: 0,
        drain: false,
        healthCheck: "GET /up every 10s; timeout 2s; 3 bad to fall, 2 good to rise; expects 200-399",
      },
    ]);
  });

  test("gives shares within a priority, and none to what is drained", () => {
    const targets = output().report.hosts[0]?.rules[0]?.backends[0]?.targets;
    expect(targets?.map((target) => `${target.cluster} ${target.share}`)).toEqual([
      "backup 1",
      "eu 0.75",
      "leaving 0",
      "us 0.25",
    ]);
  });

  test("names for each rule what policies set, and where, but not the text of a fallback", () => {
    const { report } = output();
    expect(report.hosts[0]?.rules[0]?.policies).toEqual([
      { field: "retry", from: "EdgePolicy shop/policy", at: expect.any(String), sets: { attempts: 1 } },
      {
        field: "fallback",
        from: "EdgePolicy shop/policy",
        at: expect.any(String),
        sets: { status: 503, contentType: "text/plain; charset=utf-8", bodyBytes: 7 },
      },
      {
        field: "timeouts",
        from: "EdgePolicy shop/policy",
        at: expect.any(String),
        sets: { request: 9000, backendRequest: 9000 },
      },
    ]);
    expect(JSON.stringify(report)).not.toContain("Hunter2");
  });
});

test("the table holds what the report tells", () => {
  const { table, router } = output();
  const opened = openTable(table.buffer);
  if (!opened.ok) throw new Error(opened.reason);
  const [rule] = opened.table.routerFor("a.example.com")?.rules ?? [];
  expect(rule?.policies).toEqual(router.hosts[0]?.rules[0]?.policies);
  expect(rule?.policies).toMatchObject({ retry: { attempts: 1 }, fallback: { body: "Hunter2" } });
  expect(rule?.requestTimeout).toBe(9000);
  const clusters = rule?.backends[0]?.targets.map(
    ({
      endpoint: {
        cluster: { index: _, ...record },
      },
    }) => record,
  );
  expect(clusters).toEqual(router.clusters);
});
