import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../output.ts";

/** Wherever they are in the repository (gitglossary, "pathspec"). */
const MANIFESTS = ["*.yaml", "*.yml", "*.json"].map((glob) => `:(top)${glob}`);

/** The tree of a commit, in a directory of its own. */
export interface BaseTree {
  readonly root: string;
  /** Whether YAML or JSON of it is gone since, or elsewhere. */
  readonly hasLostFiles: boolean;
}

/**
 * Calls `use` with the whole tree of a commit, and removes it again. Rejects with `UsageError` where git does not know the
 * commit.
 */
export async function withTreeOf<Result>(revision: string, use: (tree: BaseTree) => Promise<Result>): Promise<Result> {
  const commit = git(["rev-parse", "--verify", "--quiet", "--end-of-options", `${revision}^{commit}`], revision).trim();
  const base = git(["merge-base", commit, "HEAD"], revision).trim();
  const parent = mkdtempSync(join(tmpdir(), "edge-ingress-base-"));
  const root = join(parent, "tree");
  try {
    git(["worktree", "add", "--quiet", "--detach", root, base], revision);
    const lost = ["diff", "--no-renames", "--diff-filter=D", "--name-only", base, "--", ...MANIFESTS];
    return await use({ root, hasLostFiles: git(lost, revision).trim() !== "" });
  } finally {
    rmSync(parent, { recursive: true, force: true });
    git(["worktree", "prune"], revision);
  }
}

/** The path from the root of the repository to this directory: empty, or with a slash at its end. */
export function pathInRepository(): string {
  return git(["rev-parse", "--show-prefix"], "HEAD").trim();
}

/**
 * Without what git tells its hooks: with the index of a commit under way, a tree elsewhere would be written over what that
 * commit holds. The variables of `git rev-parse --local-env-vars` that hooks get.
 */
function environment(): NodeJS.ProcessEnv {
  const { GIT_DIR: _, GIT_WORK_TREE: __, GIT_INDEX_FILE: ___, GIT_PREFIX: ____, ...others } = process.env;
  return others;
}

function git(args: readonly string[], revision: string): string {
  try {
    return execFileSync("git", args, { encoding: "utf8", env: environment(), stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    const said = error instanceof Error && "stderr" in error ? `${error.stderr}`.trim() : `${error}`;
    const shallow = "in CI, check out with the whole history (fetch-depth: 0)";
    throw new UsageError(
      `git ${args[0]} for ${JSON.stringify(revision)} failed: ${said || "unknown revision"}\n${shallow}`,
    );
  }
}
