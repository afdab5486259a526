/** The compiler as a library: what `edge-ingress compile` runs. */
export { type CompileOptions, type CompileOutput, type CompileResult, compile } from "./compile.ts";
export type { Diagnostic, Position, Severity } from "./diagnostics/diagnostic.ts";
export { formatGithub } from "./diagnostics/github.ts";
export { formatJson } from "./diagnostics/json.ts";
export { hasErrors } from "./diagnostics/report.ts";
export { formatSarif } from "./diagnostics/sarif.ts";
export { formatText } from "./diagnostics/text.ts";
export { visibleJson } from "./diagnostics/visible-json.ts";
export { explainCode } from "./explain/code.ts";
export { explain } from "./explain/explain.ts";
export type { ExplainedRequest, Explanation } from "./explain/explanation.ts";
export { formatExplanation } from "./explain/text.ts";
export type { BoundService, Endpoint } from "./ir/cluster.ts";
export { formatReport, type Report, readReport } from "./report.ts";
export type { EndpointUrl } from "./resources/resource.ts";
export type { UsedSecret } from "./secrets/resolve.ts";
