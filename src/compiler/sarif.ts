import { visibleJson } from "./diagnostics/visible-json.ts";

/** `none` is for what is neither right nor wrong. SARIF 2.1.0 §3.27.10. */
export type SarifLevel = "error" | "warning" | "note" | "none";

/** What may be found, once for all its results. */
export interface SarifRule {
  readonly id: string;
  readonly title: string;
  readonly level: SarifLevel;
  readonly why?: string;
  readonly help?: string;
}

/** Both count from 1; the column in UTF-16 units. Without a length the whole rest of the line is meant. */
export interface SarifPlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly length?: number;
}

export interface SarifResult {
  readonly rule: string;
  readonly message: string;
  readonly level: SarifLevel;
  readonly place: SarifPlace | null;
  readonly related?: readonly { readonly message: string; readonly place: SarifPlace }[];
  /** Why it is allowed, where a comment says so (§3.35). */
  readonly reason?: string | undefined;
  /** What to write in the place of a text, which a viewer may do (§3.55). */
  readonly edit?: { readonly place: Required<SarifPlace>; readonly to: string } | undefined;
}

/**
 * A SARIF 2.1.0 log of one run (docs.oasis-open.org/sarif/sarif/v2.1.0), of which the rules that no result has are left
 * out. The same results give the same bytes.
 */
export function sarifLog(version: string, rules: readonly SarifRule[], results: readonly SarifResult[]): string {
  const used = rules.filter(({ id }) => results.some(({ rule }) => rule === id));
  const indexes = new Map(used.map(({ id }, index) => [id, index]));
  return visibleJson({
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "edge-ingress", semanticVersion: version, rules: used.map(ruleOf) } },
        // Columns count UTF-16 units, as strings of JavaScript do.
        columnKind: "utf16CodeUnits",
        results: results.map((result) => resultOf(result, indexes)),
      },
    ],
  });
}

function ruleOf({ id, title, why, help, level }: SarifRule) {
  return {
    id,
    shortDescription: { text: title },
    ...(why !== undefined && { fullDescription: { text: why } }),
    ...(help !== undefined && { help: { text: help } }),
    defaultConfiguration: { level },
  };
}

function resultOf(
  { rule, message, level, place, related = [], reason, edit }: SarifResult,
  indexes: Map<string, number>,
) {
  return {
    ruleId: rule,
    ruleIndex: indexes.get(rule),
    // §3.27.9: only what fails has a level.
    ...(level === "none" && { kind: "informational" }),
    level,
    message: plainText(message),
    ...(place !== null && { locations: [locationOf(place)] }),
    ...(reason !== undefined && { suppressions: [{ kind: "inSource", justification: reason }] }),
    ...(edit !== undefined && { fixes: [fixOf(edit)] }),
    ...(related.length > 0 && {
      relatedLocations: related.map((other, id) => ({
        id,
        message: plainText(other.message),
        ...locationOf(other.place),
      })),
    }),
  };
}

/** A message without links: what would begin one is taken for text (§3.11.6). */
function plainText(text: string) {
  return { text: text.replace(/[\\[\]]/g, "\\$&") };
}

/** Relative, whatever the name of the file: a colon would end a scheme (RFC 3986, section 4.2). */
function uriOf(file: string): string {
  return encodeURI(file.toWellFormed()).replace(/[?#:]/g, encodeURIComponent);
}

function locationOf(place: SarifPlace) {
  return { physicalLocation: { artifactLocation: { uri: uriOf(place.file) }, region: regionOf(place) } };
}

function regionOf({ line, column, length }: SarifPlace) {
  return { startLine: line, startColumn: column, ...(length !== undefined && { endColumn: column + length }) };
}

function fixOf({ place, to }: NonNullable<SarifResult["edit"]>) {
  const replacements = [{ deletedRegion: regionOf(place), insertedContent: { text: to } }];
  return {
    description: plainText(`Write ${to}`),
    artifactChanges: [{ artifactLocation: { uri: uriOf(place.file) }, replacements }],
  };
}
