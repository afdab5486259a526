import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parseAllDocuments, stringify } from "yaml";
import { type CompileOptions, type CompileResult, compile } from "../../src/compiler/compile.ts";
import type { Diagnostic } from "../../src/compiler/diagnostics/diagnostic.ts";
import { inOrder } from "../../src/compiler/diagnostics/order.ts";
import { positionText, type Report } from "../../src/compiler/report.ts";
import { directoryWith } from "../support/manifests.ts";

/**
 * `test/golden/policies-<case>/in.yaml` and what the whole compile makes of it: which policies each rule has, and from
 * where. `UPDATE_GOLDEN=1 vitest run --project node test/compiler/policies.golden.test.ts` writes what came out.
 */
const GOLDEN = fileURLToPath(new URL("../golden/", import.meta.url));
const UPDATE = process.env.UPDATE_GOLDEN === "1";

const cases = readdirSync(GOLDEN).filter((name) => name.startsWith("policies-"));

describe("policies are attached as in", () => {
  test.each(cases)("%s", (name) => {
    const directory = `${GOLDEN}${name}/`;
    const actual = stringify(summary(compiled(["in.yaml"], directory)), { lineWidth: 0 });
    if (UPDATE) writeFileSync(`${directory}expected.yaml`, actual);
    expect(actual).toBe(readFileSync(`${directory}expected.yaml`, "utf8"));
  });
});

describe("the order of documents changes no byte of", () => {
  test.each(cases)("%s", (name) => {
    const texts = readdirSync(`${GOLDEN}${name}`).filter((file) => file.endsWith(".yaml") && file !== "expected.yaml");
    const reversed = texts.map((file) => {
      const documents = parseAllDocuments(readFileSync(`${GOLDEN}${name}/${file}`, "utf8")).map(String);
      return [file, documents.toReversed().join("---\n")] as const;
    });
    const [forward, backward] = [`${GOLDEN}${name}`, directoryWith(Object.fromEntries(reversed))].map(
      (directory) => compiled(["in.yaml"], directory).output,
    );
    expect(forward).not.toBeNull();
    expect(backward?.report.contentHash).toBe(forward?.report.contentHash);
  });
});

function compiled(paths: readonly string[], cwd: string): CompileResult {
  const flags = { ingressClass: [], controller: [], defaultBackend: null, zones: ["example.com"], trustedProxies: [] };
  const options: CompileOptions = { cwd, readStdin: () => "", platform: "cloudflare", ...flags };
  return compile(paths, options);
}

function summary({ output, diagnostics }: CompileResult) {
  const { clusters = [], hosts = [] } = output?.report ?? {};
  return {
    clusters: clusters.map((cluster) => JSON.stringify(cluster)),
    rules: Object.fromEntries(
      hosts.flatMap(({ hostname, rules }) => rules.map((rule) => [ruleName(hostname, rule), policyLines(rule)])),
    ),
    diagnostics: inOrder(diagnostics).map(diagnosticText),
  };
}

type ReportedRule = Report["hosts"][number]["rules"][number];

/** `shop.example.com PathPrefix /cart of Ingress shop/shop`, with the rules that it was merged from. */
function ruleName(hostname: string, { match, from, alsoFrom, at, role }: ReportedRule): string {
  const { type, value } = match.path;
  const joined = alsoFrom.map((other) => ` + ${other.from} at ${other.at}`).join("");
  return `${hostname} ${type} ${value} of ${from} at ${at}${joined}${role === "rule" ? "" : ` (${role})`}`;
}

function policyLines({ policies, filters = [], timeouts, backends }: ReportedRule): string[] {
  const lines = policies.map(({ field, from, at, sets }) => `${field} from ${from} at ${at}: ${JSON.stringify(sets)}`);
  const changes = filters.map(({ type, from, at, sets }) => `${type} from ${from} at ${at}: ${JSON.stringify(sets)}`);
  const shared = backends.length === 1 ? [] : backends.map(({ service, weight }) => `${service} of weight ${weight}`);
  return [...lines, ...changes, ...shared, `time limits: ${timeouts.request} ms, ${timeouts.backendRequest} ms a try`];
}

function diagnosticText({ code, severity, position, message, fix, related }: Diagnostic) {
  return {
    at: `${code} ${severity} ${positionText(position)}`,
    message,
    fix,
    ...(related.length > 0 && { related: related.map((each) => `${positionText(each.position)} ${each.message}`) }),
  };
}
