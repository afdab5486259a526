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
