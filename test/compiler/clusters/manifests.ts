import { resolveBackends } from "../../../src/compiler/clusters/resolve.ts";
import type { PlatformOptions } from "../../../src/compiler/clusters/transport.ts";
import { readIngresses } from "../../../src/compiler/frontends/ingress/index.ts";
import { mergeRules } from "../../../src/compiler/ir/merge.ts";
import { EVERY_CLUSTER } from "../../../src/compiler/ir/scope.ts";
import { loadResources } from "../../../src/compiler/resources/load.ts";
import type { SourceFile } from "../../../src/compiler/sources/document.ts";
import { parseYaml } from "../../../src/compiler/sources/parse-yaml.ts";

/** Manifests by the clusters they exist in: `""` for every cluster, else names with spaces between. */
export type Manifests = Readonly<Record<string, string>>;

/** Resolves the backends of manifests, which must be valid, and tells the targets of the only rule in short. */
export function resolved(manifests: Manifests, options: Partial<PlatformOptions> = {}) {
  const files = new Map<SourceFile, string>();
  for (const [clusters, text] of Object.entries(manifests)) {
    files.set({ name: clusters === "" ? "all" : clusters, realPath: null, text }, clusters);
  }
  const parsed = [...files.keys()].map(parseYaml);
  const loaded = loadResources(
    parsed.flatMap(({ documents }) => documents),
    ({ file }) => {
      const names = (files.get(file) ?? "").split(" ").filter(Boolean);
      return names.length === 0 ? EVERY_CLUSTER : { kind: "clusters", names };
    },
  );
  const wrong = [...parsed.flatMap(({ diagnostics }) => diagnostics), ...loaded.diagnostics];
  if (wrong.length > 0) throw new Error(JSON.stringify(wrong, null, 2));
  const flags = { ingressClass: [], controller: [], defaultBackend: null };
  const { hosts } = mergeRules(readIngresses(loaded.resources, flags).rules);
  const result = resolveBackends(hosts, loaded.resources, { platform: "workerd", zones: [], ...options });
  const backends = result.hosts.flatMap(({ rules }) => rules).flatMap((rule) => rule.backends);
  return {
    ...result,
    /** `ID * share of 65536`, in their order. */
    targets: backends.flatMap(({ targets }) =>
      targets.map(({ endpoint, weight }) => `${endpoint.id} * ${weight / 65_536}`),
    ),
    findings: result.diagnostics.map(({ code, position }) => `${code} ${position?.file}:${position?.line}`),
  };
}

export const documents = (...texts: readonly string[]) => texts.join("\n---\n");

/** An Ingress that sends a host to Service shop/web; its backend is in line 7. */
export function ingress({ name = "web", host = "a.example.com", port = "number: 80", status = "" } = {}): string {
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: ${name}, namespace: shop }
spec:
  rules:
    - host: ${host}
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { ${port} } } } }] }
${status === "" ? "" : `status: { loadBalancer: { ingress: [${status}] } }`}`;
}

/** Service shop/web. */
export function service({ spec = "ports: [{ name: http, port: 80 }]", status = "" } = {}): string {
  return `apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { ${spec} }
${status === "" ? "" : `status: { loadBalancer: { ingress: [${status}] } }`}`;
}

export function cluster(name: string, spec: string): string {
  return `apiVersion: edge-ingress.dev/v1alpha1
kind: Cluster
metadata: { name: ${name} }
spec: { ${spec} }`;
}
