import { byText } from "./by-text.ts";
import { reportCertificates } from "./checks/certificates.ts";
import { checkRoutes } from "./checks/index.ts";
import { reportSecretsInManifests } from "./checks/secrets-in-manifests.ts";
import { witnessOf } from "./checks/witness.ts";
import { settleCanaries } from "./clusters/canaries.ts";
import { reportUnplaced } from "./clusters/distance.ts";
import { reportProbeHosts } from "./clusters/probe-hosts.ts";
import { clusterRecords } from "./clusters/records.ts";
import { resolveBackends } from "./clusters/resolve.ts";
import { reportTargetModes } from "./clusters/target-modes.ts";
import type { PlatformOptions } from "./clusters/transport.ts";
import { type Allowed, settle } from "./diagnostics/allowances.ts";
import type { Diagnostic } from "./diagnostics/diagnostic.ts";
import { diagnose, hasErrors } from "./diagnostics/report.ts";
import { readControllerConfig } from "./frontends/ingress/controller-config.ts";
import { type IngressOptions, readIngresses } from "./frontends/ingress/index.ts";
import { readNginxHeaders } from "./frontends/ingress/nginx-headers.ts";
import { withoutIdle } from "./frontends/ingress/unmatched.ts";
import { type MergedHost, mergeRules } from "./ir/merge.ts";
import type { Router } from "./ir/router.ts";
import type { TlsHost } from "./ir/tls.ts";
import { LateOutput } from "./output.ts";
import { attachPolicies } from "./policies/attach.ts";
import { reportClientCertificates } from "./policies/client-certificate.ts";
import { reportExternalAuth } from "./policies/external-auth.ts";
import { withIdentityHeaders } from "./policies/identity-headers.ts";
import { withEdgeCookies, withLogins } from "./policies/logins.ts";
import { reportMovedPastGuards } from "./policies/moved-past-guards.ts";
import { reportPromises, reportUnprovedLimits, withoutLimitsOfClusters } from "./policies/rate-limits.ts";
import { reportBodyLimits, withBodyLimits } from "./policies/request-body.ts";
import { reportShadowedGuards } from "./policies/shadowed-guards.ts";
import type { Report } from "./report.ts";
import { loadResources } from "./resources/load.ts";
import type { EndpointUrl, IngressBody, Resource, ResourceSet } from "./resources/resource.ts";
import { resolveSecrets, type SecretOptions, type UsedSecret } from "./secrets/resolve.ts";
import type { SourceDocument, SourceFile } from "./sources/document.ts";
import type { ReadOptions } from "./sources/read.ts";
import { readScopedSources } from "./sources/scopes.ts";

/** What one compile is told besides the manifests. */
export interface CompileOptions extends IngressOptions, PlatformOptions, ReadOptions, SecretOptions {
  /** CIDRs of peers whose forwarded headers are believed. */
  readonly trustedProxies: readonly string[];
  /** Stand-ins for clusters by name (`dev --demo`): each takes the place of all endpoints of its cluster. */
  readonly standIns?: ReadonlyMap<string, EndpointUrl>;
  /**
   * Where there is something to serve and no error, nothing is told, in the report neither, and checks that can only warn
   * are left out, a tenth of the time: for who asks for the table, and for why there is none.
   */
  readonly errorsOnly?: boolean;
}

/** Its fields are made when they are read: a copy by `{ ...output }` has none of them. */
export interface CompileOutput extends MadeTable {
  readonly router: Router;
  /** What the routes need of Secrets, which neither the table nor the report holds. */
  readonly secrets: readonly UsedSecret[];
  /** The same for the hosts that may take a request for this name, and no others. */
  forHost(name: string): MadeTable;
  /** The same for the hosts that are kept. */
  only(keeps: (hostname: string) => boolean): MadeTable;
}

/** A table and what is in it. */
export interface MadeTable {
  readonly table: Uint8Array<ArrayBuffer>;
  readonly report: Report;
}

export interface CompileResult {
  /** The table and what it holds; null where there are errors: then nothing may be written or served. */
  readonly output: CompileOutput | null;
  /** Without those that comments in the manifests allow. */
  readonly diagnostics: readonly Diagnostic[];
  readonly allowed: readonly Allowed[];
  /** Names of the Cluster resources, sorted. */
  readonly clusters: readonly string[];
  /** All objects, those among them that can't be read too. */
  readonly documents: readonly SourceDocument[];
  /** What was read of the manifests, and which of the Ingresses are of a class that this edge serves. */
  readonly resources: ResourceSet;
  readonly served: readonly Resource<IngressBody>[];
  /** The rules of all hosts, before clusters are known, and what is said of TLS; also where there are errors. */
  readonly hosts: readonly MergedHost[];
  readonly tls: readonly TlsHost[];
  /** Every file that was read, for code frames and for watching. */
  readonly files: readonly SourceFile[];
}

/**
 * From manifests to a table: sources → resources → front end → policies → merge → clusters → bytes. All errors of all stages come
 * back in one run. The same manifests and options give the same bytes on any machine, in any order of files.
 */
