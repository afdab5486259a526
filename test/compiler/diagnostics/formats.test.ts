import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import Ajv from "ajv";
import { describe, expect, test } from "vitest";
import { type CompileResult, formatGithub, formatJson, formatSarif, formatText } from "../../../src/compiler/index.ts";
import { compiledIn } from "../../support/compiled.ts";

const DIRECTORY = fileURLToPath(new URL("formats/", import.meta.url));
const load: (path: string) => object = createRequire(import.meta.url);

const result = compiledIn(DIRECTORY, ["in.yaml"], { platform: "cloudflare" });

const FORMATS: Readonly<Record<string, (result: CompileResult) => string>> = {
  "out.txt": ({ diagnostics, files }) => formatText(diagnostics, files),
  "out.json": ({ diagnostics }) => formatJson(diagnostics),
  "out.sarif": ({ diagnostics }) => formatSarif(diagnostics, "1.2.3"),
  "out.github": ({ diagnostics }) => formatGithub(diagnostics),
};

describe("diagnostics in every format", () => {
  test("the case has an error, a warning, an info and a related place", () => {
    const severities = new Set(result.diagnostics.map(({ severity }) => severity));
    expect(severities).toEqual(new Set(["error", "warning", "info"]));
    expect(result.diagnostics.some(({ related }) => related.length > 0)).toBe(true);
  });

  test.each(Object.entries(FORMATS))("%s is what it was (UPDATE_GOLDEN=1 writes it anew)", (name, format) => {
    const path = `${DIRECTORY}${name}`;
    const text = `${format(result)}\n`;
    if (process.env.UPDATE_GOLDEN) writeFileSync(path, text);
    expect(text).toBe(readFileSync(path, "utf8"));
  });

  test.each(Object.entries(FORMATS))("%s does not depend on the order of diagnostics", (_, format) => {
    expect(format({ ...result, diagnostics: [...result.diagnostics].reverse() })).toBe(format(result));
  });
});

describe("SARIF", () => {
  const ajv = new Ajv({ schemaId: "auto", validateSchema: false, allErrors: true, unknownFormats: "ignore" });
  ajv.addMetaSchema(load("ajv/lib/refs/json-schema-draft-04.json"));
  const isSarif = ajv.compile(load("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"));

  test.each([
    ["with diagnostics", result.diagnostics],
    ["without any", []],
  ])("%s it is valid against the schema of 2.1.0", (_, diagnostics) => {
    isSarif(JSON.parse(formatSarif(diagnostics, "1.2.3")));
    expect(isSarif.errors ?? []).toEqual([]);
  });

  test("the schema would refuse what is none", () => {
    expect(isSarif({ version: "2.1.0", runs: [{ tool: {} }] })).toBe(false);
  });

  test("a file's name is a URI", () => {
    const position = { file: "a b/ü#1?.yaml", line: 1, column: 2, length: 3 };
    const diagnostic = { code: "EI5004", severity: "warning", message: "m", fix: "f.", position, related: [] } as const;
    expect(JSON.parse(formatSarif([diagnostic], "1"))).toMatchObject({
      runs: [
        { results: [{ locations: [{ physicalLocation: { artifactLocation: { uri: "a%20b/%C3%BC%231%3F.yaml" } } }] }] },
      ],
    });
  });
});

describe("workflow commands of GitHub Actions", () => {
  test("nothing of a manifest ends a command or begins another one", () => {
    const position = { file: "a,b:c%.yaml", line: 1, column: 2, length: 3 };
    const message = "50 % of it\n::error::forged";
    const diagnostic = { code: "EI5004", severity: "info", message, fix: "f.", position, related: [] } as const;
    expect(formatGithub([diagnostic])).toBe(
      "::notice file=a%2Cb%3Ac%25.yaml,line=1,col=2,endColumn=5,title=EI5004::50 %25 of it\\x0a::error::forged%0Af.",
    );
  });

  test("without diagnostics there is no line", () => {
    expect(formatGithub([])).toBe("");
  });
});
