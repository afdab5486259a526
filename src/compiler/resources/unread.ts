import { byText } from "../by-text.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnose } from "../diagnostics/report.ts";
import { editDistance, onlyNear } from "../diagnostics/suggest.ts";
import type { SourceDocument } from "../sources/document.ts";
import { KINDS, READ_ELSEWHERE, WRITTEN_BY_US } from "./kinds.ts";
import { isMapping, quote } from "./schema.ts";

const OWN_GROUP = "edge-ingress.dev";

/** A document and the type it says it has. */
export interface TypedDocument {
  readonly apiVersion: string;
  readonly kind: string;
  readonly document: SourceDocument;
}

/** The type of a document, or why it has none. */
export function typeOf(document: SourceDocument): TypedDocument | Diagnostic[] {
  const { value } = document;
  if (!isMapping(value)) {
    const what = Array.isArray(value) ? "a list" : `a ${value === null ? "null" : typeof value}`;
    return [diagnose("EI1201", document.locate([]), `expected a Kubernetes resource, found ${what}`)];
  }
  const { apiVersion, kind } = value;
  if (isText(apiVersion) && isText(kind)) return { apiVersion, kind, document };
  const missing = ["apiVersion", "kind"].filter((field) => (value[field] ?? "") === "");
  const mistyped = ["apiVersion", "kind"].filter((field) => !missing.includes(field) && !isText(value[field]));
  const diagnostics = mistyped.map((field) =>
    diagnose("EI1202", document.locate([field]), `\`${field}\` must be a string`),
  );
  if (missing.length > 0) {
    const verb = missing.length > 1 ? "are" : "is";
    const message = `${missing.map((field) => `\`${field}\``).join(" and ")} ${verb} missing`;
    diagnostics.push(diagnose("EI1202", document.locate([]), message));
  }
  return diagnostics;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/**
 * Reports the documents of a type that is not read. A type that is nearly one of ours is an error: an Ingress that is
 * skipped for a slip in its apiVersion would be missing without a word. One that belongs to a group of its own, as
 * `serving.knative.dev/v1 Service`, is somebody else's and only counted.
 */
export function unread(documents: readonly TypedDocument[]): Diagnostic[] {
  const groups = Map.groupBy(documents, ({ apiVersion, kind }) => `${apiVersion} ${kind}`);
  return [...groups.values()].flatMap((same) => {
    const { apiVersion, kind } = same[0] as TypedDocument;
    if (WRITTEN_BY_US.some((known) => known.apiVersion === apiVersion && known.kind === kind)) return [];
    const meant = READ_ELSEWHERE.some((known) => known.apiVersion === apiVersion && known.kind === kind)
      ? null
      : whatIsMeant(apiVersion, kind);
    return meant === null ? [counted(same)] : same.map(({ document }) => mistaken(document, apiVersion, kind, meant));
  });
}

interface Meant {
  readonly field: "apiVersion" | "kind";
  /** Null where it is ours for certain but like nothing we know. */
  readonly instead: string | null;
}

function whatIsMeant(apiVersion: string, kind: string): Meant | null {
  const all = [...KINDS, ...READ_ELSEWHERE];
  const sameKind = all.find((known) => known.kind === kind);
  const group = groupOf(apiVersion);
  if (sameKind !== undefined) {
    const foreign = group.includes(".") && editDistance(group, groupOf(sameKind.apiVersion)) > 2;
    return foreign ? null : { field: "apiVersion", instead: sameKind.apiVersion };
  }
  const near = all
    .filter((known) => groupOf(known.apiVersion) === group)
    .find((known) => editDistance(known.kind.toLowerCase(), kind.toLowerCase()) <= 2);
  if (near !== undefined) return { field: "kind", instead: near.kind };
  return group === OWN_GROUP ? { field: "kind", instead: null } : null;
}

function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf("/");
  return slash === -1 ? "" : apiVersion.slice(0, slash);
}

function mistaken(document: SourceDocument, apiVersion: string, kind: string, { field, instead }: Meant): Diagnostic {
  const message = `${quote(apiVersion)} ${quote(kind)} is not a resource that is read`;
  const more =
    instead === null
      ? {}
      : { fix: `Write \`${field}: ${instead}\`.`, ...correction(document, apiVersion, kind, field, instead) };
  const meant = instead === null ? "" : `: did you mean ${field} \`${instead}\`?`;
  return diagnose("EI1203", document.locate([field]), `${message}${meant}`, more);
}

/** Of a slip in the kind; a wrong apiVersion may have fields of its own. */
function correction(
  document: SourceDocument,
  apiVersion: string,
  kind: string,
  field: Meant["field"],
  instead: string,
) {
  const known = KINDS.filter((one) => one.apiVersion === apiVersion).map((one) => one.kind);
  const isSlip = kind.toLowerCase() === instead.toLowerCase() || onlyNear(kind, known) === instead;
  if (field !== "kind" || !isSlip) return {};
  return { edit: { at: document.locate([field]), from: kind, to: instead } };
}

function counted(same: readonly TypedDocument[]): Diagnostic {
  const { apiVersion, kind } = same[0] as TypedDocument;
  const files = same.map(({ document }) => document.file.name);
  const firstFile = files.toSorted(byText)[0];
  const positions = same
    .filter(({ document }) => document.file.name === firstFile)
    .map((one) => one.document.locate(["kind"]));
  const first = positions.reduce((a, b) => (b.line < a.line || (b.line === a.line && b.column < a.column) ? b : a));
  const count = same.length === 1 ? "1 resource" : `${same.length} resources`;
  const verb = same.length === 1 ? "is" : "are";
  return diagnose("EI1204", first, `${count} of kind ${apiVersion} ${kind} ${verb} not read`);
}
