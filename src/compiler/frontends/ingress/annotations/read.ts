import { byText } from "../../../by-text.ts";
import type { Code } from "../../../diagnostics/catalogue/index.ts";
import type { Diagnostic, Edit } from "../../../diagnostics/diagnostic.ts";
import { diagnose } from "../../../diagnostics/report.ts";
import { onlyNear } from "../../../diagnostics/suggest.ts";
import type { Filter } from "../../../ir/filter.ts";
import type { Policy } from "../../../ir/policy.ts";
import { DEFAULT_TIMEOUTS } from "../../../ir/rule.ts";
import { rememberedOf } from "../../../remembered.ts";
import type { ResourceSet } from "../../../resources/resource.ts";
import { type Annotated, NO_DEFAULTS, withDefaults } from "../controller-defaults.ts";
import type { ServedResource } from "../dialect.ts";
import { isBookkeeping } from "./bookkeeping.ts";
import { canary as canaryFamily } from "./canary.ts";
import type { AnnotationEffect, AnnotationEntry, AnnotationFamily, CanarySetting, FamilyContext } from "./entry.ts";
import { foreignAnnotation } from "./foreign.ts";
import { looksLikeGuard } from "./guard-names.ts";
import { families, nearestEntry, PREFIX, registry } from "./registry.ts";

/** What one annotation comes to. */
interface AnnotationReading {
  readonly effect: AnnotationEffect;
  readonly diagnostics: readonly Diagnostic[];
  /** Those of them that say that ingress-nginx does not take a value. */
  readonly invalid: readonly InvalidValue[];
}

/** A value that ingress-nginx does not take. */
export interface InvalidValue {
  /** Of the annotation, without the prefix. */
  readonly name: string;
  readonly says: string;
  readonly at: Diagnostic["position"];
}

export interface AnnotationsReading extends AnnotationReading {
  /** What an EdgePolicy can say too: more specific ones take its place. */
  readonly policies: readonly Policy[];
  readonly filters: readonly Filter[];
  /** Not undefined where the Ingress is a canary, which publishes nothing of its own; null: what it says can't be read. */
  readonly canary?: CanarySetting | null;
}

const NO_EFFECT: AnnotationEffect = {};
/** Of an annotation that says nothing by itself. */
const NOTHING_READ: AnnotationReading = { effect: NO_EFFECT, diagnostics: [], invalid: [] };
const NOTHING_SETTLED = { policies: [], filters: [], diagnostics: [], invalid: [] };
const NOTHING_WRITTEN: AnnotationsReading = { effect: NO_EFFECT, ...NOTHING_SETTLED };

/**
 * Honours what the annotations of an Ingress ask for, and reports by name what it can't. Those of a canary have no effect,
 * but for what makes it one. Messages never show a value: it may be a secret.
 */
export function readAnnotations(
  written: ServedResource,
  resources: ResourceSet,
  defaultService: FamilyContext["defaultService"] = null,
): AnnotationsReading {
  const own = { ...written, defaults: NO_DEFAULTS };
  const ofCanary = settleFamily(canaryFamily, { ingress: own, resources, defaultService });
  if (ofCanary.canary !== undefined) {
    const names = Object.keys(written.metadata.annotations).sort(byText);
    const idle = names.flatMap((key) => reportIdle(own, key));
    return { ...ofCanary, effect: {}, diagnostics: [...ofCanary.diagnostics, ...idle] };
  }
  const ingress = withDefaults(written, resources);
  const keys = Object.keys(ingress.metadata.annotations).sort(byText);
  if (keys.length === 0) return NOTHING_WRITTEN;
  const readings = keys.map((key) => readAnnotation(ingress, key));
  const effect = readings.reduce<AnnotationEffect>((sum, { effect: one }) => merged(sum, one), { timeouts: {} });
  const timed = keys[readings.findIndex(({ effect: one }) => one.timeouts !== undefined)];
  const touched = new Set(keys.map((key) => FAMILY_OF.get(key)));
  const settled = families
    .filter((family) => touched.has(family))
    .map((family) => settleFamily(family, { ingress, resources, defaultService }));
  return {
    effect,
    policies: [
      ...(timed === undefined ? [] : [timeoutsOf(ingress, timed, effect)]),
      ...settled.flatMap(({ policies }) => policies),
    ],
    filters: settled.flatMap(({ filters }) => filters),
    diagnostics: [...readings, ...settled].flatMap(({ diagnostics }) => diagnostics),
    invalid: [...readings, ...settled].flatMap(({ invalid }) => invalid),
  };
}

