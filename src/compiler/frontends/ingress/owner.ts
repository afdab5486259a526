import type { RuleOwner } from "../../ir/rule.ts";
import { EVERY_CLUSTER } from "../../ir/scope.ts";
import type { ServedResource } from "./dialect.ts";

const OWNERS = new WeakMap<ServedResource, RuleOwner>();

/** Who a rule of this Ingress belongs to: one object for all its rules, and for each time that Ingresses are sorted. */
export function ownerOf(ingress: ServedResource): RuleOwner {
  const known = OWNERS.get(ingress);
  if (known !== undefined) return known;
  const { metadata, scope, dialect } = ingress;
  const { namespace, name, createdAt } = metadata;
  const owner: RuleOwner = { kind: "Ingress", namespace, name, createdAt, scope, dialect };
  OWNERS.set(ingress, owner);
  return owner;
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
