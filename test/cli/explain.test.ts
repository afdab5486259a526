import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runCli } from "../support/cli.ts";
import { clusterAt, directoryWith, documents, ingress } from "../support/manifests.ts";

const VALID = documents(clusterAt("one", 8080), ingress({ name: "first", host: "a.test" }));
const URL_OF_IT = "http://a.test/x";

describe("explain", () => {
  test("of manifests: on stdout, the URL before -f or after its paths", async () => {
    const cwd = directoryWith({ "all.yaml": VALID });
    const after = await runCli(["explain", "-f", "all.yaml", URL_OF_IT], { cwd });
    expect(after).toMatchObject({ code: 0, stderr: "" });
    expect(after.stdout).toContain("Ingress default/first at all.yaml:");
    expect((await runCli(["explain", URL_OF_IT, "-f", "all.yaml"], { cwd })).stdout).toBe(after.stdout);
  });

  test("of a built table: the same, but for the platform", async () => {
    const cwd = directoryWith({ "all.yaml": VALID });
    await runCli(["compile", "-f", "all.yaml", "-o", "out"], { cwd });
    const { code, stdout } = await runCli(["explain", "--table", "out", URL_OF_IT], { cwd });
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: (await runCli(["explain", "-f", "all.yaml", URL_OF_IT], { cwd })).stdout,
    });
  });

  test("as JSON", async () => {
    const cwd = directoryWith({ "all.yaml": VALID });
    const { stdout } = await runCli(["explain", "-X", "POST", "--format", "json", "-f", "all.yaml", URL_OF_IT], {
      cwd,
    });
    expect(JSON.parse(stdout)).toMatchObject({
      request: { method: "POST", url: URL_OF_IT },
      outcome: { kind: "matched" },
      taken: { rule: { from: "Ingress default/first" } },
    });
  });

  test("of a code, in any case of letters", async () => {
    const { code, stdout } = await runCli(["explain", "ei5001"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^EI5001, warning: Two rules claim the same requests\n/);
  });

  test("of a code, as JSON", async () => {
    const { code, stdout } = await runCli(["explain", "EI5001", "--format", "json"]);
    const { why, fix, ...rest } = JSON.parse(stdout);
    expect(rest).toEqual({ code: "EI5001", severity: "warning", title: "Two rules claim the same requests" });
    expect(code).toBe(0);
    expect([typeof why, typeof fix]).toEqual(["string", "string"]);
  });

  test("manifests with errors: the errors, exit code 1, nothing on stdout", async () => {
    const cwd = directoryWith({ "all.yaml": VALID.replace("Prefix", "Sideways") });
    const { code, stdout, stderr } = await runCli(["explain", "-f", "all.yaml", URL_OF_IT], { cwd });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("Sideways");
  });

  test.each<[string, readonly string[], RegExp]>([
    ["nothing to explain", ["-f", "all.yaml"], /say what to explain/],
    ["no manifests", [URL_OF_IT], /give manifests with -f/],
    ["a URL without a path", ["-f", "all.yaml", "http://a.test"], /a URL with a path/],
    ["an unknown code", ["EI9999"], /there is no code EI9999/],
    ["a code as SARIF", ["EI5001", "--format", "sarif"], /no SARIF/],
    ["a table that is not there", ["--table", "missing", URL_OF_IT], /no built table/],
    ["a table and manifests", ["--table", "out", "-f", "all.yaml", URL_OF_IT], /cannot be used with/],
    ["a header without a colon", ["-H", "x", "-f", "all.yaml", URL_OF_IT], /name: value/],
    ["a method that is none", ["-X", "A B", "-f", "all.yaml", URL_OF_IT], /a method/],
  ])("wrong use: %s", async (_, args, sentence) => {
    const cwd = directoryWith({ "all.yaml": VALID });
    const { code, stdout, stderr } = await runCli(["explain", ...args], { cwd });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(sentence);
  });

  test("a report of another table is refused", async () => {
    const cwd = directoryWith({ "all.yaml": VALID, "out/table.bin": "no table", "out/report.json": "{}" });
    const { code, stderr } = await runCli(["explain", "--table", join(cwd, "out"), URL_OF_IT], { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(/is no report of edge-ingress compile/);
  });
});
