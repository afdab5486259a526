import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import Ajv from "ajv";
import { describe, expect, test } from "vitest";
import { runCli } from "../../support/cli.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));

/** Each command that speaks in several formats, on manifests that give it something to say. */
const COMMANDS = {
  check: ["check", "-f", "problems.yaml", "--ingress-class", "nginx"],
  diff: ["diff", "before.yaml", "after.yaml", "--ingress-class", "nginx"],
  explain: [
    "explain",
    "-f",
    "before.yaml",
    "--ingress-class",
    "nginx",
    "-X",
    "POST",
    "https://shop.example.com/cart/1",
  ],
  migrate: ["migrate", "-f", "problems.yaml", "--ingress-class", "nginx"],
  test: ["test", "routes.yaml", "-f", "before.yaml", "--ingress-class", "nginx", "--coverage"],
} as const;
const EVERYWHERE = ["text", "json", "sarif", "markdown"];
const MORE = { check: ["github"], diff: [], explain: [], migrate: [], test: ["tap", "junit"] };
const CODES = { check: 1, diff: 0, explain: 0, migrate: 1, test: 1 };

const load = createRequire(import.meta.url);
const ajv = new Ajv({ schemaId: "auto", validateSchema: false, allErrors: true, unknownFormats: "ignore" });
ajv.addMetaSchema(load("ajv/lib/refs/json-schema-draft-04.json"));
const isSarif = ajv.compile(load("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"));

describe.each(Object.keys(COMMANDS) as (keyof typeof COMMANDS)[])("%s", (command) => {
  test.each([...EVERYWHERE, ...MORE[command]])("--format %s is as in its golden file", async (format) => {
    const { code, stdout, stderr } = await runCli([...COMMANDS[command], "--format", format], { cwd: HERE });
    expect(code).toBe(CODES[command]);
    const said = [stdout, ...(stderr === "" ? [] : [`--- on stderr\n${stderr}`])].join("");
    const text = said.replace(/(?<="semanticVersion": ")[^"]+/, "VERSION");
    const path = `${HERE}golden/${command}.${format}.txt`;
    if (process.env.UPDATE_GOLDEN) writeFileSync(path, text);
    expect(text).toBe(readFileSync(path, "utf8"));
    if (format === "json") JSON.parse(stdout);
    if (format === "sarif") {
      isSarif(JSON.parse(stdout));
      expect(isSarif.errors ?? []).toEqual([]);
    }
  });

  test("help names every format", async () => {
    const { stdout } = await runCli([command, "--help"]);
    for (const format of [...EVERYWHERE, ...MORE[command]]) expect(stdout).toContain(`"${format}"`);
  });
});

describe("manifests with errors", () => {
  const INVALID = {
    diff: ["diff", "before.yaml", "problems.yaml", "--ingress-class", "nginx"],
    explain: ["explain", "-f", "problems.yaml", "--ingress-class", "nginx", "https://shop.example.com/"],
    test: ["test", "routes.yaml", "-f", "problems.yaml", "--ingress-class", "nginx"],
  } as const;
  const run = (command: keyof typeof INVALID, format: string) =>
    runCli([...INVALID[command], "--format", format], { cwd: HERE });

  describe.each(Object.keys(INVALID) as (keyof typeof INVALID)[])("of %s", (command) => {
    test("as text are on stderr alone", async () => {
      const { code, stdout, stderr } = await run(command, "text");
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toContain("error[EI4003]");
    });

    test("as JSON are a document that says so", async () => {
      const { code, stdout, stderr } = await run(command, "json");
      const told = JSON.parse(stdout);
      expect(code).toBe(1);
      expect(Object.keys(told)).toEqual(["invalid", "diagnostics", "errors", "warnings", "infos", "allowed"]);
      expect(told.invalid).toBe(true);
      expect(told.errors).toBe(told.diagnostics.filter((one: { severity: string }) => one.severity === "error").length);
      expect(told.errors).toBeGreaterThan(0);
      expect(stderr).toContain("error[EI4003]");
    });

    test("as SARIF are its results", async () => {
      const { code, stdout } = await run(command, "sarif");
      const log = JSON.parse(stdout);
      isSarif(log);
      expect({ code, errors: isSarif.errors ?? [] }).toEqual({ code: 1, errors: [] });
      expect(log.runs[0].results.map((result: { ruleId: string }) => result.ruleId)).toContain("EI4003");
    });

    test("as Markdown are a table", async () => {
      const { code, stdout } = await run(command, "markdown");
      expect(code).toBe(1);
      expect(stdout).toMatch(/^\*\*\d+ errors?/);
      expect(stdout).toMatch(/^\| error \| EI4003 \| problems\.yaml:/m);
    });
  });

  test("are why TAP bails out", async () => {
    const { code, stdout } = await run("test", "tap");
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^TAP version 14\n(?:# problems\.yaml:\d+ EI\d{4}: .+\n)+Bail out! \d+ errors? in manifests or tests\n$/,
    );
  });

  test("are errors of JUnit, and no failures", async () => {
    const { code, stdout } = await run("test", "junit");
    expect(code).toBe(1);
    expect(stdout).toMatch(/<testsuites name="edge-ingress" tests="(\d+)" failures="0" errors="\1" skipped="0">/);
    expect(stdout).toMatch(/<error message="[^"]+" type="EI4003">/);
  });

  test("are those of both sides of diff", async () => {
    const args = ["diff", "problems.yaml", "problems.yaml", "--ingress-class", "nginx", "--format", "json"];
    const { stdout } = await runCli(args, { cwd: HERE });
    const one = JSON.parse((await run("diff", "json")).stdout);
    expect(JSON.parse(stdout).errors).toBe(one.errors);
  });
});
