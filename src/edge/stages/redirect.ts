import { expandLocation } from "../../table/expand.ts";
import type { Redirect } from "../../table/policies/redirect.ts";
import type { RulePolicies } from "../../table/policies/rule-policies.ts";
import type { StageFactory } from "./chain.ts";
import type { Visit } from "./visit.ts";

/** Answers with the rule's redirect of that kind. */
export function redirect(only: Redirect["only"]): StageFactory {
  return ({ redirects }: RulePolicies) => {
    const found = redirects.find((each) => each.only === only);
    if (found === undefined) return null;
    const { status, location, cutSlash } = found;
    return {
      handle(visit) {
        if (!isFor(only, visit)) return null;
        const full = expandLocation(location, visit);
        const headers = {
          location: cutSlash && full.endsWith("/") ? full.slice(0, -1) : full,
          "x-request-id": visit.requestId,
        };
        return new Response(null, { status, headers });
      },
    };
  };
}

/** nginx merges slashes before it looks. */
const ROOT = /^\/+$/;

function isFor(only: Redirect["only"], { target, client, done, rewritten }: Visit): boolean {
  if (only === "root" && done === "root") return false;
  if (only === "http") return client.scheme === "http";
  // `break` and its flag end the lines of a location, and the redirect is the last of them (nginx.tmpl).
  return only === "always" ? rewritten === undefined : ROOT.test(target.path);
}

/** Tells browsers to come by https alone, where they did. */
export const strictTransport: StageFactory = ({ strictTransport: value }) => {
  if (value === "") return null;
  return {
    handle({ client, toClient }) {
      if (client.scheme === "https") toClient.set("strict-transport-security", value);
      return null;
    },
  };
};
