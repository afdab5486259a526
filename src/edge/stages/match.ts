import { type HostRouter, matchReadings } from "../../table/match.ts";
import type { Rule } from "../../table/model.ts";
import type { RequestTarget } from "../../table/target.ts";

/** The rule of a host that takes a request; null: none; `ambiguous`: its path can be read in two ways that lead to two rules. */
export function matchRequest(router: HostRouter, target: RequestTarget, request: Request): Rule | null | "ambiguous" {
  return matchReadings(router, target, {
    method: request.method,
    header: (name) => request.headers.get(name),
    queryParam: (name) => new URLSearchParams(target.query).get(name),
  });
}
