import type { RulePolicies } from "../../table/policies/rule-policies.ts";
import { cookieNamesIn } from "../cookies.ts";
import type { Stage } from "./chain.ts";
import type { HeaderEdits } from "./header-edits.ts";

/**
 * Keeps `Authorization` from the Services of routes that ask for a password, whatever lets a request in, as ingress-nginx
 * does. The controller of a cluster gets it, for it reads the same manifest and asks again. The edge's own cookies are
 * for nobody else.
 */
export function hideCredentials({ basicAuth, edgeCookies }: RulePolicies): Stage | null {
  if (basicAuth === null && edgeCookies.length === 0) return null;
  return {
    handle({ request, toCluster }) {
      if (basicAuth !== null) toCluster.remove("authorization", "service");
      hideCookies(edgeCookies, request.headers, toCluster);
      return null;
    },
  };
}

/** Takes out cookies of these names, with what they have before and after them. */
export function hideCookies(edgeCookies: RulePolicies["edgeCookies"], headers: Headers, edits: HeaderEdits): void {
  if (edgeCookies.length === 0) return;
  for (const name of cookieNamesIn(headers)) {
    const own = name.replace(/^__Host-/, "");
    if (edgeCookies.some((each) => own === each || own.startsWith(`${each}.`))) edits.removeCookie(name);
  }
}
