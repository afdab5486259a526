import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type CliOptions, type Finished, PROJECT, runCli } from "../../support/cli.ts";
import { git } from "../../support/git.ts";
import { clusterAt, directoryWith, documents, ingress } from "../../support/manifests.ts";

const FORMATS = join(PROJECT, "test/cli/formats");
const GOLDEN = join(PROJECT, "test/compiler/diff/golden");
const NGINX = ["--ingress-class", "nginx"];

const OLD = documents(
  clusterAt("one", 8080),
  ingress({ name: "first", host: "a.test" }),
  ingress({ name: "same", host: "same.test" }),
  ingress({ name: "wide", host: "*.test" }),
);
const NEW = OLD.replace("host: a.test", "host: b.test");
const BROKEN = OLD.replace("Prefix", "Sideways");
const ELSEWHERE = OLD.replace("8080", "8081");
/** Errors with more than one place, a slip that can be corrected, and an info that a comment allows. */
const MANY_FINDINGS = documents(
  `# edge-ingress: allow EI1204 -- kept for the cluster
apiVersion: example.com/v1
kind: Widget
metadata: { name: widget }
`,
  ingress({ name: "slip", host: "a.test", annotations: { "nginx.ingress.kubernetes.io/whitelist-source-rang": "x" } }),
  BROKEN,
  BROKEN,
);
const FILES = {
  "old.yaml": OLD,
  "new.yaml": NEW,
  "broken.yaml": BROKEN,
  "elsewhere.yaml": ELSEWHERE,
  "findings.yaml": MANY_FINDINGS,
  "classed.yaml": OLD.replaceAll("spec:\n  rules", "spec:\n  ingressClassName: other\n  rules"),
  "asks.yaml": `${clusterAt("two", 8082)}  manifests: ["-"]\n`,
  "no-table/table.bin": "",
};

/** Preloads a script into the command, and into each of its threads. */
function preload(script: string, ...flags: readonly string[]): { readonly NODE_OPTIONS: string } {
  const path = join(directoryWith({ "preload.cjs": script }), "preload.cjs");
  return { NODE_OPTIONS: [`--require=${path}`, ...flags].join(" ") };
}

const inThread = (code: string) => `const threads = require("node:worker_threads");
if (!threads.isMainThread) { ${code} }`;

/** With it a command that starts a thread fails. */
const WITHOUT_THREADS = preload(inThread("process.exit(3);"));

describe("one thread and two say the same", () => {
  const cases: readonly [what: string, args: readonly string[], code: number, options?: CliOptions][] = [
    ...["text", "json", "sarif", "markdown"].flatMap((format) => {
      const flags = ["--format", format];
      return [
        [`changes, as ${format}`, ["before.yaml", "after.yaml", ...NGINX, ...flags], 0, { cwd: FORMATS }],
        [`errors of NEW, as ${format}`, ["before.yaml", "problems.yaml", ...NGINX, ...flags], 1, { cwd: FORMATS }],
        [`errors of OLD, as ${format}`, ["findings.yaml", "old.yaml", ...flags], 1],
      ] as [string, string[], number, CliOptions?][];
    }),
    ["changes of every kind", ["old", "new", "--zone", "example.com"], 0, { cwd: GOLDEN }],
    ["a change that fails", ["old.yaml", "new.yaml", "--fail-on", "re-targeted"], 1],
    ["nothing that differs", ["old.yaml", "old.yaml"], 0],
    ["other endpoints, so that no host is alike", ["old.yaml", "elsewhere.yaml"], 0],
    ["errors of both sides", ["findings.yaml", "broken.yaml", "--format", "json"], 1],
    ["no rule on either side, by their class", ["before.yaml", "after.yaml"], 0, { cwd: FORMATS }],
    ["no rule in OLD, by its class", ["classed.yaml", "new.yaml"], 0],
    ["no rule in OLD, and errors of NEW", ["classed.yaml", "broken.yaml"], 1],
    ["errors of OLD, and no rule in NEW", ["broken.yaml", "classed.yaml"], 1],
    ["OLD that is not there", ["missing", "new.yaml"], 1],
    ["NEW that is not there", ["old.yaml", "missing"], 1],
    ["neither there", ["missing", "lost"], 1],
    ["OLD from standard input", ["-", "new.yaml"], 0, { stdin: OLD }],
    ["NEW from standard input", ["old.yaml", "-"], 0, { stdin: NEW }],
    ["both from standard input", ["-", "-"], 0, { stdin: NEW }],
    ["OLD with a Cluster that asks for standard input", ["asks.yaml", "new.yaml"], 1, { stdin: OLD }],
    ["both with a Cluster that asks for standard input", ["asks.yaml", "asks.yaml"], 1, { stdin: OLD }],
    ["no built table on one side", ["old.yaml", "no-table"], 2],
  ];

  test.each(cases)("%s", async (_, args, code, options) => {
    const given = { cwd: directoryWith(FILES), ...options };
    const run = (threads: string) => runCli(["diff", ...args], { ...given, env: { EDGE_INGRESS_THREADS: threads } });
    const [one, two] = [await run("1"), await run("2")];
    expect(one.code).toBe(code);
    expect(one.stdout + one.stderr).not.toBe("");
    expect(two).toEqual(one);
  });

  test("where Node must start no thread", async () => {
    const cwd = directoryWith(FILES);
    const env = { EDGE_INGRESS_THREADS: "2", NODE_OPTIONS: "--permission --allow-fs-read=*" };
    const expected = await runCli(["diff", "old.yaml", "new.yaml"], { cwd });
    expect(await runCli(["diff", "old.yaml", "new.yaml"], { cwd, env })).toEqual(expected);
  });

  test("places of all sorts come out of a thread", async () => {
    const args = ["diff", "findings.yaml", "old.yaml", "--format", "sarif"];
    const { stdout } = await runCli(args, { cwd: directoryWith(FILES), env: { EDGE_INGRESS_THREADS: "2" } });
    for (const field of ["fixes", "relatedLocations", "suppressions"]) expect(stdout).toContain(`"${field}": [`);
  });

  test("a built table against manifests, for which there is no thread", async () => {
    const cwd = directoryWith(FILES);
    await runCli(["compile", "-f", "old.yaml", "-o", "built"], { cwd });
    const expected = await runCli(["diff", "old.yaml", "new.yaml"], { cwd });
    expect(expected.stdout).toContain("2 re-targeted");
    const env = { EDGE_INGRESS_THREADS: "2", ...WITHOUT_THREADS };
    expect(await runCli(["diff", "built", "new.yaml"], { cwd, env })).toEqual(expected);
    const reversed = await runCli(["diff", "new.yaml", "built"], { cwd, env });
    expect(reversed).toEqual(await runCli(["diff", "new.yaml", "old.yaml"], { cwd }));
  });

  test("review", async () => {
    const cwd = directoryWith({ "all.yaml": OLD });
    git(cwd, "init", "-q", "-b", "main");
    git(cwd, "add", "-A");
    git(cwd, "commit", "-qm", "before");
    writeFileSync(join(cwd, "all.yaml"), NEW);
    const run = (env: Readonly<Record<string, string>>) =>
      runCli(["review", "all.yaml", "--base", "main"], { cwd, env });
    const [one, two] = [await run({ EDGE_INGRESS_THREADS: "1" }), await run({ EDGE_INGRESS_THREADS: "2" })];
    expect(one).toMatchObject({ code: 0, stdout: expect.stringContaining("2 re-targeted") });
    expect(two).toEqual(one);
    expect(await run({ EDGE_INGRESS_THREADS: "2", ...WITHOUT_THREADS })).toMatchObject({ code: 70, stdout: "" });
    expect(git(cwd, "worktree", "list").trim().split("\n"), "the tree of the base is gone").toHaveLength(1);
  });
});

