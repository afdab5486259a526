import {
  type CompileOptions,
  compile,
  type ExplainedReport,
  type ExplainedRequest,
  type Explanation,
  explain,
  nodeFileSystem,
  TracingFileSystem,
} from "../../compiler/index.ts";
import { normaliseTarget } from "../../table/target.ts";
import { printInvalid } from "../invalid.ts";
import { printLeftOut } from "../output.ts";
import { KeptAnswer } from "./kept-answer.ts";

interface Settings {
  /** In which errors are told. */
  readonly format: string;
  /** The report is that of the whole table, not that of the host's. */
  readonly isWhole: boolean;
  /** Whether an answer that was kept may be used, and this one be kept. */
  readonly keeps: boolean;
}

/** Explains a request by manifests, and says why they serve less than they hold where no rule takes it; null where they have errors, which are told. */
export function explainManifests(
  paths: readonly string[],
  options: CompileOptions,
  request: ExplainedRequest,
  { format, isWhole, keeps }: Settings,
): { readonly explanation: Explanation; readonly report: ExplainedReport } | null {
  const asked = normaliseTarget(request.url);
  const host = asked.ok && !isWhole ? asked.target.host : null;
  const kept = keeps && host !== null ? KeptAnswer.for({ paths, options, host }) : null;
  const files = options.fs ?? nodeFileSystem;
  const found = kept?.find(files) ?? null;
  if (found !== null) {
    const explanation = explain(found, request);
    // What is left out is told by the diagnostics of all manifests.
    if (explanation.outcome.kind !== "not-found") return { explanation, report: found.report };
  }
  const fs = new TracingFileSystem(files);
  let isOfFilesAlone = true;
  const readStdin = () => {
    isOfFilesAlone = false;
    return options.readStdin();
  };
  const result = compile(paths, kept === null ? options : { ...options, fs, readStdin });
  const { output } = result;
  if (output === null) {
    printInvalid(format, [result]);
    return null;
  }
  const { table, report } = host === null ? output : output.forHost(host);
  const explanation = explain({ table, report }, request);
  if (explanation.outcome.kind === "not-found") printLeftOut(result.diagnostics, result.files);
  else if (isOfFilesAlone) kept?.keep({ table, report }, fs.trace);
  return { explanation, report };
}
