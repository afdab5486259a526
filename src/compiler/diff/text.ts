import { printable } from "../diagnostics/printable.ts";
import { cell, code } from "../markdown.ts";
import { type Paint, plain, type Style } from "../paint.ts";
import {
  type Answer,
  CHANGE_KINDS,
  type Change,
  type ChangeKind,
  type Diff,
  type Undecided,
  type Witness,
} from "./change.ts";

const STYLES: Readonly<Record<ChangeKind, Style>> = {
  "guard-removed": "error",
  "guard-changed": "warning",
  "re-targeted": "warning",
  removed: "warning",
  "guard-added": "good",
  "guard-tightened": "good",
  added: "good",
  changed: "info",
};

/** A diff for people, the worst changes first and a line that counts them last; never ends with a line break. */
export function formatDiff(diff: Diff, paint: Paint = plain): string {
  const blocks = diff.changes.map((change) => {
    const head = `${paint(STYLES[change.kind], change.kind)}: ${paint("strong", printable(requestText(change.witness)))}`;
    return [head, ...changeLines(change).map(printable)].join("\n");
  });
  const settings = diff.settings.length === 0 ? [] : [diff.settings.map(printable).join("\n")];
  const undecided = diff.undecided.map(undecidedText).map(printable);
  return [...blocks, ...settings, ...undecided, summaryOf(diff)].join("\n\n");
}

/** A host that may differ, in words. */
export function undecidedText({ host, reason }: Undecided): string {
  return `may differ: ${host}: ${reason}`;
}

/** The same as Markdown, for the comment of a pull request: a table of the changes, their requests as `curl` would send them. */
export function formatDiffMarkdown(diff: Diff): string {
  const rows = diff.changes.map(
    ({ kind, witness, was, is, differences }) =>
      `| ${kind} | ${code(requestText(witness))} | ${cell(answerText(was))} | ${cell(answerText(is))} | ${cell(differences.join("; "))} |`,
  );
  const table =
    rows.length === 0
      ? []
      : [["| Change | Request | Was | Is | What differs |", "| --- | --- | --- | --- | --- |", ...rows].join("\n")];
  const settings = diff.settings.length === 0 ? [] : [diff.settings.map((line) => `- ${cell(line)}`).join("\n")];
  const undecided = diff.undecided.map((one) => `- ${cell(undecidedText(one))}`);
  return [`**${summaryOf(diff)}**`, ...table, ...settings, ...undecided].join("\n\n");
}

/** How many changes of each kind there are; in words where there are none. */
export function summaryOf({ changes, settings, undecided }: Diff): string {
  const counts = CHANGE_KINDS.map((kind) => [kind, changes.filter((change) => change.kind === kind).length] as const);
  const said = counts.filter(([, count]) => count > 0).map(([kind, count]) => `${count} ${kind}`);
  const more = settings.length === 0 ? [] : [`${settings.length} of settings`];
  if (undecided.length > 0) more.push(`${undecided.length} undecided`);
  return [...said, ...more].join(", ") || "no request is treated in another way";
}

function changeLines({ was, is, differences }: Change): string[] {
  return [`  was  ${answerText(was)}`, `  is   ${answerText(is)}`, ...differences.map((line) => `  ${line}`)];
}

/** A change on one line. */
export function changeText({ kind, witness, was, is, differences }: Change): string {
  const what = differences.length === 0 ? "" : `: ${differences.join("; ")}`;
  return `${kind}: ${requestText(witness)}: was ${answerText(was)}, is ${answerText(is)}${what}`;
}

function requestText({ method, url, headers }: Witness): string {
  return [`${method} ${url}`, ...headers.map(([name, value]) => `${name}: ${value}`)].join(", ");
}

function answerText(answer: Answer): string {
  if ("status" in answer) return `${answer.status}: ${answer.reason}`;
  return `${answer.rule}, ${answer.from}${answer.at === null ? "" : ` at ${answer.at}`}`;
}

/** Whether there is a change of this kind or a worse one, or may be: hosts that are undecided are not known to be harmless. */
export function failsOn({ changes, guardSettings, undecided }: Diff, least: ChangeKind): boolean {
  const worst = CHANGE_KINDS.indexOf(least);
  if (guardSettings.length > 0 && worst >= CHANGE_KINDS.indexOf("guard-changed")) return true;
  return undecided.length > 0 || changes.some(({ kind }) => CHANGE_KINDS.indexOf(kind) <= worst);
}
