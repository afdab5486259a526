import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments, stringify } from "yaml";
import { PROJECT, runCli } from "../support/cli.ts";
import { clusterAt, directoryWith, documents, ingress } from "../support/manifests.ts";

const VALID = documents(clusterAt("one", 8080), ingress({ name: "first", host: "a.test" }));

/** Manifests with a mistake each, and what is said of them. */
const BROKEN = {
  "syntax.yaml": ["kind: Ingress\nspec: [", /unclosed|flow|\]/i],
  "path-type.yaml": [ingress({ name: "sideways", host: "b.test" }).replace("Prefix", "Sideways"), /Sideways/],
  "deeper/cluster.yaml": [clusterAt("two", 8080).replace("http://", "gopher://"), /endpoint/],
} as const;

const example = (name: string) => readFileSync(join(PROJECT, "examples", name), "utf8");

/** The examples' documents, in the order of their files. */
const EXAMPLES = ["clusters.yaml", "demo-page.yaml", "shop/ingress.yaml", "tls-host.yaml", "two-services.yaml"]
  .flatMap((name) => parseAllDocuments(example(name)))
  .map((document) => stringify(document.toJS()));

/** A document that changes nothing for requests. */
const UNRELATED = JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name: "unrelated" } });

/** Compiles files in a directory of their own and gives the table. */
async function tableOf(files: Readonly<Record<string, string>>, stdin?: string): Promise<Buffer> {
  const cwd = directoryWith(files);
  const inputs = [...(Object.keys(files).length > 0 ? ["-f", "."] : []), ...(stdin === undefined ? [] : ["-f", "-"])];
  const output = directoryWith();
  const { code, stderr } = await runCli(["compile", ...inputs, "-o", output], { cwd, ...(stdin ? { stdin } : {}) });
  expect(code, stderr).toBe(0);
  return readFileSync(join(output, "table.bin"));
}

/** Everything below a directory that could have been touched. */
function snapshot(directory: string): Record<string, unknown> {
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" }).sort();
  return Object.fromEntries(
    names.map((name) => {
      const { mtimeMs, ino } = statSync(join(directory, name));
      return [name, { mtimeMs, ino, bytes: readFileSync(join(directory, name)).toString("hex") }];
    }),
  );
}

describe("compile writes", () => {
  test("table.bin and report.json, where -o says; exit code 0; the summary goes to stderr, stdout stays empty", async () => {
    const cwd = directoryWith({ "all.yaml": VALID });
    const { code, stdout, stderr } = await runCli(["compile", "-f", "all.yaml", "-o", "deep/out"], { cwd });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(readdirSync(join(cwd, "deep/out")).sort()).toEqual(["report.json", "table.bin"]);
    const table = readFileSync(join(cwd, "deep/out/table.bin"));
    const report: unknown = JSON.parse(readFileSync(join(cwd, "deep/out/report.json"), "utf8"));
    expect(report).toMatchObject({
      contentHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      totals: { rules: 1, hosts: 1 },
    });
    expect(stderr).toContain(`1 rules of 1 hosts, 1 endpoints: deep/out/table.bin, ${table.length} bytes`);
  });

  test("into edge-ingress-out without -o", async () => {
    const cwd = directoryWith({ "all.yaml": VALID });
    expect((await runCli(["compile", "-f", "."], { cwd })).code).toBe(0);
    expect(readdirSync(cwd).sort()).toEqual(["all.yaml", "edge-ingress-out"]);
  });

  test("over the files of an earlier compile", async () => {
    const cwd = directoryWith({ "all.yaml": VALID, "out/table.bin": "old", "out/report.json": "old" });
    expect((await runCli(["compile", "-f", "all.yaml", "-o", "out"], { cwd })).code).toBe(0);
    expect(readdirSync(join(cwd, "out")).sort()).toEqual(["report.json", "table.bin"]);
    expect(readFileSync(join(cwd, "out/table.bin"), "latin1")).not.toBe("old");
  });
});

