import type { Rule } from "../../table/model.ts";
import { placeOf, rankOf } from "../../table/place.ts";
import { byText } from "../by-text.ts";
import type { TestClient } from "./route-test.ts";

/**
 * The clusters of a rule in the order in which they are tried while all are well: by priority, and within one by distance
 * where the rule prefers the nearest. Those of one tier share requests out, so no order is among them.
 */
export function clusterTiers({ backends, policies }: Rule, client: TestClient): readonly (readonly string[])[] {
  const targets = backends
    .filter(({ weight }) => weight > 0)
    .flatMap((backend) => backend.targets.filter(({ weight }) => weight > 0))
    .filter(({ endpoint }) => !endpoint.cluster.drain);
  const place = policies.loadBalancing.type === "Nearest" ? placeOf(client) : null;
  const byTier = Map.groupBy(targets, ({ endpoint: { cluster } }) => cluster.priority * 1e6 + rankOf(cluster, place));
  return [...byTier.keys()]
    .sort((a, b) => a - b)
    .map((tier) => [...new Set((byTier.get(tier) ?? []).map(({ endpoint }) => endpoint.cluster.name))].sort(byText));
}
