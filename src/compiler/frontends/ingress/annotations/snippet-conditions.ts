import type { RewriteCondition } from "../../../../table/policies/rewrite-module.ts";
import type { Template } from "../../../../table/policies/template.ts";
import { translatePattern } from "../../../patterns/translate.ts";
import { isUnreadable, parseTemplate, type Unreadable } from "../../../resources/templates.ts";

export interface ReadCondition {
  readonly condition: RewriteCondition;
  /** Groups that lines of its block may put in. */
  readonly groups: Groups;
}

/** How many groups an expression has, and those that two engines fill differently. */
export interface Groups {
  readonly count: number;
  readonly unsteady: ReadonlySet<number>;
}

export const NO_GROUPS: Groups = { count: 0, unsteady: new Set() };

const PATH = /^\$(?:uri|document_uri|\{uri\}|\{document_uri\})$/;
const MATCHES = /^(!?)~(\*?)$/;

/** The words after `if`, brackets included (nginx/nginx:src/http/modules/ngx_http_rewrite_module.c, ngx_http_rewrite_if_condition). */
export function readCondition(written: readonly string[]): ReadCondition | Unreadable {
  const words = withoutBrackets(written);
  const [variable = "", operator, value, ...more] = words ?? [];
  if (!/^\$/.test(variable) || more.length > 0) return { problem: "has a condition that is not read here" };
  const subject: Template | Unreadable = PATH.test(variable) ? [] : parseTemplate(variable);
  if (isUnreadable(subject)) return subject;
  if (subject.length > 1) return { problem: "has a condition of more than one variable" };
  const base = { subject, caseless: false, negated: false };
  if (operator === undefined) return read({ ...base, test: "set", value: "" });
  if (value === undefined) return { problem: "has a condition that is not read here" };
  if (operator === "=" || operator === "!=") {
    if (value.includes("$")) return { problem: "compares two variables" };
    return read({ ...base, test: "equals", value, negated: operator === "!=" });
  }
  const [, not, star] = MATCHES.exec(operator) ?? [];
  if (not === undefined) return { problem: "has a condition that is not read here" };
  const translation = translatePattern(value, { caseless: star === "*" });
  if (!translation.ok) return { problem: `has a pattern that ${translation.problem.says}` };
  const { source, captures, unsteady } = translation.pattern;
  const negated = not === "!";
  const condition = { ...base, test: "matches", value: source, caseless: star === "*", negated } as const;
  return { condition, groups: negated ? NO_GROUPS : { count: captures, unsteady } };
}

function read(condition: RewriteCondition): ReadCondition {
  return { condition, groups: NO_GROUPS };
}

/** `(` may stand alone or before the first word, `)` alone or after the last. */
function withoutBrackets(written: readonly string[]): readonly string[] | null {
  const [first = "", ...rest] = written;
  if (!first.startsWith("(")) return null;
  const opened = first === "(" ? rest : [first.slice(1), ...rest];
  const last = opened.at(-1) ?? "";
  if (!last.endsWith(")")) return null;
  return last === ")" ? opened.slice(0, -1) : [...opened.slice(0, -1), last.slice(0, -1)];
}
