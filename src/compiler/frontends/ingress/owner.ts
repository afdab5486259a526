import type { RuleOwner } from "../../ir/rule.ts";
import { EVERY_CLUSTER } from "../../ir/scope.ts";
import type { IngressBody, Resource } from "../../resources/resource.ts";

/** Who a rule of this Ingress belongs to. */
export function ownerOf(ingress: Resource<IngressBody>): RuleOwner {
  const { namespace, name, createdAt } = ingress.metadata;
  return { kind: "Ingress", namespace, name, createdAt, scope: ingress.scope };
}

/** The owner of the rule that `--default-backend` makes. */
export const EDGE: RuleOwner = { kind: "Edge", namespace: "", name: "", createdAt: null, scope: EVERY_CLUSTER };
