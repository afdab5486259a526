import { isDeepStrictEqual } from "node:util";
import type { Diagnostic, Position } from "../diagnostics/diagnostic.ts";
import { byPosition } from "../diagnostics/order.ts";
import { diagnose } from "../diagnostics/report.ts";
import { covers, overlaps, type Scope, union } from "../ir/scope.ts";
import type { SourceDocument } from "../sources/document.ts";
import type { Resource } from "./resource.ts";

/** A resource beside the document it came from. */
export interface Draft<Body> {
  readonly resource: Resource<Body>;
  readonly document: SourceDocument;
}

interface Kept<Body> {
  readonly draft: Draft<Body>;
  readonly position: Position;
  scope: Scope;
  inConflict: boolean;
}

/**
 * Leaves one resource of each identity and scope. Equal definitions become one, in the clusters of all; of different
 * ones none is left, so that no order of files decides between them.
 */
export function withoutDuplicates<Body>(kind: string, drafts: readonly Draft<Body>[]) {
  const diagnostics: Diagnostic[] = [];
  const groups = Map.groupBy(drafts, ({ resource: { metadata } }) => `${metadata.namespace}/${metadata.name}`);
  const resources = [...groups.values()].flatMap((group) => {
    const scopes = group.map(({ resource }) => resource.scope);
    return anyOverlap(scopes) ? settle(kind, group, diagnostics) : group.map(({ resource }) => resource);
  });
  return { resources, diagnostics };
}

function settle<Body>(kind: string, group: readonly Draft<Body>[], diagnostics: Diagnostic[]): Resource<Body>[] {
  const inOrder = group
    .map((draft) => ({ draft, position: draft.document.locate(["metadata", "name"]) }))
    .sort((a, b) => byPosition(a.position, b.position));
  let kept: Kept<Body>[] = [];
  for (const { draft, position } of inOrder) {
    const { scope } = draft.resource;
    const met = kept.filter((other) => overlaps(other.scope, scope));
    const equal = met.filter((other) => isDeepStrictEqual(other.draft.document.value, draft.document.value));
    const different = met.filter((other) => !equal.includes(other));
    const [first] = different;
    if (first !== undefined) {
      diagnostics.push(report("EI1218", kind, draft.resource, position, first.position));
      for (const other of different) other.inConflict = true;
    } else if (equal[0] !== undefined) {
      diagnostics.push(report("EI1217", kind, draft.resource, position, equal[0].position));
    }
    const [same, ...more] = equal;
    const inConflict = first !== undefined;
    if (same === undefined) {
      // What an object in conflict covers is in conflict already; keeping one for all keeps this linear.
      if (first === undefined || !covers(first.scope, scope)) kept.push({ draft, position, scope, inConflict });
    } else {
      same.scope = [scope, ...more.map((other) => other.scope)].reduce(union, same.scope);
      same.inConflict ||= inConflict;
      kept = kept.filter((other) => !more.includes(other));
    }
  }
  return kept.filter(({ inConflict }) => !inConflict).map(({ draft, scope }) => ({ ...draft.resource, scope }));
}

function report(
  code: "EI1217" | "EI1218",
  kind: string,
  { metadata: { namespace, name } }: Resource<unknown>,
  position: Position,
  earlier: Position,
): Diagnostic {
  const identity = `${kind} ${namespace === "" ? "" : `${namespace}/`}${name}`;
  const message =
    code === "EI1217" ? `${identity} is given twice, in the same words` : `${identity} is given twice, and differs`;
  return diagnose(code, position, message, { related: [{ message: "it is also given here", position: earlier }] });
}

function anyOverlap(scopes: readonly Scope[]): boolean {
  return scopes.some((scope, index) => scopes.slice(index + 1).some((other) => overlaps(scope, other)));
}
