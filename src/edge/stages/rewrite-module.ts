import { patternReadings } from "../../table/normalise.ts";
import type { RewriteAction, RewriteBlock, RewriteCondition } from "../../table/policies/rewrite-module.ts";
import type { RulePolicies } from "../../table/policies/rule-policies.ts";
import { escapedBytes, sentPath } from "../../table/rewrite.ts";
import { ownResponse, PROBLEMS, type Problem } from "../problem.ts";
import type { StageFactory } from "./chain.ts";
import { expand, expandLocation, withGroups } from "./expand.ts";
import { changeHeaders } from "./modify-headers.ts";
import type { Visit } from "./visit.ts";

type Groups = readonly (string | undefined)[];
type Holds = (visit: Visit, path: string) => Groups | null;

const HERE = [
  { type: "scheme", value: "" },
  { type: "text", value: "://" },
  { type: "host", value: "" },
] as const;
const ALWAYS: Holds = () => [];

interface Block {
  readonly isConditional: boolean;
  readonly holds: Holds;
  readonly headers: RewriteBlock["headers"];
  readonly actions: readonly (RewriteAction & { readonly expression: RegExp | null })[];
}

/**
 * What the snippets of a level make of a request, line by line as nginx does: the first answer counts, and of the conditions
 * that hold the last one's headers.
 */
export function rewriteModule(level: RewriteBlock["level"]): StageFactory {
  return ({ rewriteModule: all }: RulePolicies) => {
    const blocks = all.filter((block) => block.level === level).map(blockOf);
    if (blocks.length === 0) return null;
    return {
      handle(visit) {
        const path = patternReadings(visit.target)?.path;
        if (path === undefined) return "ambiguous";
        let current: Block | null = null;
        let answer: Response | Problem | null | "goes on" = "goes on";
        for (const block of blocks) {
          const groups = block.holds(visit, path);
          if (groups === null) continue;
          if (block.isConditional) current = block;
          answer = run(block, groups, path, visit);
          if (answer !== "goes on") break;
        }
        if (current !== null) changeHeaders(visit.toClient, current.headers, visit);
        return answer === "goes on" ? null : answer;
      },
    };
  };
}

function blockOf({ condition, headers, actions }: RewriteBlock): Block {
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
  return (visit, path) => {
    const text = subject.length === 0 ? path : expand(subject, visit);
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

/** Null: the request goes on without what comes after. */
function run({ actions }: Block, groups: Groups, path: string, visit: Visit): Response | Problem | null | "goes on" {
  for (const action of actions) {
    const found = action.expression === null ? groups : action.expression.exec(path);
    if (found === null) continue;
    switch (action.does) {
      case "break":
        visit.rewritten = null;
        return null;
      case "path": {
        const written = sentPath(expand(withGroups(action.to, found), visit));
        if (written === null) return "ambiguous";
        visit.rewritten = { path: written, forwardedPrefix: "" };
        return null;
      }
      case "redirect":
        return redirected(action, action.expression === null ? found : found.map(escapedGroup), visit);
      case "answer":
        return answered(action, found, visit);
    }
  }
  return "goes on";
}

function redirected({ status, to, query, absolute }: RewriteAction, groups: Groups, visit: Visit): Response {
  const asked = visit.target.query.slice(1);
  const more = query === "none" || asked === "" ? "" : (query === "first" ? "?" : "&") + asked;
  const full = expandLocation([...withGroups(to, groups), { type: "text", value: more }], visit);
  const location = absolute && full.startsWith("/") ? expand(HERE, visit) + full : full;
  return new Response(null, { status, headers: { location, "x-request-id": visit.requestId } });
}

/** Without a text errors are answered as all others of the edge. */
function answered({ status, to, contentType }: RewriteAction, groups: Groups, visit: Visit): Response {
  const { request, requestId } = visit;
  if (to.length === 0 && status >= 400) {
    const known = Object.values(PROBLEMS).find((problem) => problem.status === status && problem.status !== 400);
    const { title = `Status ${status}`, detail = "This address is answered so." } = known ?? {};
    return ownResponse({ status, title, detail }, request, requestId);
  }
  const isBare = request.method === "HEAD" || status === 204 || status === 205 || status === 304;
  const headers = { "content-type": contentType, "x-request-id": requestId };
  return new Response(isBare ? null : expand(withGroups(to, groups), visit), { status, headers });
}

function escapedGroup(group: string | undefined): string {
  return escapedBytes(group ?? "");
}
