import { type Asked, expand, withGroups } from "./expand.ts";
import { type NormalisedTexts, normalisePath } from "./normalise.ts";
import type { RewriteAction, RewriteBlock, RewriteCondition } from "./policies/rewrite-module.ts";
import { escapedBytes, type Rewritten, sentPath } from "./rewrite.ts";

export type Groups = readonly (string | undefined)[];
type Holds = (asked: Asked, path: string) => Groups | null;

/** How often lines of locations lead one request on; the next time it is answered 500 (nginx's NGX_HTTP_MAX_URI_CHANGES). */
export const MOST_MOVES = 10;

/** Which lines of a host are done with where one has led a request to another rule: the server's, or the redirect of its root too. */
export type Done = "none" | "server" | "root";

/** What lines make of a request that they do not answer. */
export type Led =
  | { readonly kind: "goes on" }
  /** No later line of the level is run; null: the path stays. */
  | { readonly kind: "kept"; readonly rewritten: Rewritten | null }
  /** The rules of the host are matched anew. */
  | { readonly kind: "moved"; readonly path: NormalisedTexts; readonly done: Exclude<Done, "none"> }
  /** Nobody can say what a server would make of the path. */
  | { readonly kind: "ambiguous" };

/** What lines make of a request. */
export type Course =
  | Led
  /** An answer or a redirect, with the groups for its text. */
  | { readonly kind: "answered"; readonly action: RewriteAction; readonly groups: Groups };

/** A request's path on its way through the lines: decoded, as they have left it. */
export interface LinesState {
  path: string;
  isChanged: boolean;
}

/** Lines under one condition, ready to run. */
export interface LineBlock {
  readonly isConditional: boolean;
  /** The groups of its condition; null: it does not hold. */
  readonly holds: Holds;
  readonly headers: RewriteBlock["headers"];
  readonly actions: readonly (RewriteAction & { readonly expression: RegExp | null })[];
}

const ALWAYS: Holds = () => [];
const GOES_ON: Led = { kind: "goes on" };
const AMBIGUOUS: Led = { kind: "ambiguous" };

/** Compiles the expressions of lines once. */
export function lineBlock({ condition, headers, actions }: RewriteBlock): LineBlock {
  return {
    isConditional: condition !== null,
    holds: condition === null ? ALWAYS : holdsOf(condition),
    headers,
    actions: actions.map((action) => ({
      ...action,
      expression: action.pattern === "" ? null : new RegExp(action.pattern),
    })),
  };
}

function holdsOf({ subject, test, value, caseless, negated }: RewriteCondition): Holds {
  const expression = test === "matches" ? new RegExp(value, caseless ? "i" : "") : null;
  return (asked, path) => {
    const text = subject.length === 0 ? path : expand(subject, asked);
    if (expression === null) {
      const holds = test === "equals" ? text === value : text !== "" && text !== "0";
      return holds === negated ? null : [];
    }
    const found = expression.exec(text);
    if (negated) return found === null ? [] : null;
    // Groups of the path are bytes; all else is as the client sent it.
    return subject.length === 0 ? (found?.map(escapedGroup) ?? null) : found;
  };
}

/** Runs the lines of a block whose condition holds; `state` is changed where later lines see another path. */
export function runBlock({ actions }: LineBlock, groups: Groups, state: LinesState, asked: Asked): Course {
  for (const action of actions) {
    const found = action.expression === null ? groups : action.expression.exec(state.path);
    if (found === null) continue;
    switch (action.does) {
      case "break":
        return state.isChanged ? kept(state.path) : { kind: "kept", rewritten: null };
      case "path":
        return kept(expand(withGroups(action.to, found), asked));
      case "location":
        return movedTo(expand(withGroups(action.to, found), asked), "root");
      case "change":
        state.path = expand(withGroups(action.to, found), asked);
        state.isChanged = true;
        break;
      case "redirect":
        return { kind: "answered", action, groups: action.expression === null ? found : found.map(escapedGroup) };
      case "answer":
        return { kind: "answered", action, groups: found };
    }
  }
  return GOES_ON;
}

/** What becomes of a request when all lines of the level have run. */
export function afterLines({ isChanged, path }: LinesState, level: RewriteBlock["level"]): Led {
  return isChanged ? movedTo(path, level === "server" ? "server" : "root") : GOES_ON;
}

function kept(bytes: string): Led {
  const path = sentPath(bytes);
  return path === null ? AMBIGUOUS : { kind: "kept", rewritten: { path, forwardedPrefix: "" } };
}

function movedTo(bytes: string, done: Exclude<Done, "none">): Led {
  const written = sentPath(bytes);
  const normalised = written === null ? null : normalisePath(written);
  return normalised?.ok === true ? { kind: "moved", path: normalised, done } : AMBIGUOUS;
}

/** nginx counts those of locations alone: after the lines of a server it has not looked for one yet (ngx_http_core_module.c). */
export function countedMoves(before: number, done: Done): number {
  return done === "server" ? before : before + 1;
}

function escapedGroup(group: string | undefined): string {
  return escapedBytes(group ?? "");
}
