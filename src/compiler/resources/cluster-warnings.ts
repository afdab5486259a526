import type { Code } from "../diagnostics/catalogue/index.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnose } from "../diagnostics/report.ts";
import type { SourceDocument } from "../sources/document.ts";
import type { ClusterBody } from "./resource.ts";
import { isMapping } from "./schema.ts";

/** What is worth a word in a valid Cluster. */
export function clusterWarnings(
  document: SourceDocument,
  { weight, upstream, endpoint, services }: ClusterBody,
): Diagnostic[] {
  const warnings: Diagnostic[] = [];
  const warn = (code: Code, path: readonly string[], part: "key" | "value", message: string) =>
    warnings.push(diagnose(code, document.locate(["spec", ...path], part), message));
  const written = fieldsOf(fieldsOf(document.value).spec);
  if (weight === 0 && written.drain === false) {
    warn("EI1234", ["drain"], "key", "`drain: false` has no effect beside a weight of 0, which drains too");
  }
  const { healthCheck, outlierDetection } = upstream;
  if (healthCheck !== null && endpoint === null && services.length > 0) {
    const message =
      "spec.healthCheck is for the cluster's ingress, and there is none: entries of `services` have their own";
    warn("EI1234", ["healthCheck"], "key", message);
  }
  const locations = healthCheck?.locations.length ?? 0;
  if (locations > 0 && locations % 2 === 0) {
    const message = `${locations} locations can be of two minds in equal numbers, and more than half must agree`;
    warn("EI1241", ["healthCheck", "locations"], "value", message);
  }
  for (const field of ["failurePercentageMinimumHosts", "failurePercentageRequestVolume"]) {
    const isWritten = (fieldsOf(written.outlierDetection)[field] ?? null) !== null;
    if (!isWritten || outlierDetection.failurePercentageThreshold > 0) continue;
    const message = `${field} has no effect while failurePercentageThreshold is 0, its default`;
    warn("EI1234", ["outlierDetection", field], "key", message);
  }
  return warnings;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return isMapping(value) ? value : {};
}
