import { CHANGE_KINDS, type Change, type Diff, type DiffInput, type Witness } from "./change.ts";
import { compare } from "./compare.ts";
import { type HostClass, hostClasses } from "./hosts.ts";
import { plainPaths, spellings } from "./paths.ts";
import { settingsDifferences } from "./settings.ts";
import { type Decision, Side } from "./side.ts";
import { views } from "./views.ts";

/**
 * What changes for requests between two routers. Both are asked by the edge's own matcher about a request of each kind that
 * their rules can tell apart, so that every change that is reported has a request that shows it, and text that changes
 * nothing is not reported. The worst changes come first. Throws where a table and its report do not belong together.
 */
export function diff(old: DiffInput, young: DiffInput): Diff {
  const [was, is] = [new Side(old), new Side(young)];
  const changes = hostClasses(was, is).flatMap((hostClass) => changesOf(hostClass, was, is));
  const weight = ({ kind }: Change) => CHANGE_KINDS.indexOf(kind);
  return {
    changes: changes.sort((a, b) => weight(a) - weight(b)),
    settings: settingsDifferences(was.table, is.table),
  };
}

function changesOf({ host, routers }: HostClass, old: Side, young: Side): Change[] {
  const changes = new Map<string, Change>();
  const look = (witness: Witness, keyOf: (was: Decision, is: Decision) => string) => {
    const [was, is] = [old.decide(witness), young.decide(witness)];
    const key = keyOf(was, is);
    if (changes.has(key)) return;
    const difference = compare(old, was, young, is);
    if (difference === null) return;
    changes.set(key, { ...difference, witness, was: old.answerOf(was), is: young.answerOf(is) });
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
  const paths = plainPaths(routers);
  const seen = views(routers);
  for (const path of [...paths, ...paths.flatMap(spellings)]) {
    for (const { method, headers, query } of seen) {
      look({ method, url: `https://${host}${path}${query}`, headers }, keyOf);
    }
  }
  return [...changes.values()];
}