export function compile(paths: readonly string[], options: CompileOptions): CompileResult {
  const sources = readScopedSources(
    paths.map((path) => ({ path, base: options.cwd })),
    options,
  );
  const loaded = loadResources(sources.documents, sources.scopeOf);
  const controller = readControllerConfig(loaded.resources, options);
  const withPolicies = {
    ...loaded.resources,
    edgePolicies: [...loaded.resources.edgePolicies, ...controller.policies],
  };
  const ingresses = readIngresses(withPolicies, options);
  const attached = attachPolicies(ingresses.rules, withPolicies, options);
  const rules = withoutIdle(attached.rules);
  const merged = mergeRules(withBodyLimits(rules), witnessOf);
  const resources = withStandIns(loaded.resources, options.standIns);
  const withPaths = withLogins(merged.hosts);
  const resolved = resolveBackends(withPaths.hosts, resources, options);
  const canaries = settleCanaries(resolved.hosts);
  const limited = withoutLimitsOfClusters(canaries.hosts);
  const records = clusterRecords(resolved.endpoints, resources);
  const secrets = resolveSecrets(merged.hosts, resources, options);
  const found: Finding[] = [
    sources.diagnostics,
    loaded.diagnostics,
    ingresses.diagnostics,
    controller.diagnostics,
    attached.diagnostics,
    merged.diagnostics,
    withPaths.diagnostics,
    resolved.diagnostics,
    secrets.diagnostics,
    canaries.diagnostics,
    () => reportTargetModes(resolved.hosts),
    () => reportBodyLimits(rules, options),
    reportShadowedGuards(rules, merged.hosts, resources),
    reportMovedPastGuards(resolved.hosts),
    () => checkRoutes(withPaths.hosts),
    () => reportCertificates(ingresses.tls, resources),
    () => reportSecretsInManifests(resources),
    () => reportExternalAuth(resolved.hosts),
    reportUnprovedLimits(rules),
    limited.diagnostics,
    () => reportPromises(limited.hosts),
    () => reportClientCertificates(resolved.hosts),
    () => reportUnplaced(records, resolved.hosts, resources),
    reportProbeHosts(records, resolved.endpoints, resources),
  ];
  const clusters = resources.clusters.map(({ metadata }) => metadata.name).sort(byText);
  if (merged.hosts.length === 0 && !hasErrors(sureOf(found))) {
    found.push([diagnose("EI5004", null, "no rule came out of the manifests: every request would be answered 404")]);
  }
  const { documents, files } = sources;
  const { diagnostics, allowed } = told(
    found,
    options.errorsOnly === true && limited.hosts.length > 0,
    files,
    documents,
  );
  const read = {
    diagnostics,
    allowed,
    clusters,
    documents,
    resources: loaded.resources,
    served: ingresses.served,
    files,
    hosts: merged.hosts,
    tls: ingresses.tls,
  };
  if (hasErrors(diagnostics)) return { output: null, ...read };
  const settings = {
    trustedProxies: [...new Set(options.trustedProxies)].sort(byText),
    nginxHeaders: readNginxHeaders(loaded.resources),
  };
  const routerOf = (): Router => ({
    hosts: withEdgeCookies(withIdentityHeaders(limited.hosts)),
    clusters: records,
    endpoints: resolved.endpoints,
    services: resolved.services,
    tls: ingresses.tls,
    settings,
  });
  const output = new LateOutput(routerOf, secrets.secrets, diagnostics, allowed);
  return { output, ...read };
}

/** A check that can only warn. It is not run where errors alone are asked for, so an error of it would be missed. */
type Remarks = () => readonly Diagnostic[];

type Finding = readonly Diagnostic[] | Remarks;

/** What was found, without what comments allow. `errorsOnly`: nothing, unless there are errors. */
function told(
  found: readonly Finding[],
  errorsOnly: boolean,
  files: readonly SourceFile[],
  documents: readonly SourceDocument[],
): { readonly diagnostics: readonly Diagnostic[]; readonly allowed: readonly Allowed[] } {
  if (errorsOnly && !hasErrors(settle(sureOf(found), files, documents).diagnostics)) {
    return { diagnostics: [], allowed: [] };
  }
  const all = found.flatMap((one) => (typeof one === "function" ? remarksOf(one) : one));
  return settle(all, files, documents);
}

/** Without remarks: all errors are among them. */
function sureOf(found: readonly Finding[]): readonly Diagnostic[] {
  return found.flatMap((one) => (typeof one === "function" ? [] : one));
}

function remarksOf(check: Remarks): readonly Diagnostic[] {
  const remarks = check();
  const wrong = remarks.find(({ severity }) => severity === "error");
  if (wrong !== undefined) throw new Error(`${wrong.code} is an error, of a check that can only warn`);
  return remarks;
}

function withStandIns(resources: ResourceSet, standIns: CompileOptions["standIns"]): ResourceSet {
  if (standIns === undefined) return resources;
  const clusters = resources.clusters.map((cluster) => {
    const endpoint = standIns.get(cluster.metadata.name);
    if (endpoint === undefined) return cluster;
    const services = cluster.body.services.map((service) => ({ ...service, endpoint }));
    return { ...cluster, body: { ...cluster.body, endpoint, services, via: null, host: "client" as const } };
  });
  return { ...resources, clusters };
}
