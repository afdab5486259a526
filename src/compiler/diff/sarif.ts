import { placeOf } from "../report.ts";
import { type SarifLevel, type SarifRule, sarifLog } from "../sarif.ts";
import type { Answer, Change, ChangeKind, Diff } from "./change.ts";
import { changeText, undecidedText } from "./text.ts";

const KINDS: Readonly<Record<ChangeKind, { readonly title: string; readonly level: SarifLevel }>> = {
  "guard-removed": { title: "Requests are served with a guard less than before", level: "error" },
  "guard-changed": { title: "A guard of requests says something else", level: "warning" },
  "re-targeted": { title: "Requests go to other backends or endpoints, or with other shares", level: "warning" },
  removed: { title: "Requests are no longer served", level: "warning" },
  "guard-tightened": {
    title: "A guard of requests says something else, and lets in no more than before",
    level: "note",
  },
  "guard-added": { title: "Requests are served with a guard more than before", level: "note" },
  added: { title: "Requests are served that were not before", level: "note" },
  changed: { title: "Another policy or time limit holds for requests", level: "note" },
};

const RULES: readonly SarifRule[] = [
  ...Object.entries(KINDS).map(([id, kind]) => ({ id, ...kind })),
  { id: "settings", title: "What holds for all requests differs", level: "warning" },
  { id: "undecided", title: "Requests that could not be compared in full", level: "warning" },
];

/** A diff for code scanning: each change at the rule that takes its requests now, or took them. */
export function formatDiffSarif({ changes, settings, undecided }: Diff, version: string): string {
  return sarifLog(version, RULES, [
    ...changes.map(changeResult),
    ...settings.map((message) => ({ rule: "settings", level: "warning" as const, message, place: null })),
    ...undecided.map((one) => {
      return { rule: "undecided", level: "warning" as const, message: undecidedText(one), place: null };
    }),
  ]);
}

function changeResult(change: Change) {
  const { kind, was, is } = change;
  const before = placeOfAnswer(was);
  const now = placeOfAnswer(is);
  const isElsewhere = before !== null && now !== null;
  return {
    rule: kind,
    level: KINDS[kind].level,
    message: changeText(change),
    place: now ?? before,
    related: isElsewhere ? [{ message: "taken by this rule before", place: before }] : [],
  };
}

function placeOfAnswer(answer: Answer) {
  return "status" in answer ? null : placeOf(answer.at);
}
