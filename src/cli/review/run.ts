import { existsSync, readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { type ChangeKind, type Diff, failsOn, formatDiffMarkdown } from "../../compiler/index.ts";
import { isMapping } from "../../compiler/resources/schema.ts";
import { compareSides } from "../comparison/compare.ts";
import { type Facts, sideOf } from "../comparison/side.ts";
import { compileOptions, type ManifestFlags } from "../input-options.ts";
import { messageOf, printDiagnostics, UsageError } from "../output.ts";
import { pathInRepository, withTreeOf } from "./base.ts";
import { type PullRequest, putComment } from "./comment.ts";

export interface ReviewFlags extends ManifestFlags {
  readonly base: string;
  readonly failOn?: ChangeKind;
  readonly comment: boolean;
}

/** What the manifests come to; where the paths lead to none at the base, whether they may have been at others. */
interface Reviewed {
  readonly old: Facts | "elsewhere" | "nowhere";
  readonly young: Facts;
  readonly diff: Diff | null;
}

/** Prints what changes for requests since the base, and puts it under the pull request that this runs for. */
export async function runReview(paths: readonly string[], flags: ReviewFlags): Promise<void> {
  const absolute = paths.find((path) => isAbsolute(path) || path.split("/").includes(".."));
  if (absolute !== undefined)
    throw new UsageError(`${absolute} must be below this directory: the base has it at the same place`);
  const options = compileOptions({ ...flags, filename: paths }, "cloudflare");
  const reviewed = await withTreeOf(flags.base, async ({ root, hasLostFiles }): Promise<Reviewed> => {
    const cwd = join(root, pathInRepository());
    const young = { paths, options };
    if (paths.some((path) => existsSync(join(cwd, path)))) {
      return compareSides({ paths, options: { ...options, cwd } }, young);
    }
    return { old: hasLostFiles ? "elsewhere" : "nowhere", young: (await sideOf(young)).facts, diff: null };
  });
  const { markdown, fails } = judge(reviewed, flags);
  process.stdout.write(`${markdown}\n`);
  const { kind, said } = reviewed.young;
  if (kind === "invalid") printDiagnostics(said.diagnostics, said.files);
  if (fails) process.exitCode = 1;
  const to = flags.comment ? pullRequestOf(process.env) : null;
  if (to !== null) await putComment(to, markdown);
}

function judge({ old, young, diff }: Reviewed, { base, failOn }: ReviewFlags) {
  const titled = (text: string) => `### What changes for requests\n\n${text}`;
  if (young.kind === "invalid")
    return { markdown: titled("These manifests have errors: nothing would be deployed."), fails: true };
  if (old === "elsewhere") {
    const markdown = titled(
      `There are no manifests at these paths at \`${base}\`, and files are gone or have moved since: there is nothing to compare with.`,
    );
    return { markdown, fails: failOn !== undefined };
  }
  if (old === "nowhere")
    return { markdown: titled(`There are no manifests at \`${base}\`: all routes are new.`), fails: false };
  // What can't be compared can't be said to be harmless.
  if (diff === null) {
    const markdown = titled(`The manifests at \`${base}\` have errors: there is nothing to compare with.`);
    return { markdown, fails: failOn !== undefined };
  }
  return { markdown: titled(formatDiffMarkdown(diff)), fails: failOn !== undefined && failsOn(diff, failOn) };
}

/**
 * The pull request that a workflow of GitHub runs for; null where there is none, or no token.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/variables
 */
function pullRequestOf(env: NodeJS.ProcessEnv): PullRequest | null {
  const { GITHUB_TOKEN: token, GITHUB_REPOSITORY: repository, GITHUB_API_URL: api, GITHUB_EVENT_PATH: event } = env;
  if (!token || !repository || !event) return null;
  const number = numberIn(event);
  return number === null ? null : { api: api ?? "https://api.github.com", repository, number, token };
}

function numberIn(path: string): number | null {
  try {
    const event: unknown = JSON.parse(readFileSync(path, "utf8"));
    const request = isMapping(event) ? event.pull_request : null;
    const number = isMapping(request) ? request.number : null;
    return typeof number === "number" && Number.isSafeInteger(number) ? number : null;
  } catch (error) {
    throw new UsageError(`GITHUB_EVENT_PATH can't be read: ${messageOf(error)}`);
  }
}
