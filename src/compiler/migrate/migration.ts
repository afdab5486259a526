import { byText } from "../by-text.ts";
import type { CompileResult } from "../compile.ts";
import type { Diagnostic, Position } from "../diagnostics/diagnostic.ts";
import { inOrder } from "../diagnostics/order.ts";
import type { AnnotationClass } from "../frontends/ingress/annotations/entry.ts";
import { PREFIX, registry } from "../frontends/ingress/annotations/registry.ts";
import { positionText } from "../report.ts";
import type { IngressBody, Resource } from "../resources/resource.ts";

/**
 * How an Ingress would come over. `ready`: the edge does what it says. `differs`: it is served, and a warning names what is
 * different. `blocked`: an error stands in the way. `left-out`: of a class that this edge does not serve.
 */
export const STATES = ["blocked", "differs", "ready", "left-out"] as const;
export type State = (typeof STATES)[number];

export interface MigratedIngress {
  readonly name: string;
  readonly at: string | null;
  readonly state: State;
  /** Errors, warnings and infos at its place, in their order. */
  readonly reasons: readonly Reason[];
}

export type Reason = Pick<Diagnostic, "code" | "severity" | "message" | "fix"> & { readonly at: string | null };

/** An annotation of ingress-nginx in the manifests. */
export interface UsedAnnotation {
  readonly name: string;
  /** As in docs/annotations.md; null for a name that ingress-nginx does not have. */
  readonly class: AnnotationClass | null;
  readonly ingresses: number;
  /** Those of them that an error, a warning or an info about it names. */
  readonly errors: number;
  readonly warnings: number;
  readonly infos: number;
}

export interface Migration {
  readonly totals: Readonly<Record<State, number>>;
  /** The blocked ones first, then by name. */
  readonly ingresses: readonly MigratedIngress[];
  /** The most used first. */
  readonly annotations: readonly UsedAnnotation[];
  /** Errors and warnings that stand in no Ingress, or in one that can't be read. */
  readonly elsewhere: readonly Reason[];
}

/** Says of each Ingress of a compile how it would come over, and of each annotation how often it is used. */
export function migrationOf(result: CompileResult): Migration {
  const { diagnostics, resources, served } = result;
  const ordered = inOrder(diagnostics);
  const owners = new Owners(result);
  const byIngress = Map.groupBy(ordered, ({ position }) => (position === null ? null : owners.ingressAt(position)));
  const ingresses = resources.ingresses.map((ingress): MigratedIngress => {
    const own = byIngress.get(ingress) ?? [];
    return {
      name: nameOf(ingress),
      at: positionText(ingress.locate([])),
      state: served.some((one) => one.metadata === ingress.metadata) ? stateOf(own) : "left-out",
      reasons: own.map(reasonOf),
    };
  });
  const weight = ({ state }: MigratedIngress) => STATES.indexOf(state);
  const count = (state: State) => ingresses.filter((one) => one.state === state).length;
  return {
    totals: {
      blocked: count("blocked"),
      differs: count("differs"),
      ready: count("ready"),
      "left-out": count("left-out"),
    },
    ingresses: ingresses.sort((a, b) => weight(a) - weight(b) || byText(a.name, b.name)),
    annotations: annotationsOf(resources.ingresses, byIngress),
    elsewhere: (byIngress.get(null) ?? []).filter(({ severity }) => severity !== "info").map(reasonOf),
  };
}

function stateOf(diagnostics: readonly Diagnostic[]): State {
  if (diagnostics.some(({ severity }) => severity === "error")) return "blocked";
  return diagnostics.some(({ severity }) => severity === "warning") ? "differs" : "ready";
}

function reasonOf({ code, severity, message, fix, position }: Diagnostic): Reason {
  return { code, severity, message, fix, at: positionText(position) };
}

type Ingress = Resource<IngressBody>;

function annotationsOf(
  ingresses: readonly Ingress[],
  diagnostics: ReadonlyMap<Ingress | null, readonly Diagnostic[]>,
): UsedAnnotation[] {
  const uses = ingresses.flatMap((ingress) =>
    Object.keys(ingress.metadata.annotations)
      .filter((key) => key.startsWith(PREFIX))
      .map((key) => ({
        name: key.slice(PREFIX.length),
        severities: severitiesAt(ingress, key, diagnostics.get(ingress)),
      })),
  );
  const used = [...Map.groupBy(uses, ({ name }) => name)].map(([name, all]): UsedAnnotation => {
    const count = (severity: Diagnostic["severity"]) => all.filter(({ severities }) => severities.has(severity)).length;
    return {
      name,
      class: registry.get(name)?.class ?? null,
      ingresses: all.length,
      errors: count("error"),
      warnings: count("warning"),
      infos: count("info"),
    };
  });
  return used.sort((a, b) => b.ingresses - a.ingresses || byText(a.name, b.name));
}

function severitiesAt(ingress: Ingress, key: string, diagnostics: readonly Diagnostic[] = []) {
  const { line, column } = ingress.locate(["metadata", "annotations", key], "key");
  const here = diagnostics.filter(({ position }) => position?.line === line && position.column === column);
  return new Set(here.map(({ severity }) => severity));
}

function nameOf({ metadata }: Ingress): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/** Whose manifest a place stands in: that of the last object of its file that begins before it. */
class Owners {
  /** By file, in the order of their places; null for what is no Ingress, or none that can be read. */
  readonly #starts: ReadonlyMap<string, readonly { readonly at: Position; readonly ingress: Ingress | null }[]>;

  constructor({ documents, resources }: CompileResult) {
    const ingresses = new Map(resources.ingresses.map((ingress) => [positionText(ingress.locate([])), ingress]));
    const all = documents.map((document) => {
      const at = document.locate([]);
      return { at, ingress: ingresses.get(positionText(at)) ?? null };
    });
    const byFile = Map.groupBy(all, ({ at }) => at.file);
    for (const starts of byFile.values()) starts.sort((a, b) => a.at.line - b.at.line || a.at.column - b.at.column);
    this.#starts = byFile;
  }

  ingressAt({ file, line, column }: Position): Ingress | null {
    const starts = this.#starts.get(file) ?? [];
    let [low, high] = [0, starts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const at = starts[middle]?.at as Position;
      if (at.line < line || (at.line === line && at.column <= column)) low = middle + 1;
      else high = middle;
    }
    return starts[low - 1]?.ingress ?? null;
  }
}
