import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import type { Diagnostic, Position } from "../../../src/compiler/diagnostics/diagnostic.ts";
import {
  type IngressOptions,
  type IngressResult,
  readIngresses,
} from "../../../src/compiler/frontends/ingress/index.ts";
import type { BackendRef } from "../../../src/compiler/ir/backend.ts";
import { DEFAULT_TIMEOUTS, type RouteRule, type RuleOwner } from "../../../src/compiler/ir/rule.ts";
import type { TlsHost } from "../../../src/compiler/ir/tls.ts";
import { loadResources } from "../../../src/compiler/resources/load.ts";
import { readScopedSources } from "../../../src/compiler/sources/scopes.ts";

/**
 * `test/golden/ingress-<case>/in.yaml` (with `options.yaml` for the flags) and what the front end makes of it. A case is
 * a directory; `UPDATE_GOLDEN=1 vitest run test/compiler/frontends` writes what came out, to be read as a diff.
 */
const GOLDEN = fileURLToPath(new URL("../../golden/", import.meta.url));
const UPDATE = process.env.UPDATE_GOLDEN === "1";

const cases = readdirSync(GOLDEN).filter((name) => name.startsWith("ingress-"));

describe("the Ingress front end", () => {
  test("has golden cases", () => {
    expect(cases.length).toBeGreaterThanOrEqual(12);
  });

  test.each(cases)("reads %s", (name) => {
    const directory = `${GOLDEN}${name}/`;
    const expected = `${directory}expected.yaml`;
    const actual = stringify(summary(compiled(directory)), { lineWidth: 0 });
    if (UPDATE) writeFileSync(expected, actual);
    expect(actual).toBe(readFileSync(expected, "utf8"));
  });
});

function compiled(directory: string): IngressResult {
  const sources = readScopedSources([{ path: "in.yaml", base: directory }], { cwd: directory, readStdin: () => "" });
  const { resources, diagnostics } = loadResources(sources.documents, sources.scopeOf);
  expect([...sources.diagnostics, ...diagnostics], "the manifests of a case are valid").toEqual([]);
  return readIngresses(resources, readOptions(`${directory}options.yaml`));
}

function readOptions(file: string): IngressOptions {
  const written = existsSync(file) ? parse(readFileSync(file, "utf8")) : {};
  return { ingressClass: [], controller: [], defaultBackend: null, ...written };
}

function summary({ rules, tls, diagnostics }: IngressResult) {
  return { rules: rules.map(ruleLine), tls: tls.map(tlsLine), diagnostics: diagnostics.map(diagnosticText) };
}

/** `shop.example.com Exact /cart -> shop/cart:80, rule of shop/shop at in.yaml:12:17`, and what is not as usual. */
function ruleLine(rule: RouteRule): string {
  const { type, value } = rule.match.path;
  const to = rule.backendRefs.map(backendText).join(" + ");
  const timeouts =
    JSON.stringify(rule.timeouts) === JSON.stringify(DEFAULT_TIMEOUTS) ? "" : `, ${JSON.stringify(rule.timeouts)}`;
  return `${rule.hostname} ${type} ${value} -> ${to}, ${rule.role} of ${ownerText(rule.owner)} at ${place(rule.at)}${timeouts}`;
}

function backendText({ ref, weight }: BackendRef): string {
  const share = weight === 1 ? "" : ` * ${weight}`;
  if (ref.kind === "Service") return `${ref.namespace}/${ref.name}:${ref.port}${share}`;
  return `${ref.apiGroup}/${ref.resourceKind} ${ref.namespace}/${ref.name}${share}`;
}

function ownerText({ kind, namespace, name, createdAt, scope }: RuleOwner): string {
  if (kind === "Edge") return "the edge";
  const since = createdAt === null ? "" : ` of ${new Date(createdAt).toISOString()}`;
  return `${namespace}/${name}${since}${scope.kind === "clusters" ? ` in ${scope.names.join(", ")}` : ""}`;
}

function tlsLine({ hostname, secret, owner, at }: TlsHost): string {
  const by = secret === null ? "no Secret" : `Secret ${secret.namespace}/${secret.name}`;
  return `${hostname} by ${by}, of ${ownerText(owner)} at ${place(at)}`;
}

function diagnosticText({ code, severity, position, message, fix, related }: Diagnostic) {
  return {
    at: `${code} ${severity} ${place(position)}`,
    message,
    fix,
    ...(related.length > 0 && { related: related.map((each) => `${place(each.position)} ${each.message}`) }),
  };
}

function place(position: Position | null): string {
  return position === null ? "nowhere" : `${position.file}:${position.line}:${position.column}`;
}
