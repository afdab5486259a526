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
    const items = itemsOf(document.value);
    if (items === null) {
      expanded.push(document);
      return;
    }
    items.forEach((value, index) => {
      if (isMapping(value)) add(itemOf(document, value, index));
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

/** The items if the value is a List of any kind (`List`, `IngressList`), null if it is an object of its own. */
function itemsOf(value: unknown): readonly unknown[] | null {
  if (!isMapping(value)) return null;
  const { apiVersion, kind, items } = value;
  const isList = typeof kind === "string" && kind.endsWith("List") && typeof apiVersion === "string";
  return isList && Array.isArray(items) ? items : null;
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
