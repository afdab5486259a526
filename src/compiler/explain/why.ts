import { CATCH_ALL } from "../../table/layout.ts";
import type { Rule } from "../../table/model.ts";
import type { Contender } from "./explanation.ts";

const TAKES: Readonly<Record<Rule["pathType"], string>> = {
  Exact: "its path is exactly this one",
  PathPrefix: "no longer prefix fits",
  RegularExpression: "the first pattern that fits",
};

/** Why a rule takes a path, as part of a sentence. */
export function whyItTakes(
  { pathType, conditions }: Pick<Rule, "pathType" | "conditions">,
  role: Contender["rule"]["role"],
): string {
  if (role !== "rule" && role !== "login") return "no rule of its hosts fits";
  return `${TAKES[pathType]}${conditions === null ? "" : ", and what it asks beyond the path holds"}`;
}

/** Why a rule that fits loses to the one that takes the request: the order of docs/architecture.md. */
export function whyItLoses({ hostname, rule }: Contender, winner: Contender): string {
  if (hostname !== winner.hostname) {
    const name = hostname === CATCH_ALL ? "rules without a host" : `rules of ${hostname}`;
    return `${name} do not count where ${winner.hostname} has its own`;
  }
  if (rule.role !== "rule" && rule.role !== "login") return "takes only what no rule takes";
  const [type, other] = [rule.match.path.type, winner.rule.match.path.type];
  if (type !== other) return other === "Exact" ? "an exact path comes first" : "comes later in the order of path types";
  if (type === "RegularExpression") return "a shorter pattern, or of one length an earlier one of the alphabet";
  return rule.match.path.value === winner.rule.match.path.value ? "asks for less beyond the path" : "a shorter prefix";
}
