import type { Canary } from "../../../../table/policies/canary.ts";
import type { Code } from "../../../diagnostics/catalogue/index.ts";
import type { Position } from "../../../diagnostics/diagnostic.ts";
import type { ServiceRef } from "../../../ir/backend.ts";
import type { Filter } from "../../../ir/filter.ts";
import type { PolicySetting } from "../../../ir/policy.ts";
import type { Timeouts } from "../../../ir/rule.ts";
import type { ResourceSet } from "../../../resources/resource.ts";
import type { Unreadable } from "../../../resources/templates.ts";
import type { ServedResource } from "../dialect.ts";

/**
 * What an edge in front of clusters can do with an annotation: E honour it exactly, P honour it in part, C leave it to
 * the cluster (it concerns the hop behind the edge), N not honour it at all. It says what is possible, not what this
 * version does.
 */
export type AnnotationClass = "E" | "P" | "C" | "N";

/** What an annotation changes for all rules of its Ingress. */
export interface AnnotationEffect {
  readonly timeouts?: Partial<Timeouts>;
  /** All paths of its hosts are patterns. */
  readonly useRegex?: boolean;
}

/** Where the edge departs from what was written, although it reads the value. */
export interface Remark {
  readonly code: "EI4007" | "EI4008";
  /** Ends the sentence that begins with the annotation's name. */
  readonly says: string;
}

/**
 * `problem` ends the sentence that begins with the annotation's name, and never quotes the value.
 */
export type AnnotationReading =
  | { readonly ok: true; readonly effect: AnnotationEffect; readonly remarks: readonly Remark[] }
  | ({ readonly ok: false } & Unreadable);

/** One annotation of ingress-nginx. An entry without `read` is reported by name where its value is not inert. */
export interface AnnotationEntry {
  /** Without the prefix. */
  readonly name: string;
  readonly class: AnnotationClass;
  /** True where passing it over would open a door or lift a limit: then it stops the compile. */
  readonly guards: boolean;
  /** What it does in ingress-nginx, one sentence for the docs. */
  readonly summary: string;
  /** Of class N: what to do in its place, one sentence. */
  readonly instead?: string;
  /** Values (trimmed) that ask for nothing; the first is the one the docs show. */
  readonly inert?: readonly string[];
  readonly read?: {
    /** What this version does, for the docs. */
    readonly does: string;
    /** Gets the trimmed value, which is neither inert nor empty. */
    readonly parse: (value: string) => AnnotationReading;
  };
  /** What this version does, for the docs, where its family reads it together with others (`settle`). */
  readonly together?: string;
}

/** What is known besides the annotations when a family is settled. */
export interface FamilyContext {
  readonly ingress: ServedResource;
  readonly resources: ResourceSet;
  /** What `--default-backend` names, as the controller's `--default-backend-service`; null without the flag. */
  readonly defaultService: ServiceRef | null;
}

/** A sentence's end about one annotation of a family; `problem`s are errors. */
export interface FamilyFinding {
  /** Of the annotation, without the prefix. */
  readonly name: string;
  readonly code: Code;
  readonly says: string;
  readonly fix?: string;
  /** Of an EI4006 about a value that ingress-nginx takes: a limit of the edge, a guard that guards nothing, what is missing. */
  readonly ofEdge?: true;
}

/** A filter without its source. */
export type FilterOf<Each extends Filter> = Each extends Filter ? Omit<Each, "from" | "at"> : never;

/** What annotations that belong together come to. */
export interface FamilyReading {
  /** `name`: the annotation that the report shows as their source. */
  readonly settings: readonly { readonly name: string; readonly setting: PolicySetting }[];
  readonly filters?: readonly { readonly name: string; readonly filter: FilterOf<Filter> }[];
  /** `name`: as above. Null: the Ingress is a canary, and what it says of that can't be read. */
  readonly canary?: (Omit<CanarySetting, "from" | "at"> & { readonly name: string }) | null;
  readonly findings: readonly FamilyFinding[];
}

/** What makes an Ingress a canary, and who says so. */
export interface CanarySetting {
  readonly canary: Canary;
  /** Of `total` requests that neither header nor cookie decides about. */
  readonly weight: number;
  readonly total: number;
  readonly from: string;
  readonly at: Position | null;
}

/** The annotations of one idea; a section of `docs/annotations.md`. */
export interface AnnotationFamily {
  readonly title: string;
  readonly entries: readonly AnnotationEntry[];
  /** What more the docs say of them, as Markdown. */
  readonly notes?: string;
  /**
   * Reads those with `together`. `values` has the trimmed ones that are there, by name without the prefix; inert and
   * empty values are there too. Findings never show a value.
   */
  readonly settle?: (values: ReadonlyMap<string, string>, context: FamilyContext) => FamilyReading;
}

/** What Go's `strconv.ParseBool` takes, which is how ingress-nginx reads booleans. */
export const FALSE: readonly string[] = ["false", "0", "f", "F", "FALSE", "False"];
export const TRUE: readonly string[] = ["true", "1", "t", "T", "TRUE", "True"];
