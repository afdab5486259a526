import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import { type Finished, PATIENCE } from "./cli.ts";
import { plainEnvironment } from "./environment.ts";

const BIN = fileURLToPath(new URL("../../bin/edge-ingress.js", import.meta.url));

/** What Ctrl-D sends. */
export const END_OF_INPUT = "\u0004";

/** Why nothing can be run in a terminal here; null: it can. */
export function missingScript(): string | null {
  const { stdout } = spawnSync("script", ["--version"], { encoding: "utf8" });
  return stdout?.includes("util-linux") ? null : "script of util-linux is not installed (Debian: bsdutils)";
}

const running = new Set<ReturnType<typeof spawn>>();
afterAll(() => {
  for (const child of running) child.kill("SIGKILL");
});

/** Runs the built command line in a terminal, by `script` of util-linux, and types an answer when it asks. */
export async function runInTerminal(
  args: readonly string[],
  { cwd, env, question, answer }: { cwd: string; env: NodeJS.ProcessEnv; question: RegExp; answer: string },
): Promise<Pick<Finished, "code"> & { readonly screen: string }> {
  const command = [process.execPath, BIN, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  const child = spawn("script", ["--quiet", "--return", "--flush", "--command", command, "/dev/null"], {
    cwd,
    env: { ...plainEnvironment(), TERM: "dumb", SHELL: "/bin/sh", ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  running.add(child);
  let screen = "";
  let isAsked = false;
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    screen += chunk;
    if (isAsked || !question.test(screen)) return;
    isAsked = true;
    child.stdin.write(answer);
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  clearTimeout(timer);
  running.delete(child);
  return { code, screen };
}
