import type { Allowed } from "./allowances.ts";
import { type Code, catalogue } from "./catalogue/index.ts";
import type { Diagnostic, Position, Severity } from "./diagnostic.ts";
import { inOrder } from "./order.ts";
import { visibleJson } from "./visible-json.ts";

/** SARIF 2.1.0 §3.27.10. */
const LEVELS: Readonly<Record<Severity, "error" | "warning" | "note">> = {
  error: "error",
  warning: "warning",
  info: "note",
};

/**
 * Diagnostics for code scanning: a SARIF 2.1.0 log of one run (docs.oasis-open.org/sarif/sarif/v2.1.0), whose rules are the
 * codes that occur; what comments allow is there with its reason (§3.35). Sorted by place, the same one once; the same diagnostics give the same bytes.
 */
export function formatSarif(
  diagnostics: readonly Diagnostic[],
  version: string,
  allowed: readonly Allowed[] = [],
): string {
  const reasons = new Map(allowed.map(({ diagnostic, reason }) => [diagnostic, reason]));
  const ordered = inOrder([...diagnostics, ...reasons.keys()]);
  const codes = [...new Set(ordered.map(({ code }) => code))].sort();
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "edge-ingress", semanticVersion: version, rules: codes.map(rule) } },
        // Columns count UTF-16 units, as strings of JavaScript do.
        columnKind: "utf16CodeUnits",
        results: ordered.map((diagnostic) =>
          result(diagnostic, codes.indexOf(diagnostic.code), reasons.get(diagnostic)),
        ),
      },
    ],
  };
  return visibleJson(log);
}

function rule(code: string) {
  const { severity, title, why, fix } = catalogue[code as Code];
  return {
    id: code,
    shortDescription: { text: title },
    fullDescription: { text: why },
    help: { text: fix },
    defaultConfiguration: { level: LEVELS[severity] },
  };
}

function result({ code, severity, message, fix, position, related }: Diagnostic, ruleIndex: number, reason?: string) {
  return {
    ruleId: code,
    ruleIndex,
    level: LEVELS[severity],
    message: { text: `${message}. ${fix}` },
    ...(position !== null && { locations: [location(position)] }),
    ...(reason !== undefined && { suppressions: [{ kind: "inSource", justification: reason }] }),
    ...(related.length > 0 && {
      relatedLocations: related.map((other, id) => ({
        id,
        message: { text: other.message },
        ...location(other.position),
      })),
    }),
  };
}

function location({ file, line, column, length }: Position) {
  return {
    physicalLocation: {
      artifactLocation: { uri: encodeURI(file.toWellFormed()).replace(/[?#]/g, encodeURIComponent) },
      region: { startLine: line, startColumn: column, endColumn: column + length },
    },
  };
}
