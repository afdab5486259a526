import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnose } from "../diagnostics/report.ts";
import type { SourceDocument } from "./document.ts";

/** How many items that are no objects are reported for one call, before a diagnostic that counts the rest. */
const MAX_DIAGNOSTICS = 20;

/** Documents with each `List` (as `kubectl get -o yaml` prints it) replaced by its items, lists in lists too. */
export function expandLists(documents: readonly SourceDocument[]): {
  readonly documents: readonly SourceDocument[];
  readonly diagnostics: readonly Diagnostic[];
} {
  const expanded: SourceDocument[] = [];
  const diagnostics: Diagnostic[] = [];
  let odd = 0;
  const add = (document: SourceDocument): void => {
    const list = listOf(document.value);
    if (list === null) {
      expanded.push(document);
      return;
    }
    list.items.forEach((value, index) => {
      if (isMapping(value)) add(itemOf(document, typed(value, list), index));
      else {
        if (odd < MAX_DIAGNOSTICS) diagnostics.push(notAnObject(document, index));
        odd += 1;
      }
    });
  };
  for (const document of documents) add(document);
  if (odd > MAX_DIAGNOSTICS) {
    const message = `${odd - MAX_DIAGNOSTICS} more items that are not objects are not shown`;
    diagnostics.push(diagnose("EI1118", diagnostics.at(-1)?.position ?? null, message));
  }
  return { documents: expanded, diagnostics };
}

function notAnObject(list: SourceDocument, index: number): Diagnostic {
  return diagnose("EI1117", list.locate(["items", index]), `item ${index} of the list is not an object`);
}

function itemOf(list: SourceDocument, value: unknown, index: number): SourceDocument {
  return {
    file: list.file,
    value,
    locate: (path, part) => list.locate(["items", index, ...path], part),
  };
}

interface List {
  readonly apiVersion: string;
  readonly items: readonly unknown[];
  /** Empty for a plain `List`. */
  readonly itemKind: string;
}

/** The value as a List of any kind (`List`, `IngressList`), null if it is an object of its own. */
function listOf(value: unknown): List | null {
  if (!isMapping(value)) return null;
  const { apiVersion, kind, items } = value;
  if (typeof kind !== "string" || !kind.endsWith("List") || typeof apiVersion !== "string") return null;
  return Array.isArray(items) ? { apiVersion, items, itemKind: kind.slice(0, -"List".length) } : null;
}

/**
 * The API server leaves the type out of the items of a typed list. Where both fields are missing they are the list's:
 * kubernetes/kubernetes:staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/unstructured/helpers.go, decodeToList.
 */
function typed(item: Mapping, { apiVersion, itemKind: kind }: List): Mapping {
  if (kind === "" || !isMissing(item.kind) || !isMissing(item.apiVersion)) return item;
  return { ...item, apiVersion, kind };
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}

type Mapping = Readonly<Record<string, unknown>>;

function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
