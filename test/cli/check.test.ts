import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { runCli } from "../support/cli.ts";
import { clusterAt, directoryWith, documents, ingress } from "../support/manifests.ts";

const VALID = documents(clusterAt("one", 8080), ingress({ name: "first", host: "a.test" }));
const BROKEN = VALID.replace("Prefix", "Sideways");
/** Its endpoint needs a binding on Cloudflare. */
const WARNED = VALID;

describe("check", () => {
  test("writes no files and says so where there is nothing to report", async () => {
    const cwd = directoryWith({ "all.yaml": VALID });
    const result = await runCli(["check", "-f", "all.yaml", "--platform", "workerd"], { cwd });
    expect(result).toEqual({ code: 0, stdout: "", stderr: "nothing to report\n" });
    expect(readdirSync(cwd)).toEqual(["all.yaml"]);
  });

  test("errors: exit code 1, text on stderr alone", async () => {
    const cwd = directoryWith({ "all.yaml": BROKEN });
    const { code, stdout, stderr } = await runCli(["check", "-f", "all.yaml"], { cwd });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/--> all\.yaml:\d+:\d+/);
  });

  test("warnings fail only where it is asked for", async () => {
    const cwd = directoryWith({ "all.yaml": WARNED });
    expect((await runCli(["check", "-f", "all.yaml"], { cwd })).code).toBe(0);
    expect((await runCli(["check", "-f", "all.yaml", "--fail-on", "warning"], { cwd })).code).toBe(1);
  });

  test.each([
    ["json", (text: string) => expect(JSON.parse(text)).toMatchObject({ errors: 1 })],
    ["sarif", (text: string) => expect(JSON.parse(text)).toMatchObject({ version: "2.1.0" })],
    ["github", (text: string) => expect(text).toMatch(/^::error file=all\.yaml,line=\d+,/m)],
  ])("%s: for programs, on stdout alone", async (format, isIt) => {
    const cwd = directoryWith({ "all.yaml": BROKEN });
    const { code, stdout, stderr } = await runCli(["check", "-f", "all.yaml", "--format", format], { cwd });
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    isIt(stdout);
  });

  test("an unknown format is wrong use", async () => {
    const { code, stderr } = await runCli(["check", "-f", "examples", "--format", "xml"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/text, json, sarif, markdown, github/);
  });
});
