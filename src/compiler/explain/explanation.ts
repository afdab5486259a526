import type { RefusedReason } from "../../table/normalise.ts";
import type { RequestTarget } from "../../table/target.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Report } from "../report.ts";

/** A request as a client would send it. */
export interface ExplainedRequest {
  readonly method: string;
  /** `http://host/path?query` as it goes over the wire: the URL standard, which would change it, does not parse it. */
  readonly url: string;
  /** Those of one name count as one, joined with a comma, as servers see them. One that is not here is not sent. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** Who asked for something, in the words of the report, and where. */
export interface Source {
  readonly from: string;
  readonly at: string | null;
}

/** Lines of a snippet lead the request from a rule to that of another path of its host. */
export interface Move {
  readonly from: Contender;
  readonly by: Source;
  /** As the rules are matched with it anew. */
  readonly path: string;
}

/** Lines of the rule of which the request does not tell what they do. */
export interface OpenLines {
  readonly by: Source;
  /** What they look at: "the client's address". */
  readonly about: string;
  /** Where they may lead the request, as written: then the other rule is not told; none: they may only answer it. */
  readonly to: readonly string[];
}

type HostReport = Report["hosts"][number];
export type RuleReport = HostReport["rules"][number];
export type EndpointReport = Report["endpoints"][number];

/** A rule that could take the request, and what decides about it. */
export interface Contender {
  readonly hostname: string;
  readonly why: string;
  readonly rule: RuleReport;
}

/** One way to read the path, and the rule that it leads to. */
export interface Reading {
  readonly path: string;
  readonly contender: Contender | null;
}

export type Outcome =
  | { readonly kind: "matched" }
  | { readonly kind: "refused"; readonly status: 400; readonly reason: RefusedReason }
  | { readonly kind: "ambiguous"; readonly status: 400; readonly readings: readonly Reading[] }
  | { readonly kind: "not-found"; readonly status: 404; readonly reason: string }
  /** By lines of snippets, which lead in a circle, or to a path that servers read differently. */
  | { readonly kind: "misled"; readonly status: 400 | 500; readonly reason: string };

/** Which rule takes a request and what becomes of it there: plain data, which `--format json` prints. */
export interface Explanation {
  readonly request: { readonly method: string; readonly url: string };
  /** As it is matched and forwarded; null where it is refused before. */
  readonly target: Pick<RequestTarget, "host" | "path" | "others" | "query"> | null;
  readonly outcome: Outcome;
  /** With its policies in the order in which they act; null where no rule takes the request. Where lines have led it on, the last. */
  readonly taken: Contender | null;
  /** From the rule of the path that the client asked for, in their order. */
  readonly moves: readonly Move[];
  /** What lines of snippets, or what comes before them, answer in the place of a Service. */
  readonly answered: { readonly by: Source; readonly status: number } | null;
  readonly undecided: readonly OpenLines[];
  /** The endpoints of its backends, by id. */
  readonly endpoints: readonly EndpointReport[];
  /** What would take the request if the rules before it were not there, in that order. */
  readonly losing: readonly Contender[];
  /** What the compiler said of the rule and of the annotations of its Ingress. */
  readonly diagnostics: readonly Diagnostic[];
}