describe("a thread that fails is a failure of the command, and no answer", () => {
  test.each([
    ["ends at its start", preload(inThread("process.exit(3);")), /old\.yaml ended early, with exit code 3/],
    [
      "ends before its second answer",
      preload(inThread(`threads.parentPort.on("message", () => process.exit(4));`)),
      /old\.yaml ended early, with exit code 4/,
    ],
    ["throws", preload(inThread(`throw new Error("no such thing");`)), /^edge-ingress: no such thing$/m],
    [
      "throws what is no error",
      preload(inThread(`setImmediate(() => { throw "a text"; });`)),
      /^edge-ingress: a text$/m,
    ],
    [
      "runs out of memory",
      preload(
        inThread("const held = []; for (;;) held.push(new Array(10_000).fill(held.length));"),
        "--max-heap-size=64",
      ),
      /memory limit/,
    ],
  ])("one that %s", async (_, env, sentence) => {
    const cwd = directoryWith(FILES);
    const finished = await runCli(["diff", "old.yaml", "new.yaml"], {
      cwd,
      env: { EDGE_INGRESS_THREADS: "2", ...env },
    });
    expect(finished).toMatchObject({ code: 70, stdout: "", stderr: expect.stringMatching(sentence) });
    expect(finished.stderr).toContain("This is a bug in edge-ingress");
  });
});

describe("when there is a thread", () => {
  const large = documents(OLD, `# ${"x".repeat(8 * 1024 * 1024)}\n`);
  const hasThread = ({ code }: Finished) => code === 70;

  test("for manifests of eight megabytes, in a file, a directory or by a glob, on more than one processor", async () => {
    const cwd = directoryWith({ "large/all.yaml": large, "new.yaml": NEW, "small/all.yaml": OLD });
    const started = async (old: string) =>
      hasThread(await runCli(["diff", old, "new.yaml"], { cwd, env: WITHOUT_THREADS }));
    const expected = availableParallelism() > 1;
    expect([await started("large/all.yaml"), await started("."), await started("large/*.yaml")]).toEqual([
      expected,
      expected,
      expected,
    ]);
    expect([await started("small"), await started("missing"), await started("-")]).toEqual([false, false, false]);
  });

  test("EDGE_INGRESS_THREADS says otherwise", async () => {
    const cwd = directoryWith({ "large.yaml": large, "old.yaml": OLD, "new.yaml": NEW });
    const started = async (old: string, threads: string) =>
      hasThread(
        await runCli(["diff", old, "new.yaml"], { cwd, env: { EDGE_INGRESS_THREADS: threads, ...WITHOUT_THREADS } }),
      );
    expect([await started("large.yaml", "1"), await started("old.yaml", "2")]).toEqual([false, true]);
  });
});
