import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { positionText, type Report } from "../report.ts";
import type { EndpointReport, RuleReport } from "./explanation.ts";

/** What of a report explanations are made of. */
export type ExplainedReport = Pick<Report, "contentHash" | "hosts" | "endpoints" | "diagnostics">;

/** Only that, of the rules that the report has and nothing else: `explain` says the same by it. */
export function explainedReport(report: Report): ExplainedReport {
  const { contentHash, hosts, diagnostics } = report;
  const rules = hosts.flatMap((host) => host.rules);
  return {
    contentHash,
    hosts,
    endpoints: endpointsOf(rules, report),
    diagnostics: diagnostics.filter(isAboutOneOf(rules)),
  };
}

/** The endpoints of their backends, in the order of the report. */
export function endpointsOf(rules: readonly RuleReport[], { endpoints }: Pick<Report, "endpoints">): EndpointReport[] {
  const targets = rules.flatMap(({ backends }) => backends.flatMap((backend) => backend.targets));
  const ids = new Set(targets.map(({ endpoint }) => endpoint));
  return endpoints.filter(({ id }) => ids.has(id));
}

/** At the place of a rule or with a note there; or of an annotation, which begins with the name of its Ingress. */
export function isAboutOneOf(rules: readonly RuleReport[]): (diagnostic: Diagnostic) => boolean {
  const places = new Set(rules.flatMap(({ at }) => (at === null ? [] : [at])));
  const owners = new Set(rules.map(({ from }) => from));
  return ({ code, message, position, related }) =>
    [position, ...related.map((other) => other.position)].some((at) => places.has(positionText(at) ?? "")) ||
    (code.startsWith("EI4") && [...message.matchAll(/: /g)].some(({ index }) => owners.has(message.slice(0, index))));
}
