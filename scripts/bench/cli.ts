import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseAllDocuments } from "yaml";
import { lacking, toldOf, toldOfPatterns } from "./lacking.ts";
import { type ManifestFile, manifestsOf, requestOf } from "./manifests.ts";
import { patternRequestOf, patternsOf } from "./patterns.ts";

const COMPANY = { of: "", manifestsOf, requestOf, toldOf };
const PATTERNS = {
  of: ", a pattern each, of one host",
  manifestsOf: patternsOf,
  requestOf: patternRequestOf,
  toldOf: toldOfPatterns,
};

/** Whole processes of the built command line; `seconds` is the most that one may take. */
const SETS = [
  { ...COMPANY, ingresses: 1_000, runs: 7, seconds: { check: 1, diff: 2, first: null, explain: 0.5 } },
  { ...PATTERNS, ingresses: 1_000, runs: 3, seconds: { check: 6, diff: 8, first: null, explain: 0.5 } },
  { ...COMPANY, ingresses: 10_000, runs: 3, seconds: { check: 6, diff: 10, first: null, explain: null } },
] as const;

/** `check`, `diff` and `explain` as people run them, and `explain` where no answer for the host is kept (`first`), beside a bare Node and the YAML parser alone on the same files. */
export async function benchCli(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "bench-cli-"));
  try {
    const preload = join(directory, "tell-cpu.cjs");
    writeFileSync(preload, TELL_CPU);
    const idle = times(7, preload, ["-e", "0"]);
    const load = loadavg()[0]?.toFixed(1);
    console.log(`load ${load} on ${availableParallelism()} cores; node -e 0: ${told(idle)}`);
    for (const [at, { of, ingresses, runs, seconds, ...set }] of SETS.entries()) {
      const old = write(join(directory, `${at}`), set.manifestsOf(ingresses));
      const young = write(join(directory, `${at}-changed`), set.manifestsOf(ingresses, { isChanged: true }));
      const start = performance.now();
      for (const file of old.files) parseAllDocuments(readFileSync(file, "utf8"));
      const parsed = (performance.now() - start) / 1000;
      console.log(`${ingresses} Ingresses${of}, ${old.files.length} files, ${(old.bytes / 1e6).toFixed(1)} MB`);
      console.log(`  the YAML parser alone: ${parsed.toFixed(2)} s`);
      const flags = ["--ingress-class", "nginx"];
      const commands = {
        check: ["check", "-f", old.root, ...flags],
        diff: ["diff", old.root, young.root, ...flags],
        first: ["explain", "--no-cache", "-f", old.root, ...flags, set.requestOf(ingresses)],
        explain: ["explain", "-f", old.root, ...flags, set.requestOf(ingresses)],
      };
      for (const [name, args] of Object.entries(commands) as [keyof typeof commands, string[]][]) {
        const command = name === "first" ? "explain" : name;
        const taken = times(runs, preload, ["bin/edge-ingress.js", ...args], {
          env: { EDGE_INGRESS_CACHE: "", EDGE_INGRESS_CACHE_DIR: join(directory, "cache") },
          lackingIn: (said) => lacking(said, set.toldOf(command, ingresses)),
        });
        const most = seconds[name];
        const isLate = most !== null && median(taken.map(({ wall }) => wall)) > most;
        if (isLate) process.exitCode = 1;
        const bound = most === null ? "" : `; at most ${most} s${isLate ? ": MISSED" : ""}`;
        console.log(`  ${name.padEnd(7)} ${told(taken)}${bound}`);
      }
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function write(root: string, manifests: readonly ManifestFile[]) {
  const files = manifests.map(({ path, text }) => {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return { file, bytes: text.length };
  });
  return { root, files: files.map(({ file }) => file), bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
}

interface Time {
  readonly wall: number;
  /** Of all its threads, which is what is left of a figure where others use the machine. */
  readonly cpu: number;
}

/**
 * Tells on its third stream, as the process ends, what the process has used. Not an ES module: to load the first of them
 * takes Node 30 ms, which are not the command's.
 */
const TELL_CPU = `process.on("exit", () => {
  const { user, system } = process.cpuUsage();
  require("node:fs").writeSync(3, String(user + system));
});`;

/** `lackingIn`: what the output should have and has not; a command that does nothing is fast. */
function times(
  runs: number,
  preload: string,
  args: readonly string[],
  {
    env = {},
    lackingIn = () => null,
  }: { readonly env?: NodeJS.ProcessEnv; readonly lackingIn?: (said: string) => string | null } = {},
): readonly Time[] {
  return Array.from({ length: runs }, () => {
    const start = performance.now();
    const { status, output } = spawnSync(process.execPath, ["--require", preload, ...args], {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      maxBuffer: 1 << 28,
      encoding: "utf8",
    });
    const wall = (performance.now() - start) / 1000;
    if (status !== 0) throw new Error(`${args.join(" ")}: ${output[2]?.slice(-2000)}`);
    const lacks = lackingIn(`${output[1]}${output[2]}`);
    if (lacks !== null) throw new Error(`${args.join(" ")}: the output lacks ${lacks}`);
    return { wall, cpu: Number(output[3]) / 1e6 };
  });
}

function told(all: readonly Time[]): string {
  const walls = all.map(({ wall }) => wall);
  const spread = `${Math.min(...walls).toFixed(2)} to ${Math.max(...walls).toFixed(2)}`;
  const cpu = median(all.map((each) => each.cpu)).toFixed(2);
  return `${median(walls).toFixed(2)} s (median of ${all.length}, ${spread}; CPU ${cpu} s)`;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
