import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type CompileResult, compile } from "../../src/compiler/compile.ts";
import type { Position } from "../../src/compiler/diagnostics/diagnostic.ts";
import { formatJson } from "../../src/compiler/diagnostics/json.ts";
import { hasErrors } from "../../src/compiler/diagnostics/report.ts";
import { formatText } from "../../src/compiler/diagnostics/text.ts";
import { runCli } from "../support/cli.ts";
import { EXAMPLES } from "../support/examples.ts";
import { directoryWith } from "../support/manifests.ts";
import { type BadInput, badInputs } from "../support/mutations.ts";
import { fc } from "../support/properties.ts";

const STACK_TRACE = /\n\s+at /;
const ACTING = /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

const inputs = badInputs();
const base = directoryWith();

/** A directory with the bad file, and Clusters beside it so that nothing else is wrong. */
function written(number: number | string, content: BadInput["content"]): string {
  const directory = join(base, String(number));
  mkdirSync(directory);
  writeFileSync(join(directory, "bad.yaml"), content);
  writeFileSync(join(directory, "clusters.yaml"), EXAMPLES["clusters.yaml"] as string);
  return directory;
}

function compiled(directory: string): CompileResult {
  const result = compile(["."], {
    cwd: directory,
    readStdin: () => "",
    ingressClass: [],
    controller: [],
    defaultBackend: null,
    platform: "workerd",
    zones: [],
    trustedProxies: [],
  });
  const text = formatText(result.diagnostics, result.files);
  expect(ACTING.exec(text)?.[0].codePointAt(0)?.toString(16)).toBe(undefined);
  expect(text).not.toMatch(STACK_TRACE);
  expect(text).not.toContain("HUNTER2");
  expect(JSON.parse(formatJson(result.diagnostics)).diagnostics.length).toBeGreaterThanOrEqual(0);
  return result;
}

function holds({ output, diagnostics, files }: CompileResult, directory: string): void {
  expect(output === null).toBe(hasErrors(diagnostics));
  const lines = new Map(files.map(({ name, text }) => [name, text.split("\n")] as const));
  const linesOf = (file: string) => lines.get(file) ?? readFileSync(join(directory, file), "latin1").split("\n");
  for (const { message, fix, position, severity, related } of diagnostics) {
    expect(message.trim()).not.toBe("");
    expect(fix.trim()).not.toBe("");
    const places: (Position | null)[] = related.map((other) => other.position);
    if (severity === "error" || position !== null) places.push(position);
    for (const place of places) {
      const { file, line, column, length } = place as Position;
      const text = linesOf(file)[line - 1];
      expect(text, `${file}:${line} exists`).toBeDefined();
      expect(column).toBeGreaterThanOrEqual(1);
      expect(column, message).toBeLessThanOrEqual((text?.length ?? 0) + 1);
      expect(length).toBeGreaterThanOrEqual(1);
    }
  }
}

test("the kinds of bad input have names of their own", () => {
  expect(new Set(inputs.map(({ name }) => name)).size).toBe(inputs.length);
  expect(inputs.length).toBeGreaterThanOrEqual(200);
  const originals = new Set<BadInput["content"]>(Object.values(EXAMPLES));
  expect(inputs.filter(({ content }) => originals.has(content)).map(({ name }) => name)).toEqual([]);
});

describe("is answered with diagnostics", () => {
  let failing = 0;
  test.each(inputs.map(({ name, content }, number) => [name, number, content] as const))("%s", (_, number, content) => {
    const directory = written(number, content);
    const result = compiled(directory);
    holds(result, directory);
    if (result.output === null) failing += 1;
  });

  afterAll(() => {
    process.stdout.write(`bad input: ${inputs.length} kinds, ${failing} of them errors\n`);
    // A corpus that is mostly fine would prove nothing.
    expect(failing).toBeGreaterThan(inputs.length / 2);
  });
});

const examples = Object.values(EXAMPLES);
const PIECES = [
  "\t",
  "---\n",
  ": ",
  "- ",
  '"',
  "{",
  "}",
  "&a ",
  "*a",
  "<<: ",
  "\0",
  "\u001b[",
  "\u202e",
  "\r",
  "#",
  "|\n",
  "!!str ",
  "\ud800",
];

test("changed at random, examples are answered so too", () => {
  const change = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    drop: fc.nat({ max: 30 }),
    put: fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 5, unit: "binary" }), fc.constant("")),
  });
  const bytes = fc.array(fc.record({ at: fc.nat(), value: fc.nat({ max: 255 }) }), { maxLength: 3 });
  let number = 0;
  const mutated = (text: string, changes: readonly { at: number; drop: number; put: string }[]) =>
    changes.reduce((now, { at, drop, put }) => {
      const start = Math.floor(at * now.length);
      return now.slice(0, start) + put + now.slice(start + drop);
    }, text);
  fc.assert(
    fc.property(
      fc.constantFrom(...examples),
      fc.array(change, { minLength: 1, maxLength: 4 }),
      bytes,
      (text, changes, flips) => {
        const content = Buffer.from(mutated(text, changes));
        if (content.length > 0) for (const { at, value } of flips) content[at % content.length] = value;
        number += 1;
        const directory = written(`random-${number}`, content);
        holds(compiled(directory), directory);
      },
    ),
    { numRuns: 300 },
  );
});

describe("the command itself", () => {
  const step = Math.ceil(inputs.length / 26);
  const chosen = inputs.flatMap(({ name, content }, number) => (number % step === 3 ? [[name, content] as const] : []));

  test("is tried with kinds of all sorts", () => {
    expect(chosen.length).toBeGreaterThanOrEqual(25);
  });

  test.concurrent.each(chosen)("leaves what was there alone: %s", async (name, content) => {
    const directory = written(`process-${chosen.findIndex(([other]) => other === name)}`, content);
    const out = directoryWith({ "table.bin": "the last good table", "report.json": "{}" });
    const before = new Date("2020-01-01T00:00:00Z");
    for (const file of ["table.bin", "report.json"]) utimesSync(join(out, file), before, before);
    const { code, stdout, stderr } = await runCli(["compile", "-f", ".", "-o", out], { cwd: directory });
    expect([0, 1]).toContain(code);
    expect(stdout).toBe("");
    expect(stderr).not.toMatch(STACK_TRACE);
    expect(ACTING.test(stderr)).toBe(false);
    expect(readdirSync(out).sort()).toEqual(["report.json", "table.bin"]);
    const { mtime } = statSync(join(out, "table.bin"));
    const text = readFileSync(join(out, "table.bin"), "latin1");
    if (code === 0) expect(mtime).not.toEqual(before);
    else {
      expect(stderr).toMatch(/^ --> .+:\d+:\d+$/m);
      expect(text).toBe("the last good table");
      expect(readFileSync(join(out, "report.json"), "utf8")).toBe("{}");
      expect(mtime).toEqual(before);
      expect(statSync(join(out, "report.json")).mtime).toEqual(before);
    }
  });
});
