import { spawn } from "node:child_process";
import { UsageError } from "./output.ts";

/** Characters of wrangler's own words that are passed on. */
const MOST_SHOWN = 2_000;

const COLOURS = /\u001b\[[\d;]*m/g;

/** Runs wrangler and gives what it printed on stdout as text: see `wranglerOutput`. */
export async function runWrangler(args: readonly string[], options: { readonly stdin?: string } = {}): Promise<string> {
  return (await wranglerOutput(args, options)).toString();
}

/**
 * Runs wrangler and gives what it printed on stdout. Arguments can be seen by everybody on the machine, so no secret is
 * one. Throws `UsageError` with its words where it fails.
 */
export async function wranglerOutput(args: readonly string[], { stdin = "" } = {}): Promise<Buffer> {
  const child = spawn("wrangler", args, { stdio: ["pipe", "pipe", "pipe"] });
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
  }).catch((error: unknown) => {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (isMissing) throw new UsageError("wrangler is not on the PATH: `npm install wrangler`, and run this with `npx`");
    throw error;
  });
  const stdout = Buffer.concat(chunks);
  if (code === 0) return stdout;
  const shown = (words.trim() === "" ? stdout.toString() : words).replace(COLOURS, "").trim().slice(0, MOST_SHOWN);
  throw new UsageError(`wrangler ${args.slice(0, 3).join(" ")} failed:\n${shown}`);
}
