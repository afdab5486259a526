import type { RulePolicies } from "../../table/policies/rule-policies.ts";
import type { Stage } from "./chain.ts";

/**
 * Keeps `Authorization` from the Services of routes that ask for a password, whatever lets a request in, as ingress-nginx
 * does. The controller of a cluster gets it, for it reads the same manifest and asks again.
 */
export function hideCredentials({ basicAuth }: RulePolicies): Stage | null {
  if (basicAuth === null) return null;
  return {
    handle({ toCluster }) {
      toCluster.remove("authorization", "service");
      return null;
    },
  };
}
