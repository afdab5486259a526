import { byText } from "../../by-text.ts";
import type { Diagnostic, Position } from "../../diagnostics/diagnostic.ts";
import { diagnose } from "../../diagnostics/report.ts";
import type { Dialect } from "../../ir/dialect.ts";
import { intersection, overlaps, type Scope } from "../../ir/scope.ts";
import type { IngressBody, IngressClassBody, Resource } from "../../resources/resource.ts";
import type { ValuePath } from "../../sources/document.ts";
import { dialectOf, type ServedResource } from "./dialect.ts";

/** `spec.controller` of the IngressClasses that are meant for this edge. */
export const OWN_CONTROLLER = "edge-ingress.dev/ingress-controller";

/** The annotation that named the class before `spec.ingressClassName` existed. */
export const CLASS_ANNOTATION = "kubernetes.io/ingress.class";

/** Which classes the command line asks for; both empty when it does not say. */
export interface ClassFlags {
  readonly ingressClass: readonly string[];
  readonly controller: readonly string[];
  /** `--dialect`: that of all Ingresses that are served; absent or null: each by its class. */
  readonly dialect?: Dialect | null;
}

export interface ClassSelection {
  /** In the order of the input. */
  readonly served: readonly ServedResource[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * `unwritten`: the default class, or none at all (`names` is empty). There is more than one name only where clusters
 * have different default classes. `path` leads to what a report points at.
 */
type EffectiveClass =
  | { readonly kind: "written" | "unwritten"; readonly names: readonly string[]; readonly path: ValuePath }
  | { readonly kind: "ambiguous"; readonly classes: readonly Resource<IngressClassBody>[] };

interface LeftOut {
  readonly names: readonly string[];
  readonly at: Position;
  readonly count: number;
}

/**
 * Splits the Ingresses into those that this edge serves and those of other controllers. `ingresses` and `classes`
 * come sorted: what is left out is reported once per class, at the first of its Ingresses.
 */
export function selectByClass(
  ingresses: readonly Resource<IngressBody>[],
  classes: readonly Resource<IngressClassBody>[],
  flags: ClassFlags,
): ClassSelection {
  const served: ServedResource[] = [];
  const diagnostics: Diagnostic[] = [];
  const leftOut = new Map<string, LeftOut>();
  for (const ingress of ingresses) {
    const effective = effectiveClass(ingress, classes);
    if (effective.kind === "ambiguous") {
      diagnostics.push(twoDefaults(ingress, effective.classes));
    } else if (isServed(ingress, effective, classes, flags)) {
      served.push({ ...ingress, dialect: flags.dialect ?? dialectOf(effective.names, ingress, classes) });
    } else {
      const { names, path } = effective;
      const before = leftOut.get(names.join(", "));
      const first = before ?? { names, at: ingress.locate(path), count: 0 };
      leftOut.set(names.join(", "), { ...first, count: first.count + 1 });
    }
  }
  for (const [, left] of [...leftOut].sort(([a], [b]) => byText(a, b))) {
    diagnostics.push(hasFlags(flags) ? leftOutByFlags(left, flags) : leftOutByDefault(left, classes));
  }
  return { served, diagnostics };
}

function hasFlags(flags: ClassFlags): boolean {
  return flags.ingressClass.length > 0 || flags.controller.length > 0;
}

function effectiveClass(
  ingress: Resource<IngressBody>,
  classes: readonly Resource<IngressClassBody>[],
): EffectiveClass {
  const { ingressClassName } = ingress.body;
  if (ingressClassName !== null) {
    return { kind: "written", names: [ingressClassName], path: ["spec", "ingressClassName"] };
  }
  // Compared as it stands: controllers pass over an Ingress whose class has a space beside it.
  const annotated = ingress.metadata.annotations[CLASS_ANNOTATION] ?? "";
  if (annotated.trim() !== "") {
    return { kind: "written", names: [annotated], path: ["metadata", "annotations", CLASS_ANNOTATION] };
  }
  const defaults = classes.filter((candidate) => candidate.body.isDefault && overlaps(candidate.scope, ingress.scope));
  const clash = clashingDefaults(defaults, ingress.scope);
  if (clash.length > 0) return { kind: "ambiguous", classes: clash };
  const names = [...new Set(defaults.map((candidate) => candidate.metadata.name))].sort(byText);
  return { kind: "unwritten", names, path: ["metadata", "name"] };
}

/** The default classes of different names that meet in one cluster of the Ingress. */
function clashingDefaults(
  defaults: readonly Resource<IngressClassBody>[],
  scope: Scope,
): readonly Resource<IngressClassBody>[] {
  return defaults.filter((one) => {
    const shared = intersection(one.scope, scope);
    return (
      shared !== null &&
      defaults.some((other) => other.metadata.name !== one.metadata.name && overlaps(other.scope, shared))
    );
  });
}

function isServed(
  ingress: Resource<IngressBody>,
  effective: Exclude<EffectiveClass, { kind: "ambiguous" }>,
  classes: readonly Resource<IngressClassBody>[],
  flags: ClassFlags,
): boolean {
  if (!hasFlags(flags)) {
    return effective.kind !== "written" || controlledBy([OWN_CONTROLLER], effective.names, ingress, classes);
  }
  return (
    effective.names.some((name) => flags.ingressClass.includes(name)) ||
    controlledBy(flags.controller, effective.names, ingress, classes)
  );
}

function controlledBy(
  controllers: readonly string[],
  names: readonly string[],
  ingress: Resource<IngressBody>,
  classes: readonly Resource<IngressClassBody>[],
): boolean {
  return classes.some(
    (candidate) =>
      names.includes(candidate.metadata.name) &&
      controllers.includes(candidate.body.controller) &&
      overlaps(candidate.scope, ingress.scope),
  );
}

function twoDefaults(ingress: Resource<IngressBody>, classes: readonly Resource<IngressClassBody>[]): Diagnostic {
  const { namespace, name } = ingress.metadata;
  const names = [...new Set(classes.map((candidate) => candidate.metadata.name))];
  return diagnose(
    "EI2052",
    ingress.locate(["metadata", "name"]),
    `Ingress ${namespace}/${name} names no class, and there is more than one default IngressClass: ${names.join(", ")}`,
    {
      related: classes.map((candidate) => ({
        message: `IngressClass ${candidate.metadata.name} is marked as the default here`,
        position: candidate.locate(["metadata", "name"]),
      })),
    },
  );
}

function leftOutByDefault(left: LeftOut, classes: readonly Resource<IngressClassBody>[]): Diagnostic {
  const name = left.names.join(", ");
  const controllers = classes
    .filter((candidate) => left.names.includes(candidate.metadata.name))
    .map((candidate) => candidate.body.controller);
  const byController = [...new Set(controllers)].map((controller) => ` or --controller ${controller}`).join("");
  return diagnose("EI2050", left.at, `${ingressesOf(left)} left out: no flag says that this edge serves that class`, {
    fix: `Pass --ingress-class ${name}${byController} to serve ${left.count === 1 ? "it" : "them"}.`,
  });
}

function leftOutByFlags(left: LeftOut, flags: ClassFlags): Diagnostic {
  return diagnose("EI2051", left.at, `${ingressesOf(left)} left out by ${flagsText(flags)}`);
}

function ingressesOf(left: LeftOut): string {
  const which = left.names.length === 0 ? "without a class" : `of class ${left.names.join(", ")}`;
  return left.count === 1 ? `1 Ingress ${which} is` : `${left.count} Ingresses ${which} are`;
}

function flagsText(flags: ClassFlags): string {
  return [
    ...flags.ingressClass.map((name) => `--ingress-class ${name}`),
    ...flags.controller.map((name) => `--controller ${name}`),
  ].join(" ");
}
