import { expand, expandLocation, withGroups } from "../../table/expand.ts";
import { patternReadings } from "../../table/normalise.ts";
import type { RewriteAction, RewriteBlock } from "../../table/policies/rewrite-module.ts";
import type { RulePolicies } from "../../table/policies/rule-policies.ts";
import {
  afterLines,
  type Course,
  type Groups,
  type LineBlock,
  lineBlock,
  runBlock,
} from "../../table/rewrite-lines.ts";
import { ownResponse, PROBLEMS, type Problem } from "../problem.ts";
import { Moved, type StageFactory } from "./chain.ts";
import { changeHeaders } from "./modify-headers.ts";
import type { Visit } from "./visit.ts";

const HERE = [
  { type: "scheme", value: "" },
  { type: "text", value: "://" },
  { type: "host", value: "" },
] as const;

/**
 * What the snippets of a level make of a request, line by line as nginx does: the first answer counts, and of the conditions
 * that hold the last one's headers.
 */
export function rewriteModule(level: RewriteBlock["level"]): StageFactory {
  return ({ rewriteModule: all }: RulePolicies) => {
    const blocks = all.filter((block) => block.level === level).map(lineBlock);
    if (blocks.length === 0) return null;
    return {
      handle(visit) {
        if (level === "server" && visit.done !== "none") return null;
        const path = patternReadings(visit.target)?.path;
        if (path === undefined) return "ambiguous";
        const state = { path, isChanged: false };
        let current: LineBlock | null = null;
        let course: Course | null = null;
        for (const block of blocks) {
          const groups = block.holds(visit, state.path);
          if (groups === null) continue;
          if (block.isConditional) current = block;
          course = runBlock(block, groups, state, visit);
          if (course.kind !== "goes on") break;
        }
        if (course?.kind === "goes on") course = afterLines(state, level);
        // Of a request that goes on elsewhere the other path's lines count.
        if (current !== null && course?.kind !== "moved") changeHeaders(visit.toClient, current.headers, visit);
        return course === null ? null : outcomeOf(course, visit);
      },
    };
  };
}

/** Null: the request goes on to the next stage. */
function outcomeOf(course: Course, visit: Visit): Response | Problem | Moved | null {
  switch (course.kind) {
    case "goes on":
      return null;
    case "kept":
      visit.rewritten = course.rewritten;
      return null;
    case "moved": {
      const { target } = visit;
      const { path, others } = course.path;
      return new Moved({ ...target, path, others, sent: target.sent ?? target }, course.done);
    }
    case "ambiguous":
      return "ambiguous";
    case "answered": {
      const { action, groups } = course;
      return action.does === "redirect" ? redirected(action, groups, visit) : answered(action, groups, visit);
    }
  }
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