/** The annotations of a family that are read together. */
function settleFamily(
  { entries, settle }: AnnotationFamily,
  context: FamilyContext & { readonly ingress: Annotated },
): Pick<AnnotationsReading, "policies" | "filters" | "canary" | "diagnostics" | "invalid"> {
  const { ingress } = context;
  const { annotations } = ingress.metadata;
  const written = keysOf(entries).filter(([, key]) => annotations[key] !== undefined);
  if (settle === undefined || written.length === 0) return NOTHING_SETTLED;
  const values = new Map(written.map(([name, key]) => [name, (annotations[key] as string).trim()]));
  const { settings, filters = [], canary, findings } = settle(values, context);
  const diagnosed = findings.map(({ name, code, says, fix = insteadOf(code, registry.get(name)), ofEdge }) => ({
    name,
    ofEdge,
    diagnostic: reportAt(ingress, PREFIX + name)(code, `${name} ${says}`, fix === undefined ? undefined : { fix }),
  }));
  return {
    policies: settings.map(({ name, setting }) => ({ ...setting, ...sourceOf(ingress, PREFIX + name) })),
    ...(canary !== undefined && {
      canary: canary === null ? null : { ...canary, ...sourceOf(ingress, PREFIX + canary.name) },
    }),
    filters: filters.map(({ name, filter }): Filter => ({ ...filter, ...sourceOf(ingress, PREFIX + name) })),
    diagnostics: diagnosed.map(({ diagnostic }) => diagnostic),
    invalid: diagnosed.flatMap(({ name, diagnostic, ofEdge }) => invalidOf(name, diagnostic, ofEdge)),
  };
}

/** Those that are read together, put together once: every Ingress is asked for each of them. */
const keysOf = rememberedOf((entries: AnnotationFamily["entries"]) =>
  entries.flatMap(({ name, together }) => (together === undefined ? [] : [[name, PREFIX + name] as const])),
);

/** By whole name, the family with which an annotation is read. */
const FAMILY_OF: ReadonlyMap<string, AnnotationFamily> = new Map(
  families.flatMap((family) => keysOf(family.entries).map(([, key]) => [key, family] as const)),
);

function invalidOf(
  name: string,
  { code, message, position }: Diagnostic,
  ofEdge: true | undefined,
): readonly InvalidValue[] {
  return code === "EI4006" && ofEdge !== true ? [{ name, says: message, at: position }] : [];
}

function merged(a: AnnotationEffect, b: AnnotationEffect): AnnotationEffect {
  return b === NO_EFFECT ? a : { ...a, ...b, timeouts: { ...a.timeouts, ...b.timeouts } };
}

function timeoutsOf(ingress: Annotated, key: string, { timeouts }: AnnotationEffect): Policy {
  return { field: "timeouts", value: { ...DEFAULT_TIMEOUTS, ...timeouts }, ...sourceOf(ingress, key) };
}

function sourceOf(ingress: Annotated, key: string): Pick<Policy, "from" | "at"> {
  const { who, at } = writerOf(ingress, key);
  return { from: `${key.slice(PREFIX.length)} of ${who}`, at };
}

/** Who wrote an annotation: the Ingress, or the controller's ConfigMap for it. */
function writerOf(ingress: Annotated, key: string) {
  const { namespace, name } = ingress.metadata;
  const usual = ingress.defaults.get(key);
  if (usual !== undefined) return { who: usual.from, at: usual.at };
  return { who: `Ingress ${namespace}/${name}`, at: ingress.locate(["metadata", "annotations", key], "key") };
}

/** Reports at the key of an annotation, in words that begin with its Ingress. */
type Report = (code: Code, says: string, more?: { fix: string; edit?: Edit }) => Diagnostic;

function reportAt(ingress: Annotated, key: string): Report {
  return (code, says, more) => {
    const { who, at } = writerOf(ingress, key);
    return diagnose(code, at, `${who}: ${says}`, more);
  };
}

