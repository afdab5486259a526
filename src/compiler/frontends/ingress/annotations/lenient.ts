import type { RewriteModule } from "../../../../table/policies/rewrite-module.ts";
import type { Diagnostic } from "../../../diagnostics/diagnostic.ts";
import { diagnose } from "../../../diagnostics/report.ts";
import type { Filter } from "../../../ir/filter.ts";
import type { ResourceSet } from "../../../resources/resource.ts";
import type { ServedResource } from "../dialect.ts";
import type { FamilyContext } from "./entry.ts";
import { type InvalidOutcome, outcomeOf, SAYS } from "./invalid-values.ts";
import { type AnnotationsReading, readAnnotations } from "./read.ts";
import { PREFIX, registry } from "./registry.ts";

export interface LenientReading extends AnnotationsReading {
  /** True where the whole Ingress counts as if it were not there. */
  readonly dropped: boolean;
}

interface LenientOptions {
  readonly defaultService: FamilyContext["defaultService"];
  /** Those that are not among the manifests are at the edge at run time. */
  readonly externalSecrets: boolean;
}

/** `return 503`, which ingress-nginx writes in the place of all else of a location. */
const UNAVAILABLE: RewriteModule = [
  {
    level: "location",
    condition: null,
    headers: [],
    actions: [
      { does: "answer", pattern: "", status: 503, to: [], absolute: false, query: "none", contentType: "text/html" },
    ],
  },
];

/**
 * The annotations of an Ingress as its controller takes them where it does not take a value (`--lenient`): what would be an
 * error becomes a warning that says what the controller makes of it. What the edge does not do stays an error.
 */
export function readLeniently(
  ingress: ServedResource,
  resources: ResourceSet,
  { defaultService, externalSecrets }: LenientOptions,
): LenientReading {
  const warnings: Diagnostic[] = [];
  const outcomes = new Set<InvalidOutcome>();
  let annotations = ingress.metadata.annotations;
  for (;;) {
    const written = { ...ingress, metadata: { ...ingress.metadata, annotations } };
    const reading = readAnnotations(written, resources, defaultService);
    // What is said of one that is not written stays an error.
    const invalid = reading.invalid.filter(({ name }) => Object.hasOwn(annotations, PREFIX + name));
    if (invalid.length === 0) {
      const missing = externalSecrets ? [] : missingUsers(reading, resources.secrets);
      if (missing.length > 0) outcomes.add("denied");
      return settled(ingress, reading, outcomes, [...warnings, ...missing]);
    }
    for (const { name, says, at } of invalid) {
      const outcome = outcomeOf(name, registry.get(name)?.guards === true);
      outcomes.add(outcome);
      warnings.push(diagnose("EI4041", at, `${says}; ${SAYS[outcome]}`));
    }
    const wrong = new Set(invalid.map(({ name }) => PREFIX + name));
    annotations = Object.fromEntries(Object.entries(annotations).filter(([key]) => !wrong.has(key)));
  }
}

/** A Secret of users that is not there, or lacks its key: ingress-nginx denies the location (internal/ingress/annotations/auth). */
function missingUsers({ policies }: AnnotationsReading, secrets: ResourceSet["secrets"]): Diagnostic[] {
  return policies.flatMap((policy) => {
    if (policy.field !== "basicAuth") return [];
    const { secret, key } = policy.value;
    const given = secrets.filter(({ metadata }) => `${metadata.namespace}/${metadata.name}` === secret.name);
    const isThere = given.some(({ body }) => key === null || body.content.keys.includes(key));
    if (isThere) return [];
    const lacks = given.length === 0 ? "that is not among the manifests" : `that lacks the key ${key}`;
    return [diagnose("EI4041", policy.at, `${policy.from} names a Secret ${lacks}; ${SAYS.denied}`)];
  });
}

function settled(
  ingress: ServedResource,
  reading: AnnotationsReading,
  outcomes: ReadonlySet<InvalidOutcome>,
  warnings: readonly Diagnostic[],
): LenientReading {
  const diagnostics = [...warnings, ...reading.diagnostics];
  if (outcomes.has("dropped")) return { ...reading, diagnostics: warnings, dropped: true };
  if (!outcomes.has("denied")) return { ...reading, diagnostics, dropped: false };
  const { namespace, name } = ingress.metadata;
  const source = { from: `Ingress ${namespace}/${name}`, at: ingress.locate(["metadata", "name"]) };
  const denied: Filter = {
    type: "RewriteModule",
    level: "location",
    blocks: UNAVAILABLE,
    besidesIngress: false,
    ...source,
  };
  return {
    ...reading,
    // Those of the host hold on, and the way its paths are matched.
    policies: reading.policies.filter(({ field }) => field === "clientCertificate"),
    filters: [...reading.filters.filter(isOfHost), denied],
    diagnostics,
    dropped: false,
  };
}

function isOfHost(filter: Filter): boolean {
  if (filter.type === "RewriteModule") return filter.level === "server";
  return filter.type === "PathRewrite" || (filter.type === "RequestRedirect" && filter.redirect.only === "root");
}
