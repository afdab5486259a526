import { byAge } from "../../ir/order.ts";
import type { RuleOwner } from "../../ir/rule.ts";
import { EVERY_CLUSTER } from "../../ir/scope.ts";
import { rememberedOf } from "../../remembered.ts";
import type { ServedResource } from "./dialect.ts";

/** Who a rule of this Ingress belongs to: one object for all its rules, and for each time that Ingresses are sorted. */
export const ownerOf = rememberedOf(({ metadata, scope, dialect }: ServedResource): RuleOwner => {
  const { namespace, name, createdAt } = metadata;
  return { kind: "Ingress", namespace, name, createdAt, scope, dialect };
});

/** The oldest first. */
export function byIngressAge(a: ServedResource, b: ServedResource): number {
  return byAge(ownerOf(a), ownerOf(b));
}

/** The owner of the rule that `--default-backend` makes. */
export const EDGE: RuleOwner = {
  kind: "Edge",
  namespace: "",
  name: "",
  createdAt: null,
  scope: EVERY_CLUSTER,
  dialect: "kubernetes",
};
