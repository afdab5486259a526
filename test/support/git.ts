import { execFileSync } from "node:child_process";

/** Runs git in a directory, as somebody. */
export function git(cwd: string, ...args: readonly string[]): string {
  const somebody = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"];
  return execFileSync("git", [...somebody, ...args], { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}
