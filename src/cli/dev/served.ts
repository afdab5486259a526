import type { BoundService, CompileResult, Endpoint } from "../../compiler/index.ts";
import type { RulePolicies } from "../../table/policies/rule-policies.ts";

/** What a local edge serves. */
export interface Served {
  readonly table: Uint8Array<ArrayBuffer>;
  /** The table's endpoints, all of transport `service-binding`. */
  readonly endpoints: readonly Endpoint[];
  /** What else it asks. */
  readonly services: readonly BoundService[];
  /** The platform's counters of rate limits, each with its binding. */
  readonly counters: readonly LocalCounter[];
  /** Whether a route asks for API keys. */
  readonly usesKeys: boolean;
  /** What the Secrets of its routes hold, by the names of their bindings. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Whether some are not among the manifests, but where `edge-ingress secrets sync --local` puts them. */
  readonly usesSecretsInKv: boolean;
}

export interface LocalCounter {
  readonly binding: string;
  readonly requests: number;
  /** Seconds. */
  readonly period: 10 | 60;
}

function countersOf(rules: readonly { readonly policies: RulePolicies }[]): LocalCounter[] {
  const limits = rules.flatMap(({ policies }) => policies.rateLimit?.limits ?? []);
  const local = limits.filter(({ mode }) => mode === "local");
  const counters = local.map(({ binding, requests, period }): LocalCounter => {
    return { binding, requests, period: period === 10_000 ? 10 : 60 };
  });
  return [...new Map(counters.map((counter) => [counter.binding, counter])).values()];
}

/** All that a local edge needs of what was compiled. */
export function servedBy({ table, router, secrets }: NonNullable<CompileResult["output"]>): Served {
  const payloads = secrets.flatMap(({ binding, payload }): [string, string][] => {
    const text = payload();
    return text === null ? [] : [[binding, text]];
  });
  const rules = router.hosts.flatMap((host) => host.rules);
  return {
    table,
    endpoints: router.endpoints,
    services: router.services,
    counters: countersOf(rules),
    usesKeys: rules.some(({ policies }) => policies.apiKey !== null),
    secrets: Object.fromEntries(payloads),
    usesSecretsInKv: payloads.length < secrets.length,
  };
}
