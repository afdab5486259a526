import type { RewriteAction, RewriteBlock, RewriteCondition } from "../../table/policies/rewrite-module.ts";
import type { Filter } from "../ir/filter.ts";
import type { RewriteModuleFilter } from "../ir/filters/rewrite-module.ts";
import { pathOnly } from "../ir/match.ts";
import type { RouteRule } from "../ir/rule.ts";
import { rememberedOf } from "../remembered.ts";
import { coversMatch } from "./path-overlap.ts";

const EVERYTHING = pathOnly({ type: "PathPrefix", value: "/" });

const REFUSES: ReadonlySet<number> = new Set([401, 403, 404, 410]);

/** What a client shows of itself in lines that ask who it is. */
const OF_THE_CLIENT: ReadonlySet<string> = new Set(["http", "cookie", "arg", "args", "remote_addr", "remote_user"]);

/** Headers that tell how a client asks, and not who it is: what refuses by them keeps bots or other sites away. */
const NOT_WHO =
  /^(?:accept(?:-.+)?|content-.+|origin|purpose|range|referer|sec-.+|upgrade|user-agent|x-forwarded-(?:for|host|port|prefix|proto|scheme)|x-requested-with)$/;

/**
 * The snippet whose lines guard a rule: they refuse everybody, or whoever does not show a header, cookie, parameter or address
 * (`if ($http_x_key != "…") { return 403; }`). Null where there is none. Refusing everybody at `/` is how a host answers what
 * no other rule takes, and guards nothing that others open; lines that refuse some (`if ($http_user_agent ~ bot)`) keep
 * nobody else out. `of`: lines of a server hold for all rules of its host, and tell no two of them apart.
 */
export function refusingSnippet(rule: RouteRule, of: keyof Searched = "any"): Filter | null {
  return refusing(rule)[of];
}

interface Searched {
  readonly any: Filter | null;
  readonly location: Filter | null;
}

/** Rules are compared in pairs. */
const refusing = rememberedOf(
  (rule: RouteRule): Searched => ({
    any: searched(rule, () => true),
    location: searched(rule, ({ level }) => level === "location"),
  }),
);

function searched({ filters, match }: RouteRule, isAsked: (filter: RewriteModuleFilter) => boolean): Filter | null {
  let letsIn = false;
  for (const filter of filters) {
    if (filter.type !== "RewriteModule") continue;
    for (const block of filter.blocks) {
      const { condition } = block;
      if (isAsked(filter) && refuses(block)) {
        if (condition === null && (letsIn || !coversMatch(match, EVERYTHING))) return filter;
        if (condition !== null && asksWho(condition)) return filter;
      }
      letsIn ||= block.actions.some(goesPast);
    }
  }
  return null;
}

function refuses({ actions }: RewriteBlock): boolean {
  const [first] = actions.filter((action) => !(action.does === "change" || isPartial(action)));
  return first !== undefined && first.does === "answer" && REFUSES.has(first.status);
}

/** Of some paths alone. */
function isPartial({ pattern }: RewriteAction): boolean {
  return pattern !== "";
}

function goesPast({ does }: RewriteAction): boolean {
  return does === "break" || does === "path" || does === "location";
}

/** Whether it holds for a client that shows nothing. */
function asksWho({ subject, test, value, caseless, negated }: RewriteCondition): boolean {
  const isOfClient = subject.every(
    (part) => OF_THE_CLIENT.has(part.type) && !(part.type === "http" && NOT_WHO.test(part.value)),
  );
  if (subject.length === 0 || !isOfClient) return false;
  const holds =
    test === "equals" ? value === "" : test === "matches" && new RegExp(value, caseless ? "i" : "").test("");
  return holds !== negated;
}
