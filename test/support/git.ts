import { execFileSync } from "node:child_process";
import { plainEnvironment } from "./environment.ts";

/** Runs git in a directory, as somebody without settings of his own: in a hook too, whose repository is none of it. */
export function git(cwd: string, ...args: readonly string[]): string {
  const somebody = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"];
  const env = { ...plainEnvironment(), GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
  return execFileSync("git", [...somebody, ...args], { cwd, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}
