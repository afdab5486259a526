import { normalisePath } from "../../table/normalise.ts";
import type { Template } from "../../table/policies/template.ts";
import { hasConditions } from "../ir/match.ts";
import type { MergedHost, MergedRule } from "../ir/merge.ts";

/** The host whose rules take requests for a name, but for the one of all other names: the name may lead elsewhere. */
export function servingHost(hosts: readonly MergedHost[], name: string): MergedHost | null {
  const named = new Map(hosts.map((host) => [host.hostname, host]));
  const exact = named.get(name);
  if (exact !== undefined) return exact;
  let dot = name.indexOf(".");
  for (let depth = 1; dot > 0; depth++) {
    const wildcard = named.get(`*${name.slice(dot)}`);
    if (wildcard !== undefined && (depth === 1 || wildcard.wildcard === "any-depth")) return wildcard;
    dot = name.indexOf(".", dot + 1);
  }
  return null;
}

/** The rule of a host that takes GET requests for a path; null: none; `unknown`: that depends on the request. */
export function ruleAt({ rules }: MergedHost, template: Template): MergedRule | "unknown" | null {
  const path = literalPath(template);
  if (path === null) return "unknown";
  for (const merged of rules) {
    const { match } = merged.rule;
    if (hasConditions(match) || match.path.type === "RegularExpression") return "unknown";
    if (takes(match.path, path)) return merged;
  }
  return null;
}

/** The rules of a host that may take a request of any kind, for a path of which that alone is known which is no variable. */
export function rulesTaking({ rules }: MergedHost, template: Template): readonly MergedRule[] {
  const whole = literalPath(template);
  const start = whole ?? literalStart(template);
  const taking: MergedRule[] = [];
  for (const merged of rules) {
    const { match } = merged.rule;
    const { path } = match;
    const isPattern = path.type === "RegularExpression";
    const isTaken = !isPattern && takes(path, start) && (whole !== null || path.type === "PathPrefix");
    const mayBe = isPattern || isTaken || (whole === null && `${path.value}/`.startsWith(start));
    if (mayBe) taking.push(merged);
    if (isTaken && !hasConditions(match)) break;
  }
  return taking;
}

/** What each path of a template begins with, to a slash: any variable but that of the whole path may lead up again. */
function literalStart([first, second]: Template): string {
  if (first?.type !== "text" || second?.type !== "request_uri") return "/";
  const normalised = normalisePath(`${first.value.replace(/\/$/, "")}/`);
  return normalised.ok ? normalised.path : "/";
}

function takes({ type, value }: MergedRule["rule"]["match"]["path"], path: string): boolean {
  if (path === value) return true;
  return type === "PathPrefix" && (value === "/" || path.startsWith(`${value}/`));
}

function literalPath(template: Template): string | null {
  let written = "";
  for (const { type, value } of template) {
    if (type !== "text") return null;
    const mark = value.indexOf("?");
    written += mark < 0 ? value : value.slice(0, mark);
    if (mark >= 0) break;
  }
  const normalised = normalisePath(written);
  return normalised.ok ? normalised.path : null;
}
