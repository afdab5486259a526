import { createInterface } from "node:readline/promises";
import { type Command, Option } from "commander";
import type { ChangeKind, Diff } from "../compiler/index.ts";

/** By which a request may be let in that was kept out before; `unknown`: nobody can compare, or not in full. */
export const WEAKENING = ["guard-removed", "guard-changed", "unknown"] as const satisfies readonly (
  | ChangeKind
  | "unknown"
)[];

/** And by which people may get another answer, or none. */
export const ASKED_ABOUT = [...WEAKENING, "re-targeted", "removed"] as const satisfies readonly (
  | ChangeKind
  | "unknown"
)[];
export type AskedAbout = (typeof ASKED_ABOUT)[number];

export interface ConsentFlags {
  readonly allow: readonly AskedAbout[];
  readonly yes: boolean;
}

/** Something has to be allowed first, and nobody is there to ask. */
export const REFUSED = 3;

/** `kinds`: what the command asks about, as `asksOf`. */
export function withConsentOptions(command: Command, kinds: readonly AskedAbout[]): Command {
  return command
    .option("--yes", "whatever the comparison says", false)
    .addOption(new Option("--allow <kind...>", "although the comparison says this").choices(kinds).default([], "none"));
}

/** What of a comparison has to be allowed first. Null: there is none. */
export function asksOf(found: Diff | null, kinds: readonly AskedAbout[]): AskedAbout[] {
  if (found === null) return ["unknown"];
  const { changes, guardSettings, undecided } = found;
  const said = new Set<string>(changes.map(({ kind }) => kind));
  if (guardSettings.length > 0) said.add("guard-changed");
  if (undecided.length > 0) said.add("unknown");
  return kinds.filter((kind) => said.has(kind));
}

/**
 * Whether all of it is allowed: by flags, or by somebody at a terminal. Null: it is; else a sentence why not. `deed`: what
 * is to be done, as `Deploy edge`.
 */
export async function consentTo(
  asks: readonly AskedAbout[],
  { allow, yes }: ConsentFlags,
  deed: string,
): Promise<string | null> {
  const open = yes ? [] : [...new Set(asks)].filter((kind) => !allow.includes(kind));
  if (open.length === 0) return null;
  const answer = await confirmed(`${deed} with ${open.join(", ")}?`);
  if (answer === true) return null;
  return answer === false
    ? "nothing was changed"
    : `refused: ${open.join(", ")}. Allow it with ${open.map((kind) => `--allow ${kind}`).join(" ")}, or all with --yes`;
}

/** Whether somebody at a terminal says yes, where no word and the end of the input are a no; null: nobody is there. */
async function confirmed(question: string): Promise<boolean | null> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return null;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const ended = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
    const answer = await Promise.race([lines.question(`${question} [y/N] `).catch(() => ""), ended]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}
