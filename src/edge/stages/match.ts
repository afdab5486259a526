import { matchReadings } from "../../table/match.ts";
import type { Rule } from "../../table/model.ts";
import type { Table } from "../../table/reader.ts";
import type { RequestTarget } from "../../table/target.ts";

/** The rule that takes a request; null: none; `ambiguous`: its path can be read in two ways that lead to two rules. */
export function matchRequest(table: Table, target: RequestTarget, request: Request): Rule | null | "ambiguous" {
  const router = table.routerFor(target.host);
  if (router === null) return null;
  return matchReadings(router, target, {
    method: request.method,
    header: (name) => request.headers.get(name),
    queryParam: (name) => new URLSearchParams(target.query).get(name),
  });
}
