import type { RewriteAction } from "../../../../table/policies/rewrite-module.ts";
import type { Template, TemplatePart } from "../../../../table/policies/template.ts";
import { translatePattern } from "../../../patterns/translate.ts";
import { isUnreadable, type Unreadable } from "../../../resources/templates.ts";
import type { Groups } from "./snippet-conditions.ts";

/** What the lines of a snippet are read with. */
export interface RewriteContext {
  readonly read: (text: string) => Template | Unreadable;
  /** `relative-redirects`. */
  readonly relative: boolean;
  /** `default_type`. */
  readonly contentType: string;
}

export type ReadAction = { readonly action: RewriteAction; readonly remark: string | null };

const BASE = { pattern: "", status: 0, to: [], absolute: false, query: "none", contentType: "" } as const;
const REDIRECTS = [301, 302, 303, 307, 308];
const URL_START = /^(?:https?:\/\/|\$scheme\b|\$\{scheme\})/;

/** The words after `return` (nginx/nginx:src/http/modules/ngx_http_rewrite_module.c, ngx_http_rewrite_return). */
export function readReturn(args: readonly string[], groups: Groups, context: RewriteContext): ReadAction | Unreadable {
  const [first = "", text, ...more] = args;
  if (first === "" || more.length > 0) return { problem: "is not read in this form" };
  if (!/^\d+$/.test(first)) {
    if (text !== undefined || !URL_START.test(first)) return { problem: "is not read in this form" };
    return redirect(302, first, groups, context);
  }
  const status = Number(first);
  // Answered by no answer at all: the connection is closed.
  if (status === 444 && text === undefined) {
    const action = { ...BASE, does: "answer", status: 403 } as const;
    return { action, remark: "answers 403 where nginx closes the connection" };
  }
  if (status < 200 || status > 599 || status === 444) return { problem: "has a status that the edge does not answer" };
  if (REDIRECTS.includes(status)) {
    return text === undefined ? { problem: "leads nowhere" } : redirect(status, text, groups, context);
  }
  const to = filledTemplate(text ?? "", groups, context);
  if (isUnreadable(to)) return to;
  return { action: { ...BASE, does: "answer", status, to, contentType: context.contentType }, remark: null };
}

/** What becomes of a request whose path a `rewrite` has changed, by its flag. */
const CHANGED: Readonly<Record<string, RewriteAction["does"]>> = { last: "location", break: "path", "": "change" };

/** The words after `rewrite`. */
export function readRewrite(args: readonly string[], context: RewriteContext): ReadAction | Unreadable {
  const [regex = "", written, flag, ...more] = args;
  if (written === undefined || more.length > 0) return { problem: "is not read in this form" };
  const translation = translatePattern(regex, { caseless: false });
  if (!translation.ok) return { problem: `has a pattern that ${translation.problem.says}` };
  const { source, captures, unsteady } = translation.pattern;
  const groups = { count: captures, unsteady };
  const isUrl = URL_START.test(written);
  if (flag === "permanent" || flag === "redirect" || isUrl) {
    if (flag !== undefined && !["permanent", "redirect", "last", "break"].includes(flag)) {
      return { problem: "is not read in this form" };
    }
    const withoutQuery = written.endsWith("?");
    const made = redirect(
      flag === "permanent" ? 301 : 302,
      withoutQuery ? written.slice(0, -1) : written,
      groups,
      context,
    );
    if (isUnreadable(made)) return made;
    const query = withoutQuery ? "none" : written.includes("?") ? "more" : "first";
    return { action: { ...made.action, pattern: source, query }, remark: null };
  }
  const does = CHANGED[flag ?? ""];
  if (does === undefined) return { problem: "is not read in this form" };
  if (written.includes("?")) return { problem: "changes the query" };
  const to = filledTemplate(written, groups, context);
  if (isUnreadable(to)) return to;
  if (to.some(({ type }) => type !== "text" && type !== "capture")) return { problem: "puts a variable into the path" };
  return { action: { ...BASE, does, pattern: source, to }, remark: null };
}

export const BREAK: RewriteAction = { ...BASE, does: "break" };

function redirect(status: number, text: string, groups: Groups, context: RewriteContext): ReadAction | Unreadable {
  const to = filledTemplate(text, groups, context);
  if (isUnreadable(to)) return to;
  // A variable or a group may hold either.
  if (!/^[/$]/.test(text) && !URL_START.test(text)) {
    return { problem: "leads to something else than a URL or a path" };
  }
  const action = { ...BASE, does: "redirect", status, to, absolute: !context.relative } as const;
  return { action, remark: null };
}

/** A text with variables and, as `$1` to `$9`, groups of one digit. */
function filledTemplate(text: string, { count, unsteady }: Groups, { read }: RewriteContext): Template | Unreadable {
  const parts: TemplatePart[] = [];
  for (const [index, piece] of text.split(/\$([1-9])/).entries()) {
    if (index % 2 === 1) {
      const number = Number(piece);
      if (number > count) return { problem: "puts in a group that its pattern has not" };
      if (unsteady.has(number)) return { problem: "puts in a group that a later turn of a repetition may pass by" };
      parts.push({ type: "capture", value: piece });
    } else if (piece !== "") {
      const template = read(piece);
      if (isUnreadable(template)) return template;
      parts.push(...template);
    }
  }
  return parts;
}
