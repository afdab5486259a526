import { type HostRouter, matchReadings } from "../../table/match.ts";
import type { Rule } from "../../table/model.ts";
import { patternReadings } from "../../table/normalise.ts";
import { leadsElsewhere, type RewriteAction, type RewriteBlock } from "../../table/policies/rewrite-module.ts";
import {
  afterLines,
  type Course,
  countedMoves,
  type Done,
  type Led,
  lineBlock,
  MOST_MOVES,
  runBlock,
} from "../../table/rewrite-lines.ts";
import type { RequestTarget } from "../../table/target.ts";
import { templateText } from "../resources/templates.ts";
import { askedOf, headersOf, type ToldRequest, Untold, viewOf } from "./told-request.ts";

/** Which block of a rule's lines, counted over all of its snippets; or another stage that comes before those of a location. */
export type Doer = number | "redirects" | "cors";

/** A rule whose lines lead the request on. */
export interface Step {
  readonly rule: Rule;
  readonly by: number;
  /** The path that they put in the place of the one before. */
  readonly path: string;
}

/** What can't be told of a rule's lines. */
export interface Undecided {
  readonly rule: Rule;
  readonly by: Doer;
  /** What they look at: "the client's address". */
  readonly about: string;
  /** Where they may lead the request, as written; none: they may only answer it. */
  readonly to: readonly string[];
}

/** The way of a request from rule to rule, as far as it can be told. */
export interface Journey {
  readonly steps: readonly Step[];
  /** As the last rule is asked for it. */
  readonly target: RequestTarget;
  /** The rule that takes it in the end. `cycle`: led on once more than the edge allows; `unreadable`: to no path that all servers read alike. */
  readonly end: Rule | null | "ambiguous" | "cycle" | "unreadable";
  /** Lines or redirects that answer in the place of a Service. */
  readonly answered: { readonly rule: Rule; readonly by: Doer; readonly status: number } | null;
  /** In their order; only the last may lead the request elsewhere. */
  readonly undecided: readonly Undecided[];
}

/**
 * Leads a request through the lines of snippets as the edge does (`src/edge/app.ts`, `lead`), by the edge's own code. Guards are
 * not played, nor the size of a body.
 */
export function journeyOf(
  router: HostRouter,
  start: RequestTarget,
  told: ToldRequest,
  trustedProxies: readonly string[],
): Journey {
  const view = viewOf(told, start.query);
  const steps: Step[] = [];
  const undecided: Undecided[] = [];
  let target = start;
  let done: Done = "none";
  let moves = 0;
  for (;;) {
    const rule = matchReadings(router, target, view);
    const ended = { steps, target, end: rule, answered: null, undecided };
    if (rule === null || rule === "ambiguous") return ended;
    const leg = runLines(rule, target, told, trustedProxies, done);
    undecided.push(...leg.undecided.map((one) => ({ ...one, rule })));
    const { course } = leg;
    if (course.kind === "ambiguous") return { ...ended, end: "unreadable" };
    if (course.kind === "answered") return { ...ended, answered: { rule, by: leg.by, status: course.status } };
    if (course.kind !== "moved" || typeof leg.by !== "number") return ended;
    const { path, others } = course.path;
    done = course.done;
    moves = countedMoves(moves, done);
    target = { ...target, path, others, sent: target.sent ?? target };
    steps.push({ rule, by: leg.by, path });
    if (moves > MOST_MOVES) return { ...ended, target, end: "cycle" };
  }
}

interface Leg {
  readonly course: Led | { readonly kind: "answered"; readonly status: number };
  /** Who makes it so. */
  readonly by: Doer;
  readonly undecided: Omit<Undecided, "rule">[];
}

