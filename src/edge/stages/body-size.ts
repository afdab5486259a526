import type { RulePolicies } from "../../table/policies/rule-policies.ts";
import type { Problem } from "../problem.ts";
import { lengthOf } from "../upstream/retry.ts";
import type { Stage } from "./chain.ts";

/** The refusal in its place among other stages; where there is none, the request is not led through a chain for it. */
export function bodySize(policies: RulePolicies): Stage | null {
  if (policies.requestBody === null) return null;
  return { handle: ({ request }) => refusedBySize(policies, request), needsNoChain: true };
}

/**
 * Why a request is refused for what it says of its body, as by nginx when it has found the location; null: it is not. What does not tell its length is counted on its way (`upstream/upload.ts`), which a GET or HEAD with a body
 * can't be: it would have to be made anew, and the runtime makes none with a body.
 */
export function refusedBySize({ requestBody }: RulePolicies, request: Request): Problem | null {
  if (requestBody === null || request.body === null) return null;
  const length = lengthOf(request.headers);
  if (length !== null) return length > requestBody.maxSize ? "tooLarge" : null;
  return request.method === "GET" || request.method === "HEAD" ? "lengthRequired" : null;
}
