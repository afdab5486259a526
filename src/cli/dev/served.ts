import type { BoundService, CompileResult, Endpoint } from "../../compiler/index.ts";

/** What a local edge serves. */
export interface Served {
  readonly table: Uint8Array<ArrayBuffer>;
  /** The table's endpoints, all of transport `service-binding`. */
  readonly endpoints: readonly Endpoint[];
  /** What else it asks. */
  readonly services: readonly BoundService[];
  /** Whether a route asks for API keys. */
  readonly usesKeys: boolean;
  /** What the Secrets of its routes hold, by the names of their bindings. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Whether some are not among the manifests, but where `edge-ingress secrets sync --local` puts them. */
  readonly usesSecretsInKv: boolean;
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
    usesKeys: rules.some(({ policies }) => policies.apiKey !== null),
    secrets: Object.fromEntries(payloads),
    usesSecretsInKv: payloads.length < secrets.length,
  };
}
