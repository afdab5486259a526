import { spawn } from "node:child_process";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { UsageError } from "./output.ts";

/** Characters of wrangler's own words that are passed on. */
const MOST_SHOWN = 2_000;

const COLOURS = /\u001b\[[\d;]*m/g;

/** wrangler ended with a failure; the message has its words. */
export class WranglerFailed extends UsageError {}

export interface WranglerRun {
  readonly stdin?: string;
  /** Over those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs wrangler and gives what it printed on stdout as text: see `wranglerOutput`. */
export async function runWrangler(args: readonly string[], options: WranglerRun = {}): Promise<string> {
  return (await wranglerOutput(args, options)).toString();
}

/**
 * Runs wrangler and gives what it printed on stdout. Arguments can be seen by everybody on the machine, so no secret is
 * one. Throws `WranglerFailed` with its words where it fails, `UsageError` where there is none.
 */
export async function wranglerOutput(
  args: readonly string[],
  { stdin = "", env = {} }: WranglerRun = {},
): Promise<Buffer> {
  const [command, ...before] = wranglerCommand();
  const child = spawn(command, [...before, ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  // It may end without reading what it gets.
  child.stdin.on("error", () => undefined);
  child.stdin.end(stdin);
  const chunks: Buffer[] = [];
  let words = "";
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    words += chunk;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const stdout = Buffer.concat(chunks);
  if (code === 0) return stdout;
  const shown = [words, stdout.toString()].find((text) => text.trim() !== "") ?? "";
  throw new WranglerFailed(
    `wrangler ${args.slice(0, 3).join(" ")} failed:\n${shown.replace(COLOURS, "").trim().slice(0, MOST_SHOWN)}`,
  );
}

/** The one of the PATH, which `npx` and npm scripts put the project's own first in; else the project's. */
function wranglerCommand(): readonly [string, ...string[]] {
  const found = onPath();
  if (found !== null) return [found];
  const script = wranglerScript(process.cwd());
  if (script !== null) return [process.execPath, script];
  throw new UsageError(
    "wrangler is not on the PATH, nor in this project: `npm install --save-dev wrangler`, and run this with `npx`",
  );
}

function onPath(): string | null {
  const directories = (process.env.PATH ?? "").split(delimiter).filter((directory) => directory !== "");
  return directories.map((directory) => join(directory, "wrangler")).find((path) => existsSync(path)) ?? null;
}

/** The module of wrangler for other programs: the project's, else that of the one on the PATH; null: there is none. */
export function wranglerPackage(project: string): string | null {
  const found = onPath();
  return resolved(project, "wrangler") ?? (found === null ? null : resolved(dirname(realpathSync(found)), "wrangler"));
}

function wranglerScript(project: string): string | null {
  const manifest = resolved(project, "wrangler/package.json");
  if (manifest === null) return null;
  const { bin } = JSON.parse(readFileSync(manifest, "utf8")) as { bin?: { wrangler?: string } };
  return bin?.wrangler === undefined ? null : join(dirname(manifest), bin.wrangler);
}

function resolved(project: string, name: string): string | null {
  try {
    return createRequire(join(project, "package.json")).resolve(name);
  } catch {
    return null;
  }
}
