import type { Oidc } from "../../../../table/policies/oidc.ts";
import { logRefusal } from "../../../observe/refusals.ts";
import type { Problem } from "../../../problem.ts";
import type { Visit } from "../../visit.ts";
import { discoveryOf } from "./discovery.ts";
import { isNavigation } from "./login.ts";
import { originOf, redirect } from "./places.ts";
import { endSession } from "./session.ts";

/**
 * Takes the session away, and leads to the provider to end the one there where it can (OpenID Connect RP-Initiated
 * Logout 1.0). A page of another site can't do it unseen: it must be a navigation, or a form of the host itself.
 */
export async function logOut(visit: Visit, policy: Oidc): Promise<Response | Problem> {
  const { request, requestId, waitUntil } = visit;
  const { issuer, clientId, postLogoutPath } = policy;
  const isOwnForm = request.method === "POST" && request.headers.get("origin") === originOf(visit);
  if (!isOwnForm && !isNavigation(request)) {
    logRefusal({ by: "oidc", reason: "logout: asked for by no page of the host", requestId, of: policy.name });
    return "forbidden";
  }
  endSession(policy, visit);
  const after = originOf(visit) + postLogoutPath;
  const end = (await discoveryOf(issuer).current(waitUntil))?.endSessionEndpoint ?? null;
  if (end === null) return redirect(after, visit);
  const url = new URL(end);
  url.searchParams.set("client_id", clientId);
  url.searchParams.set("post_logout_redirect_uri", after);
  return redirect(url.href, visit);
}
