import { type Compared, withoutAlike } from "./alike.ts";
import { CHANGE_KINDS, type Change, type Diff, type DiffInput, type Undecided, type Witness } from "./change.ts";
import { compare, mayRewriteOtherwise } from "./compare.ts";
import { type HostClass, hostClasses } from "./hosts.ts";
import { seenPaths, spellings } from "./paths.ts";
import { settingsDifferences } from "./settings.ts";
import { type Decision, Side } from "./side.ts";
import { views } from "./views.ts";

/**
 * What changes for requests between two routers. Both are asked by the edge's own matcher about a request of each kind that
 * their rules can tell apart, so that every change that is reported has a request that shows it, and text that changes
 * nothing is not reported. Where patterns are too many to compare, the host is `undecided`. The worst changes come first. Throws where a table and its report do not belong together.
 */
export function diff(old: DiffInput, young: DiffInput): Diff {
  return diffOfRest(withoutAlike(old, young));
}

/** The same of sides from which hosts that are alike may have been left out already. */
export function diffOfRest({ old, young, alike }: Compared): Diff {
  const [was, is] = [new Side(old), new Side(young)];
  const compared = hostClasses(was, is, alike).map((hostClass) => compareHost(hostClass, was, is));
  const changes = compared.flatMap((host) => host.changes);
  const weight = ({ kind }: Change) => CHANGE_KINDS.indexOf(kind);
  return {
    changes: changes.sort((a, b) => weight(a) - weight(b)),
    ...settingsDifferences(was.table, is.table),
    undecided: compared.flatMap(({ undecided }) => undecided),
  };
}

interface ComparedHost {
  readonly changes: readonly Change[];
  readonly undecided: readonly Undecided[];
}

function compareHost({ host, routers }: HostClass, old: Side, young: Side): ComparedHost {
  const changes = new Map<string, Change>();
  const unproved = new Map<string, string>();
  const look = (witness: Witness) => {
    const [was, is] = [old.decide(witness), young.decide(witness)];
    const key = keyOf(was, is);
    if (changes.has(key)) return;
    const difference = compare(old, was, young, is);
    if (difference !== null) {
      unproved.delete(key);
      changes.set(key, { ...difference, witness, was: old.answerOf(was), is: young.answerOf(is) });
    } else if (was.kind === "rule" && is.kind === "rule" && mayRewriteOtherwise(was.rule, is.rule)) {
      unproved.set(key, `paths that ${was.rule.path} and ${is.rule.path} take may be rewritten in other ways`);
    }
  };
  const numbers = new Map<object, number>();
  const nameOf = (decision: Decision) => {
    if (decision.kind === "answer") return `${decision.status}`;
    const number = numbers.get(decision.rule) ?? numbers.size;
    numbers.set(decision.rule, number);
    return `rule ${number}`;
  };
  // What is refused for its spelling is one change of a host, whatever rules its readings lead to.
  const keyOf = (was: Decision, is: Decision) => {
    const names = [nameOf(was), nameOf(is)];
    return names.includes("400") ? `spelling ${names.indexOf("400")}` : names.join(" ");
  };
  const { paths, isComplete } = seenPaths(routers);
  const seen = views(routers);
  for (const path of new Set([...paths, ...paths.flatMap(spellings)])) {
    for (const { method, headers, query } of seen) {
      look({ method, url: `https://${host}${path}${query}`, headers });
    }
  }
  const reasons = [...new Set(unproved.values())];
  if (!isComplete) reasons.unshift(`its patterns are too many or too intricate to compare in full`);
  return { changes: [...changes.values()], undecided: reasons.map((reason) => ({ host, reason })) };
}
