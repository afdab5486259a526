import type { Router } from "../ir/router.ts";

/**
 * What a change means to those who send requests, the worst first. `guard-removed`: served with a guard less than before.
 * `guard-changed`: a guard says something else, which may let in more. `re-targeted`: goes to other backends, endpoints, or with other shares.
 * `removed`: no longer served. `guard-added`, `guard-tightened`: served with a guard more, or one that lets in no more than
 * before. `added`: served, but not before. `changed`: another policy or time limit.
 */
export const CHANGE_KINDS = [
  "guard-removed",
  "guard-changed",
  "re-targeted",
  "removed",
  "guard-added",
  "guard-tightened",
  "added",
  "changed",
] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

/** A request that tells the two sides apart. */
export interface Witness {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** What one side does with the witness: the rule that takes it, or the status that it is answered. */
export type Answer =
  | { readonly rule: string; readonly from: string; readonly at: string | null }
  | { readonly status: 400 | 404; readonly reason: string };

/** All requests that one rule took, and another one takes with another effect: one change. */
export interface Change {
  readonly kind: ChangeKind;
  readonly witness: Witness;
  readonly was: Answer;
  readonly is: Answer;
  /** What differs, in words. */
  readonly differences: readonly string[];
}

/** What differs beside the requests themselves: names of fields, in words. */
export interface Diff {
  readonly changes: readonly Change[];
  /** What holds for all requests of the edge or of a cluster. */
  readonly settings: readonly string[];
  /** What of them guards go by, so that they may let in more. */
  readonly guardSettings: readonly string[];
  /** Where a change may have gone unseen, and why. */
  readonly undecided: readonly Undecided[];
}

/** Requests of a host that no one could compare in full. */
export interface Undecided {
  readonly host: string;
  readonly reason: string;
}

/** One of the two routers: a compiled or built table with its report, which tells where rules were written, if at all. */
export interface DiffInput {
  readonly table: Uint8Array<ArrayBuffer>;
  readonly report: WrittenRules;
}

/** What is read of a report: of which table it is, and where each rule was written. */
export interface WrittenRules {
  readonly contentHash: string;
  readonly hosts: readonly { readonly hostname: string; readonly rules: readonly { readonly at: string | null }[] }[];
}

/** The same of manifests that were just compiled: tables of some of their hosts can be made. */
export interface CompiledInput extends DiffInput {
  readonly router: Router;
  only(keeps: (hostname: string) => boolean): DiffInput;
}
