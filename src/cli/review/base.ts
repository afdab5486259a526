import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../output.ts";

/**
 * Calls `use` with a directory that holds the whole tree of a commit, and removes it again. Throws `UsageError` where git
 * does not know the commit.
 */
export function withTreeOf<Result>(revision: string, use: (root: string) => Result): Result {
  const commit = git(["rev-parse", "--verify", "--quiet", "--end-of-options", `${revision}^{commit}`], revision).trim();
  const base = git(["merge-base", commit, "HEAD"], revision).trim();
  const parent = mkdtempSync(join(tmpdir(), "edge-ingress-base-"));
  const root = join(parent, "tree");
  try {
    git(["worktree", "add", "--quiet", "--detach", root, base], revision);
    return use(root);
  } finally {
    rmSync(parent, { recursive: true, force: true });
    git(["worktree", "prune"], revision);
  }
}

/** The path from the root of the repository to this directory: empty, or with a slash at its end. */
export function pathInRepository(): string {
  return git(["rev-parse", "--show-prefix"], "HEAD").trim();
}

function git(args: readonly string[], revision: string): string {
  try {
    return execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    const said = error instanceof Error && "stderr" in error ? `${error.stderr}`.trim() : `${error}`;
    const shallow = "in CI, check out with the whole history (fetch-depth: 0)";
    throw new UsageError(
      `git ${args[0]} for ${JSON.stringify(revision)} failed: ${said || "unknown revision"}\n${shallow}`,
    );
  }
}
