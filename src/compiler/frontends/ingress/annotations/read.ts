import { byText } from "../../../by-text.ts";
import type { Code } from "../../../diagnostics/catalogue/index.ts";
import type { Diagnostic } from "../../../diagnostics/diagnostic.ts";
import { diagnose } from "../../../diagnostics/report.ts";
import type { Policy } from "../../../ir/policy.ts";
import { DEFAULT_TIMEOUTS } from "../../../ir/rule.ts";
import type { IngressBody, Resource } from "../../../resources/resource.ts";
import { isBookkeeping } from "./bookkeeping.ts";
import type { AnnotationEffect, AnnotationEntry } from "./entry.ts";
import { foreignAnnotation } from "./foreign.ts";
import { looksLikeGuard } from "./guard-names.ts";
import { nearestEntry, PREFIX, registry } from "./registry.ts";

/** What one annotation comes to. */
interface AnnotationReading {
  readonly effect: AnnotationEffect;
  readonly diagnostics: readonly Diagnostic[];
}

export interface AnnotationsReading extends AnnotationReading {
  /** What an EdgePolicy can say too: more specific ones take its place. */
  readonly policies: readonly Policy[];
}

/**
 * Honours what the annotations of an Ingress ask for, and reports by name what it can't; an Ingress that is left out
 * publishes nothing, so nothing else of it is reported. Messages never show a value: it may be a secret.
 */
export function readAnnotations(ingress: Resource<IngressBody>): AnnotationsReading {
  const keys = Object.keys(ingress.metadata.annotations).sort(byText);
  const readings = keys.map((key) => readAnnotation(ingress, key));
  const leftOut = readings.find((reading) => reading.effect.leftOut);
  if (leftOut) return { ...leftOut, policies: [] };
  const effect = readings.reduce<AnnotationEffect>((sum, { effect: one }) => merged(sum, one), {});
  const timed = keys[readings.findIndex(({ effect: one }) => one.timeouts !== undefined)];
  return {
    effect,
    policies: timed === undefined ? [] : [timeoutsOf(ingress, timed, effect)],
    diagnostics: readings.flatMap((reading) => reading.diagnostics),
  };
}

function merged(a: AnnotationEffect, b: AnnotationEffect): AnnotationEffect {
  return { ...a, ...b, timeouts: { ...a.timeouts, ...b.timeouts } };
}

function timeoutsOf(ingress: Resource<IngressBody>, key: string, { timeouts }: AnnotationEffect): Policy {
  const { namespace, name } = ingress.metadata;
  return {
    field: "timeouts",
    value: { ...DEFAULT_TIMEOUTS, ...timeouts },
    from: `${key.slice(PREFIX.length)} of Ingress ${namespace}/${name}`,
    at: ingress.locate(["metadata", "annotations", key], "key"),
  };
}

/** Reports at the key of an annotation, in words that begin with its Ingress. */
type Report = (code: Code, says: string, more?: { fix: string }) => Diagnostic;

function readAnnotation(ingress: Resource<IngressBody>, key: string): AnnotationReading {
  const { namespace, name: ingressName, annotations } = ingress.metadata;
  const report: Report = (code, says, more) => {
    const at = ingress.locate(["metadata", "annotations", key], "key");
    return diagnose(code, at, `Ingress ${namespace}/${ingressName}: ${says}`, more);
  };
  if (!key.startsWith(PREFIX)) return { effect: {}, diagnostics: otherKey(key, report) };
  const name = key.slice(PREFIX.length);
  const entry = registry.get(name);
  if (!entry) return { effect: {}, diagnostics: [unknownName(name, report)] };
  return readKnown(entry, (annotations[key] ?? "").trim(), report);
}

function readKnown(entry: AnnotationEntry, value: string, report: Report): AnnotationReading {
  // An empty value is none to ingress-nginx. A guard that was left empty is still worth a second look.
  if (entry.inert?.includes(value) || (value === "" && !entry.guards)) return { effect: {}, diagnostics: [] };
  if (!entry.read) return { effect: {}, diagnostics: [unread(entry, report)] };
  const reading = entry.read.parse(value);
  if (!reading.ok) {
    const { code = "EI4006", problem } = reading;
    return { effect: {}, diagnostics: [report(code, `${entry.name} ${problem}`)] };
  }
  return {
    effect: reading.effect,
    diagnostics: reading.remarks.map((remark) => report(remark.code, `${entry.name} ${remark.says}`)),
  };
}

function unread(entry: AnnotationEntry, report: Report): Diagnostic {
  if (entry.guards) return report("EI4001", `${entry.name} guards its routes and is not honoured`);
  if (entry.class === "C") return report("EI4005", `${entry.name} is left to the cluster's own ingress`);
  return report("EI4002", `${entry.name} is not honoured`);
}

function unknownName(name: string, report: Report): Diagnostic {
  const near = nearestEntry(name);
  const guards = looksLikeGuard(name) || near?.guards === true;
  return report(
    guards ? "EI4003" : "EI4004",
    `ingress-nginx has no annotation ${PREFIX}${name}`,
    near ? { fix: `Write ${near.name} if that is what is meant, or take the annotation away.` } : undefined,
  );
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