function readAnnotation(ingress: Annotated, key: string): AnnotationReading {
  const { annotations } = ingress.metadata;
  const report = reportAt(ingress, key);
  if (!key.startsWith(PREFIX)) return telling(otherKey(key, report));
  const name = key.slice(PREFIX.length);
  const entry = registry.get(name);
  if (!entry) return telling([unknownName(ingress, name, report)]);
  return readKnown(entry, (annotations[key] ?? "").trim(), report);
}

function telling(diagnostics: readonly Diagnostic[]): AnnotationReading {
  return diagnostics.length === 0 ? NOTHING_READ : { ...NOTHING_READ, diagnostics };
}

function readKnown(entry: AnnotationEntry, value: string, report: Report): AnnotationReading {
  if (entry.together !== undefined) return NOTHING_READ;
  // An empty value is none to ingress-nginx. A guard that was left empty is still worth a second look.
  if (entry.inert?.includes(value) || (value === "" && !entry.guards)) return NOTHING_READ;
  if (!entry.read) return telling([unread(entry, report)]);
  const reading = entry.read.parse(value);
  if (!reading.ok) {
    const diagnostic = report("EI4006", `${entry.name} ${reading.problem}`);
    return { effect: NO_EFFECT, diagnostics: [diagnostic], invalid: invalidOf(entry.name, diagnostic, reading.ofEdge) };
  }
  return {
    effect: reading.effect,
    diagnostics: reading.remarks.map((remark) => report(remark.code, `${entry.name} ${remark.says}`)),
    invalid: [],
  };
}

/** What the main Ingress says holds for the canary's requests too. Names that nobody knows are told as on any Ingress. */
function reportIdle(ingress: Annotated, key: string): readonly Diagnostic[] {
  const report = reportAt(ingress, key);
  if (!key.startsWith(PREFIX)) return otherKey(key, report);
  const name = key.slice(PREFIX.length);
  const entry = registry.get(name);
  if (entry === undefined) return [unknownName(ingress, name, report)];
  const value = (ingress.metadata.annotations[key] ?? "").trim();
  if (canaryFamily.entries.includes(entry) || value === "" || entry.inert?.includes(value)) return [];
  const says = `${entry.name} has no effect on a canary: that of the main Ingress holds`;
  return [report(entry.guards ? "EI4063" : "EI4062", says)];
}

/** Codes of what is not done. */
const UNDONE: readonly Code[] = ["EI4001", "EI4002", "EI4068"];

function insteadOf(code: Code, entry: AnnotationEntry | undefined): string | undefined {
  return UNDONE.includes(code) ? entry?.instead : undefined;
}

function unread(entry: AnnotationEntry, report: Report): Diagnostic {
  const more = entry.instead === undefined ? undefined : { fix: entry.instead };
  if (entry.guards) return report("EI4001", `${entry.name} guards its routes and is not honoured`, more);
  if (entry.class === "C") return report("EI4005", `${entry.name} is left to the cluster's own ingress`);
  return report("EI4002", `${entry.name} is not honoured`, more);
}

function unknownName(ingress: ServedResource, name: string, report: Report): Diagnostic {
  const near = nearestEntry(name);
  const guards = looksLikeGuard(name) || near?.guards === true;
  return report(
    guards ? "EI4003" : "EI4004",
    `ingress-nginx has no annotation ${PREFIX}${name}`,
    near
      ? {
          fix: `Write ${near.name} if that is what is meant, or take the annotation away.`,
          ...correction(ingress, name),
        }
      : undefined,
  );
}

/** Where one name alone can be meant, and the Ingress does not have it yet. */
function correction({ metadata, locate }: ServedResource, name: string): { edit?: Edit } {
  const meant = onlyNear(name, [...registry.keys()]);
  if (meant === null || metadata.annotations[PREFIX + meant] !== undefined) return {};
  const key = PREFIX + name;
  return { edit: { at: locate(["metadata", "annotations", key], "key"), from: key, to: PREFIX + meant } };
}

function otherKey(key: string, report: Report): readonly Diagnostic[] {
  if (isBookkeeping(key)) return [];
  const foreign = foreignAnnotation(key);
  if (foreign) {
    const says = `${key} belongs to ${foreign.controller} and is not honoured`;
    return [foreign.guards ? report("EI4009", `${says}; it looks like a guard`) : report("EI4010", says)];
  }
  if (looksLikeGuard(key)) return [report("EI4011", `${key} is unknown and looks like a guard`)];
  return [report("EI4012", `${key} is unknown and is not honoured`)];
}
