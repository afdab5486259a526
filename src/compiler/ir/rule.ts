import type { Position } from "../diagnostics/diagnostic.ts";
import type { BackendRef } from "./backend.ts";
import type { Dialect } from "./dialect.ts";
import type { Filter } from "./filter.ts";
import type { HttpMatch } from "./match.ts";
import type { Policy } from "./policy.ts";
import type { Scope } from "./scope.ts";

/** The resource a rule was written in; decides ties between rules that match the same requests. */
export interface RuleOwner {
  /** `Edge`: written in no manifest but given as an option (`--default-backend`); namespace and name are empty. */
  readonly kind: "Ingress" | "Edge";
  readonly namespace: string;
  readonly name: string;
  /** `metadata.creationTimestamp` in milliseconds since the epoch; null for an object that never was in a cluster. */
  readonly createdAt: number | null;
  readonly scope: Scope;
  readonly dialect: Dialect;
}

/**
 * Time limits of one rule in milliseconds, 0 for none. Named as in Gateway API's HTTPRouteTimeouts:
 * `request` bounds everything until the answer's headers reach the client, `backendRequest` each try.
 */
export interface Timeouts {
  readonly request: number;
  readonly backendRequest: number;
}

/**
 * ingress-nginx waits 60 s for a backend (`proxy-read-timeout`); 100 s in all stays below the 120 s
 * after which the platform itself answers 524.
 */
export const DEFAULT_TIMEOUTS: Timeouts = { request: 100_000, backendRequest: 60_000 };

/** One way for requests of one hostname, in the vocabulary of Gateway API's HTTPRouteRule. */
export interface RouteRule {
  readonly owner: RuleOwner;
  /** Lower case: `shop.example.com`, `*.example.com`, or `*` for every host that has no rules of its own. */
  readonly hostname: string;
  /** How many labels the `*` of a wildcard hostname stands for: one in Ingress, any number in Gateway API. */
  readonly wildcard: "one-label" | "any-depth";
  readonly match: HttpMatch;
  readonly filters: readonly Filter[];
  /** Those in effect, each field at most once. */
  readonly policies: readonly Policy[];
  /** Those in effect, with what a policy says. */
  readonly timeouts: Timeouts;
  readonly backendRefs: readonly BackendRef[];
  /**
   * `rule`: written as a rule. `default-backend`: what is left of a hostname goes here; loses to every rule
   * and is no conflict with `Prefix /`. `unmatched`: the same where a hostname has no default backend of its own: guards
   * before the edge's default backend, or before the 404 where there are no backends. `login`: a path of a login, which
   * the edge answers itself.
   */
  readonly role: "rule" | "default-backend" | "unmatched" | "login";
  /** Where the match is written; null for a rule that an option gave. */
  readonly at: Position | null;
}