/** The stages of a rule that may answer or lead on before its guards, in the edge's order (`src/edge/stages/chain.ts`). */
function runLines(
  { policies }: Rule,
  target: RequestTarget,
  told: ToldRequest,
  trustedProxies: readonly string[],
  done: Done,
): Leg {
  const asked = askedOf(told, target, trustedProxies);
  const undecided: Leg["undecided"] = [];
  const all = policies.rewriteModule;
  const actionsOf = (name: RewriteBlock["level"]) =>
    all.filter((one) => one.level === name).flatMap(({ actions }) => actions);
  let by = 0;

  function level(name: RewriteBlock["level"]): Leg["course"] | "undecided" {
    const path = patternReadings(target)?.path;
    const indices = [...all.keys()].filter((index) => all[index]?.level === name);
    if (indices.length === 0) return { kind: "goes on" };
    if (path === undefined) return { kind: "ambiguous" };
    const state = { path, isChanged: false };
    for (const [place, index] of indices.entries()) {
      const written = all[index] as RewriteBlock;
      const block = lineBlock(written);
      let course: Course;
      try {
        const groups = block.holds(asked, state.path);
        course = groups === null ? { kind: "goes on" } : runBlock(block, groups, state, asked);
      } catch (error) {
        if (!(error instanceof Untold)) throw error;
        const reached = block.actions.filter(({ expression }) => expression === null || expression.test(state.path));
        if (reached.length === 0) continue;
        const later = indices.slice(place).flatMap((other) => (all[other] as RewriteBlock).actions);
        const answers = reached.every(isAnswer);
        const here = answers ? [] : [...(state.isChanged ? [state.path] : []), ...placesOf(later)];
        // Those of a location are run where a server's lead nowhere.
        const to =
          here.length > 0 && name === "server" ? [...new Set([...here, ...placesOf(actionsOf("location"))])] : here;
        if (to.length > 0 || later.some(isAnswer)) undecided.push({ by: index, about: error.about, to });
        if (answers) continue;
        return to.length > 0 ? "undecided" : { kind: "goes on" };
      }
      if (course.kind !== "goes on" || block.actions.some(({ does }) => does === "change")) by = index;
      if (course.kind === "answered") return { kind: "answered", status: course.action.status };
      if (course.kind !== "goes on") return course;
    }
    return afterLines(state, name);
  }

  if (done === "none") {
    const course = level("server");
    if (course === "undecided") return { course: { kind: "goes on" }, by, undecided };
    if (course.kind === "moved" || course.kind === "answered" || course.kind === "ambiguous") {
      return { course, by, undecided };
    }
  }
  if (all.every((block) => block.level === "server")) return { course: { kind: "goes on" }, by, undecided };
  const root = policies.redirects.find(({ only }) => only === "root");
  if (root !== undefined && done !== "root" && /^\/+$/.test(target.path)) {
    return { course: { kind: "answered", status: root.status }, by: "redirects", undecided };
  }
  const preflight = told.method === "OPTIONS" && policies.cors !== null && isAllowed(policies.cors.allowOrigins, told);
  if (preflight === "untold") {
    undecided.push({ by: "cors", about: "whether CORS allows the origin", to: placesOf(actionsOf("location")) });
    return { course: { kind: "goes on" }, by, undecided };
  }
  if (preflight) return { course: { kind: "answered", status: 204 }, by: "cors", undecided };
  const course = level("location");
  return { course: course === "undecided" ? { kind: "goes on" } : course, by, undecided };
}

function isAnswer({ does }: RewriteAction): boolean {
  return does === "answer" || does === "redirect";
}

function placesOf(actions: readonly RewriteAction[]): string[] {
  return [...new Set(actions.filter(leadsElsewhere).map(({ to }) => templateText(to)))];
}

/** Whether CORS answers a preflight itself; origins with wildcards are not compared here. */
function isAllowed(origins: readonly string[], { headers }: ToldRequest): boolean | "untold" {
  if (origins.includes("*")) return true;
  const sent = headersOf(headers).get("origin");
  if (sent === null) return false;
  if (origins.includes(sent.toLowerCase())) return true;
  return origins.some((origin) => origin.includes("*")) ? "untold" : false;
}
