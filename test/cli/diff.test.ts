import { describe, expect, test } from "vitest";
import { runCli } from "../support/cli.ts";
import { clusterAt, directoryWith, documents, ingress } from "../support/manifests.ts";

const OLD = documents(clusterAt("one", 8080), ingress({ name: "first", host: "a.test" }));
const NEW = documents(clusterAt("one", 8080), ingress({ name: "first", host: "b.test" }));

describe("diff", () => {
  test("of manifests, of built tables, and of one with the other: the same, on stdout", async () => {
    const cwd = directoryWith({ "old.yaml": OLD, "new.yaml": NEW });
    await runCli(["compile", "-f", "old.yaml", "-o", "old"], { cwd });
    await runCli(["compile", "-f", "new.yaml", "-o", "new"], { cwd });
    const first = await runCli(["diff", "old.yaml", "new.yaml"], { cwd });
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.stdout).toMatch(/^removed: GET https:\/\/a\.test\/\n/);
    expect(first.stdout).toMatch(/\n1 removed, 1 added\n$/);
    expect((await runCli(["diff", "old", "new"], { cwd })).stdout).toBe(first.stdout);
    expect((await runCli(["diff", "old", "new.yaml"], { cwd })).stdout).toBe(first.stdout);
  });

  test("--fail-on counts changes of that kind and worse ones", async () => {
    const cwd = directoryWith({ "old.yaml": OLD, "new.yaml": NEW });
    const code = async (kind: string) =>
      (await runCli(["diff", "old.yaml", "new.yaml", "--fail-on", kind], { cwd })).code;
    expect([await code("guard-removed"), await code("removed"), await code("changed")]).toEqual([0, 1, 1]);
  });

  test("JSON and Markdown", async () => {
    const cwd = directoryWith({ "old.yaml": OLD, "new.yaml": NEW });
    const json = await runCli(["diff", "old.yaml", "new.yaml", "--format", "json"], { cwd });
    expect(JSON.parse(json.stdout)).toMatchObject({ changes: [{ kind: "removed" }, { kind: "added" }], settings: [] });
    const markdown = await runCli(["diff", "old.yaml", "new.yaml", "--format", "markdown"], { cwd });
    expect(markdown.stdout).toContain("| removed | `GET https://a.test/` |");
  });

  test("errors in the manifests of a side: exit code 1, nothing on stdout", async () => {
    const cwd = directoryWith({ "old.yaml": OLD, "new.yaml": NEW.replace("Prefix", "Sideways") });
    const { code, stdout, stderr } = await runCli(["diff", "old.yaml", "new.yaml"], { cwd });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("new.yaml:");
  });

  test("wrong use", async () => {
    expect((await runCli(["diff", "examples"])).code).toBe(2);
    expect((await runCli(["diff", "examples", "examples", "--fail-on", "everything"])).stderr).toMatch(/guard-removed/);
  });
});
