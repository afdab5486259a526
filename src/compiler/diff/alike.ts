import type { RulePolicies } from "../../table/policies/rule-policies.ts";
import type { Router } from "../ir/router.ts";
import { rememberedOf } from "../remembered.ts";
import { contentOfRouter } from "../table/content.ts";
import type { CompiledInput, DiffInput } from "./change.ts";

/** Two sides, perhaps without hosts that are the same on both, and the names of those. */
export interface Compared {
  readonly old: DiffInput;
  readonly young: DiffInput;
  readonly alike: ReadonlySet<string>;
}

/**
 * Leaves out the hosts that both sides have word for word: most of them, where a pull request changes a few of thousands,
 * and their tables need not be made. Wildcards and the rules of all hosts stay, for they take what other hosts leave.
 */
export function withoutAlike(old: DiffInput, young: DiffInput): Compared {
  const none = { old, young, alike: new Set<string>() };
  if (!isCompiled(old) || !isCompiled(young) || !hasSameEndpoints(old.router, young.router)) return none;
  const [was, is] = [textsOf(old.router), textsOf(young.router)];
  const names = [...was.keys()].filter((name) => !name.startsWith("*") && was.get(name) === is.get(name));
  const alike = new Set(names);
  const keeps = (hostname: string) => !alike.has(hostname);
  return { old: old.only(keeps), young: young.only(keeps), alike };
}

function isCompiled(input: DiffInput): input is CompiledInput {
  return "router" in input && "only" in input;
}

/** Rules and policies name endpoints by their number. */
function hasSameEndpoints(old: Router, young: Router): boolean {
  const [was, is] = [old, young].map(({ endpoints }) =>
    JSON.stringify(endpoints.map(({ id, host, transport }) => [id, host, transport])),
  );
  return was === is;
}

/** All that the table holds of each host. */
function textsOf(router: Router): ReadonlyMap<string, string> {
  const policiesText = rememberedOf((policies: RulePolicies) => JSON.stringify(policies));
  const hosts = contentOfRouter(router).hosts.map(({ hostname, flags, rules }) => {
    const parts = rules.flatMap(({ policies, ...rule }) => [JSON.stringify(rule), policiesText(policies)]);
    return [hostname, [flags, ...parts].join("\n")] as const;
  });
  return new Map(hosts);
}
