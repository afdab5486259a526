import { hash } from "node:crypto";
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

/** What tells which hosts of two routers are the same, before there is a table: small enough to go from thread to thread. */
export interface Outline {
  /** Rules and policies name endpoints by their number. */
  readonly endpoints: string;
  /** Of each host, a hash (SHA-256) of all that the table holds of it. */
  readonly hosts: ReadonlyMap<string, string>;
}

/** Leaves out the hosts that are alike, where both sides were compiled: their tables need not be made. */
export function withoutAlike(old: DiffInput, young: DiffInput): Compared {
  const none = { old, young, alike: new Set<string>() };
  if (!isCompiled(old) || !isCompiled(young)) return none;
  const alike = alikeHosts(outlineOf(old.router), outlineOf(young.router));
  if (alike.size === 0) return none;
  const keeps = (hostname: string) => !alike.has(hostname);
  return { old: old.only(keeps), young: young.only(keeps), alike };
}

function isCompiled(input: DiffInput): input is CompiledInput {
  return "router" in input && "only" in input;
}

/**
 * The hosts that both sides have word for word: most of them, where a pull request changes a few of thousands. Wildcards
 * and the rules of all hosts are none of them, for they take what other hosts leave.
 */
export function alikeHosts(old: Outline, young: Outline): ReadonlySet<string> {
  if (old.endpoints !== young.endpoints) return new Set();
  const [was, is] = [old.hosts, young.hosts];
  return new Set([...was.keys()].filter((name) => !name.startsWith("*") && was.get(name) === is.get(name)));
}

export function outlineOf(router: Router): Outline {
  return {
    endpoints: JSON.stringify(router.endpoints.map(({ id, host, transport }) => [id, host, transport])),
    hosts: hashesOf(router),
  };
}

function hashesOf(router: Router): ReadonlyMap<string, string> {
  const policiesText = rememberedOf((policies: RulePolicies) => JSON.stringify(policies));
  const hosts = contentOfRouter(router).hosts.map(({ hostname, flags, rules }) => {
    const parts = rules.flatMap(({ policies, ...rule }) => [JSON.stringify(rule), policiesText(policies)]);
    return [hostname, hash("sha256", [flags, ...parts].join("\n"), "base64")] as const;
  });
  return new Map(hosts);
}
