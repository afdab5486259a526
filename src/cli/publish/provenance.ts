import { execFileSync } from "node:child_process";
import { userInfo } from "node:os";
import type { Publication } from "../../table/publication.ts";
import { note } from "./table-namespace.ts";

type Provenance = Pick<Publication, "by" | "commit" | "message">;

/** Who publishes, of which commit, and why: of GitHub Actions and GitLab CI, else of git and the system. */
export function provenance(message: string | undefined, env = process.env): Provenance {
  const by = env.GITHUB_ACTOR ?? env.GITLAB_USER_LOGIN ?? (git("config", "user.name") || user());
  const commit = env.GITHUB_SHA ?? env.CI_COMMIT_SHA ?? git("rev-parse", "HEAD");
  return { by: note(by), commit: note(commit), message: note(message ?? git("log", "-1", "--format=%s")) };
}

/** Empty where there is no git, or no repository here. */
function git(...args: readonly string[]): string {
  try {
    return execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], timeout: 5_000 }).trim();
  } catch {
    return "";
  }
}

function user(): string {
  try {
    return userInfo().username;
  } catch {
    return "";
  }
}
