import { type Command, Option } from "commander";
import { CHANGE_KINDS } from "../compiler/index.ts";
import { withManifestOptions } from "./input-options.ts";
import type { ReviewFlags } from "./review/run.ts";

/** `review`: what a pull request changes for requests. */
export function addReviewCommand(program: Command): void {
  withManifestOptions(program.command("review"))
    .summary("tell what a branch changes for requests, as a comment of its pull request")
    .description(
      "Compares manifests with those of the commit where this branch left BASE, and prints the changes as Markdown. In a " +
        "workflow of GitHub with GITHUB_TOKEN they become a comment of the pull request, one that is written over each time.",
    )
    .argument("<path...>", "manifests: files and directories below this one")
    .requiredOption("--base <revision>", "of git: the branch that this one goes into, as in origin/main")
    .addOption(
      new Option("--fail-on <kind>", "exit code 1 where there is a change of this kind or a worse one").choices(
        CHANGE_KINDS,
      ),
    )
    .option("--no-comment", "print alone")
    .addHelpText(
      "after",
      `
Kinds, the worst first: ${CHANGE_KINDS.join(", ")}.
Exit code: 0 compared, 1 errors in the manifests or a change that --fail-on names, 2 wrong use, or GitHub said no.

Examples:
  $ edge-ingress review manifests --base origin/main
  $ edge-ingress review manifests --base origin/main --fail-on guard-removed > review.md
`,
    )
    .action(async (paths: readonly string[], flags: ReviewFlags) =>
      (await import("./review/run.ts")).runReview(paths, flags),
    );
}