describe("an error leaves everything as it was", () => {
  test("exit code 1: what an earlier compile wrote keeps its bytes and its time, and nothing lies beside it", async () => {
    const cwd = directoryWith({ "all.yaml": VALID });
    await runCli(["compile", "-f", "all.yaml", "-o", "out"], { cwd });
    const before = snapshot(join(cwd, "out"));
    writeFileSync(join(cwd, "all.yaml"), VALID.replace("Prefix", "Sideways"));
    const { code, stdout } = await runCli(["compile", "-f", "all.yaml", "-o", "out"], { cwd });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(snapshot(join(cwd, "out"))).toEqual(before);
  });

  test("the directory of -o is not even made", async () => {
    const cwd = directoryWith({ "all.yaml": BROKEN["path-type.yaml"][0] });
    expect((await runCli(["compile", "-f", "all.yaml", "-o", "out"], { cwd })).code).toBe(1);
    expect(readdirSync(cwd)).toEqual(["all.yaml"]);
  });

  test("where it can't be written: a sentence, no success, no rest", async () => {
    const cwd = directoryWith({ "all.yaml": VALID, "out/table.bin": "old" });
    // Root may write anywhere: a directory in the place of a file stops everyone.
    mkdirSync(join(cwd, "out/report.json/in-the-way"), { recursive: true });
    const before = readdirSync(join(cwd, "out"));
    const { code, stderr } = await runCli(["compile", "-f", "all.yaml", "-o", "out"], { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^edge-ingress: nothing was written: out\/report\.json is a directory\n/m);
    expect(readdirSync(join(cwd, "out"))).toEqual(before);
    expect(readFileSync(join(cwd, "out/table.bin"), "latin1")).toBe("old");
    const notADirectory = await runCli(["compile", "-f", "all.yaml", "-o", "all.yaml/out"], { cwd });
    expect(notADirectory.code).toBe(2);
    expect(notADirectory.stderr).toMatch(/^edge-ingress: nothing was written: .*all\.yaml/m);
  });

  test("all errors of several broken files come in one run, each with its file and line", async () => {
    const files = Object.fromEntries(Object.entries(BROKEN).map(([name, [text]]) => [name, text]));
    const cwd = directoryWith({ ...files, "good.yaml": VALID });
    const { code, stdout, stderr } = await runCli(["compile", "-f", ".", "-f", "missing.yaml"], { cwd });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    for (const [name, [, sentence]] of Object.entries(BROKEN)) {
      expect(stderr).toMatch(new RegExp(`--> ${name}:\\d+:\\d+`));
      expect(stderr).toMatch(sentence);
    }
    expect(stderr).toContain('"missing.yaml" does not exist');
    expect(stderr).toMatch(/^\d+ errors/m);
  });
});

describe("the same manifests give the same bytes", () => {
  test("twice, and from another working directory", async () => {
    const first = await tableOf({ "all.yaml": VALID });
    expect((await tableOf({ "elsewhere/named.yml": VALID })).equals(first)).toBe(true);
  });

  test("with files renamed so that they are read in another order, and documents moved to other files", async () => {
    const inOrder = (order: readonly string[], perFile: number) =>
      Object.fromEntries(
        Array.from({ length: Math.ceil(order.length / perFile) }, (_, index) => [
          `${String(index).padStart(3, "0")}.yaml`,
          documents(...order.slice(index * perFile, (index + 1) * perFile)),
        ]),
      );
    const expected = await tableOf({ "all.yaml": documents(...EXAMPLES) });
    const rotated = (by: number) => [...EXAMPLES.slice(by), ...EXAMPLES.slice(0, by)];
    const arrangements = [
      inOrder(EXAMPLES, 1),
      inOrder([...EXAMPLES].reverse(), 1),
      inOrder(rotated(3), 2),
      inOrder([...rotated(5)].reverse(), 3),
      { "z/a/1.yml": documents(...rotated(4)), "a.json": UNRELATED },
    ];
    for (const files of arrangements) expect((await tableOf(files)).equals(expected)).toBe(true);
  });

  test("as a List, as kubectl prints it, in YAML and in JSON", async () => {
    const expected = await tableOf({ "all.yaml": documents(...EXAMPLES) });
    const list = {
      apiVersion: "v1",
      kind: "List",
      items: EXAMPLES.map((text): unknown => parse(text)),
      metadata: { resourceVersion: "" },
    };
    expect((await tableOf({ "list.yaml": stringify(list) })).equals(expected)).toBe(true);
    expect((await tableOf({ "list.json": JSON.stringify(list, null, 4) })).equals(expected)).toBe(true);
    expect((await tableOf({}, stringify(list))).equals(expected)).toBe(true);
  });

  test("from standard input, alone or beside files", async () => {
    const expected = await tableOf({ "all.yaml": documents(...EXAMPLES) });
    expect((await tableOf({}, documents(...EXAMPLES))).equals(expected)).toBe(true);
    const beside = await tableOf({ "some.yaml": documents(...EXAMPLES.slice(0, 4)) }, documents(...EXAMPLES.slice(4)));
    expect(beside.equals(expected)).toBe(true);
  });
});
