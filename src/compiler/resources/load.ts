import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { byPlace } from "../diagnostics/order.ts";
import { EVERY_CLUSTER, type Scope } from "../ir/scope.ts";
import type { SourceDocument } from "../sources/document.ts";
import { type Draft, withoutDuplicates } from "./duplicates.ts";
import type { Bodies, Kind } from "./kind.ts";
import { KINDS } from "./kinds.ts";
import { modernised } from "./old-versions.ts";
import { sortResources } from "./order.ts";
import type { Resource, ResourceSet } from "./resource.ts";
import { type TypedDocument, typeOf, unread } from "./unread.ts";

export interface LoadResult {
  readonly resources: ResourceSet;
  /** In the order of their places, whatever the order of the documents. */
  readonly diagnostics: readonly Diagnostic[];
}

type Sets<Names extends keyof Bodies> = { [Name in Names]: readonly Resource<Bodies[Name]>[] };

/**
 * Types and validates documents. What is invalid is left out and reported, the rest goes on. `scopeOf` says in which
 * clusters a document's object exists. Neither the resources nor the diagnostics depend on the order of `documents`.
 */
export function loadResources(
  documents: readonly SourceDocument[],
  scopeOf: (document: SourceDocument) => Scope,
): LoadResult {
  const diagnostics: Diagnostic[] = [];
  const typed: TypedDocument[] = [];
  for (const written of documents) {
    const modern = modernised(written);
    if (modern !== null) diagnostics.push(modern.diagnostic);
    const type = typeOf(modern?.document ?? written);
    if (Array.isArray(type)) append(diagnostics, type);
    else typed.push(type);
  }
  const byType = Map.groupBy(typed, ({ apiVersion, kind }) => `${apiVersion} ${kind}`);
  const resources: Sets<keyof Bodies> = {
    ingresses: [],
    ingressClasses: [],
    services: [],
    secrets: [],
    configMaps: [],
    clusters: [],
    edgePolicies: [],
  };
  for (const kind of KINDS) {
    const type = `${kind.apiVersion} ${kind.kind}`;
    const ofKind = (byType.get(type) ?? []).map(({ document }) => document);
    loadKind(kind, ofKind, scopeOf, resources, diagnostics);
    byType.delete(type);
  }
  append(diagnostics, unread([...byType.values()].flat()));
  return { resources, diagnostics: diagnostics.sort(byPlace) };
}

function loadKind<Name extends keyof Bodies>(
  kind: Kind<Name>,
  documents: readonly SourceDocument[],
  scopeOf: (document: SourceDocument) => Scope,
  into: Sets<Name>,
  diagnostics: Diagnostic[],
): void {
  const drafts: Draft<Bodies[Name]>[] = [];
  for (const document of documents) {
    const parsed = kind.parse(document);
    append(diagnostics, parsed.diagnostics);
    if (parsed.value === null) continue;
    const scope = kind.scoped ? scopeOf(document) : EVERY_CLUSTER;
    drafts.push({
      document,
      resource: { ...parsed.value, scope, locate: document.locate },
    });
  }
  const { resources, diagnostics: repeated } = withoutDuplicates(kind.kind, drafts);
  append(diagnostics, repeated);
  into[kind.set] = sortResources(resources);
}

/** One by one: there may be more than a call takes arguments. */
function append(to: Diagnostic[], more: readonly Diagnostic[]): void {
  for (const diagnostic of more) to.push(diagnostic);
}
