import type { Diagnostic, Position } from "./diagnostics/diagnostic.ts";
import { backendName } from "./ir/backend.ts";
import type { Endpoint, Target } from "./ir/cluster.ts";
import { ownerName } from "./ir/merge.ts";
import type { Backend, ResolvedRule, Router } from "./ir/router.ts";

/** `report.json`: what the table holds, in words, and where each part was written. Plain data, stable in its order. */
export type Report = ReturnType<typeof buildReport>;

/** Describes a compiled router; positions are `file:line:column`. */
export function buildReport(
  router: Router,
  table: { readonly contentHash: string; readonly bytes: number },
  diagnostics: readonly Diagnostic[],
) {
  const count = (severity: Diagnostic["severity"]) => diagnostics.filter((one) => one.severity === severity).length;
  return {
    // A resource of its own, so that it is recognised where it lies among the manifests.
    apiVersion: "edge-ingress.dev/v1alpha1",
    kind: "CompileReport",
    contentHash: table.contentHash,
    tableBytes: table.bytes,
    totals: {
      hosts: router.hosts.length,
      rules: router.hosts.reduce((sum, { rules }) => sum + rules.length, 0),
      endpoints: router.endpoints.length,
      errors: count("error"),
      warnings: count("warning"),
      infos: count("info"),
    },
    settings: router.settings,
    endpoints: router.endpoints.map(describeEndpoint),
    hosts: router.hosts.map(({ hostname, rules }) => ({ hostname, rules: rules.map(describeRule) })),
    tls: router.tls.map(({ hostname, secret, owner, at }) => ({
      hostname,
      secret: secret === null ? null : `${secret.namespace}/${secret.name}`,
      from: ownerName(owner),
      at: positionText(at),
    })),
    diagnostics,
  };
}

/**
 * The report as JSON for people and tools: indented, but one line for each rule, endpoint and diagnostic, so that
 * a fleet of 10,000 Ingresses stays readable with line tools and a diff shows the rules that changed.
 */
export function formatReport(report: Report): string {
  const list = (items: readonly unknown[], indent: string) =>
    items.length === 0
      ? "[]"
      : `[\n${items.map((item) => `${indent}  ${JSON.stringify(item)}`).join(",\n")}\n${indent}]`;
  const hosts = report.hosts.map(
    ({ hostname, rules }) =>
      `    {\n      "hostname": ${JSON.stringify(hostname)},\n      "rules": ${list(rules, "      ")}\n    }`,
  );
  const fields = Object.entries(report).map(([name, value]) => {
    if (name === "hosts") return `  "hosts": [${hosts.length === 0 ? "" : `\n${hosts.join(",\n")}\n  `}]`;
    return `  ${JSON.stringify(name)}: ${Array.isArray(value) ? list(value, "  ") : JSON.stringify(value)}`;
  });
  return `{\n${fields.join(",\n")}\n}\n`;
}

/** `file:line:column`, or null for what no manifest holds. */
export function positionText(at: Position | null): string | null {
  return at === null ? null : `${at.file}:${at.line}:${at.column}`;
}

function describeEndpoint({ id, cluster, mode, url, host, transport, at }: Endpoint) {
  const address = `${url.scheme}://${url.hostname}:${url.port}`;
  return { id, cluster, mode, address, host, transport, at: positionText(at) };
}

function describeRule({ rule, backends, mergedFrom }: ResolvedRule) {
  const { match, role, timeouts, owner, at } = rule;
  return {
    match,
    role,
    from: ownerName(owner),
    at: positionText(at),
    alsoFrom: mergedFrom.map((other) => ({ from: ownerName(other.owner), at: positionText(other.at) })),
    timeouts,
    backends: backends.map(describeBackend),
  };
}

function describeBackend({ ref, weight, targets }: Backend) {
  const total = targets.reduce((sum, target) => sum + target.weight, 0);
  return { service: backendName(ref), weight, targets: targets.map((target) => describeTarget(target, total)) };
}

function describeTarget({ endpoint, weight }: Target, total: number) {
  const share = total === 0 ? 0 : Math.round((weight / total) * 10_000) / 10_000;
  return { endpoint: endpoint.id, cluster: endpoint.cluster, mode: endpoint.mode, share };
}
