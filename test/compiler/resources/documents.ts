import type { Diagnostic } from "../../../src/compiler/diagnostics/diagnostic.ts";
import { EVERY_CLUSTER, type Scope } from "../../../src/compiler/ir/scope.ts";
import { type LoadResult, loadResources } from "../../../src/compiler/resources/load.ts";
import type { SourceDocument } from "../../../src/compiler/sources/document.ts";
import { parseYaml } from "../../../src/compiler/sources/parse-yaml.ts";

/** The documents of a YAML text, which must have no faults of syntax. */
export function documentsOf(text: string, name = "in.yaml"): readonly SourceDocument[] {
  const { documents, diagnostics } = parseYaml({ name, realPath: `/${name}`, text });
  if (diagnostics.length > 0) throw new Error(`the test's YAML is broken: ${diagnostics[0]?.message}`);
  return documents;
}

/** Loads a YAML text whose objects exist in every cluster, or in those given. */
export function load(text: string, scope: Scope = EVERY_CLUSTER): LoadResult {
  return loadResources(documentsOf(text), () => scope);
}

/** `EI1234 3:5`, one for each diagnostic. */
export function places(diagnostics: readonly Diagnostic[]): string[] {
  return diagnostics.map(({ code, position }) => `${code} ${position?.line}:${position?.column}`);
}

/** A YAML text without its `▸` marks, and where they stood: `3:5`. */
export function marked(text: string): { readonly text: string; readonly marks: readonly string[] } {
  const marks: string[] = [];
  const lines = text.split("\n").map((line, row) => {
    const parts = line.split("▸");
    let column = 1;
    for (const part of parts.slice(0, -1)) {
      column += part.length;
      marks.push(`${row + 1}:${column}`);
    }
    return parts.join("");
  });
  return { text: lines.join("\n"), marks };
}
