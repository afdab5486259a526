import { normalisePath, patternReadings } from "../../table/normalise.ts";
import type { RewriteAction, RewriteBlock, RewriteCondition } from "../../table/policies/rewrite-module.ts";
import type { RulePolicies } from "../../table/policies/rule-policies.ts";
import { escapedBytes, sentPath } from "../../table/rewrite.ts";
import { ownResponse, PROBLEMS, type Problem } from "../problem.ts";
import { Moved, type StageFactory } from "./chain.ts";
import { expand, expandLocation, withGroups } from "./expand.ts";
import { changeHeaders } from "./modify-headers.ts";
import type { Visit } from "./visit.ts";

type Groups = readonly (string | undefined)[];
type Outcome = Response | Problem | Moved | null | "goes on";
type Holds = (visit: Visit, path: string) => Groups | null;

const HERE = [
  { type: "scheme", value: "" },
  { type: "text", value: "://" },
  { type: "host", value: "" },
] as const;
const ALWAYS: Holds = () => [];

/** One request on its way through the lines of a level. */
interface State {
  /** Decoded, as lines have left it. */
  path: string;
  isChanged: boolean;
  readonly level: RewriteBlock["level"];
  readonly visit: Visit;
}

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
        if (level === "server" && visit.done !== "none") return null;
        const path = patternReadings(visit.target)?.path;
        if (path === undefined) return "ambiguous";
        const state: State = { path, isChanged: false, level, visit };
        let current: Block | null = null;
        let answer: Outcome = "goes on";
        for (const block of blocks) {
          const groups = block.holds(visit, state.path);
          if (groups === null) continue;
          if (block.isConditional) current = block;
          answer = run(block, groups, state);
          if (answer !== "goes on") break;
        }
        if (answer === "goes on" && state.isChanged) answer = moved(state, level === "server" ? "server" : "root");
        // Of a request that goes on elsewhere the other path's lines count.
        if (current !== null && !(answer instanceof Moved)) changeHeaders(visit.toClient, current.headers, visit);
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
function run({ actions }: Block, groups: Groups, state: State): Outcome {
  const { visit } = state;
  for (const action of actions) {
    const found = action.expression === null ? groups : action.expression.exec(state.path);
    if (found === null) continue;
    switch (action.does) {
      case "break":
        visit.rewritten = state.isChanged ? rewritten(state.path) : null;
        return visit.rewritten === undefined ? "ambiguous" : null;
      case "path":
        visit.rewritten = rewritten(expand(withGroups(action.to, found), visit));
        return visit.rewritten === undefined ? "ambiguous" : null;
      case "location":
        state.path = expand(withGroups(action.to, found), visit);
        return moved(state, "root");
      case "change":
        state.path = expand(withGroups(action.to, found), visit);
        state.isChanged = true;
        break;
      case "redirect":
        return redirected(action, action.expression === null ? found : found.map(escapedGroup), visit);
      case "answer":
        return answered(action, found, visit);
    }
  }
  return "goes on";
}

/** Undefined where nobody can say what a server would make of it. */
function rewritten(bytes: string): Visit["rewritten"] {
  const path = sentPath(bytes);
  return path === null ? undefined : { path, forwardedPrefix: "" };
}

function moved({ path: bytes, visit: { target } }: State, done: Moved["done"]): Moved | Problem {
  const written = sentPath(bytes);
  const normalised = written === null ? null : normalisePath(written);
  if (normalised?.ok !== true) return "ambiguous";
  const { path, others } = normalised;
  return new Moved({ ...target, path, others, sent: target.sent ?? target }, done);
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
