import type { ManifestFile } from "./manifests.ts";

/**
 * Manifests of one host whose paths are all patterns, as behind an API gateway: for each Ingress a service with a rewrite,
 * every third one guarded, every tenth below the names of tenants. With `isChanged` one guard less.
 */
export function patternsOf(ingresses: number, { isChanged = false } = {}): readonly ManifestFile[] {
  const all = Array.from({ length: ingresses }, (_, index) => ingress(index, isChanged && index === UNGUARDED));
  return [{ path: "all.yaml", text: [CLUSTER, ...all].join("---\n") }];
}

/** A request that the last of them takes. */
export function patternRequestOf(ingresses: number): string {
  return `https://api.example.com${isTenants(ingresses - 1) ? "/t/acme" : ""}/service-${ingresses - 1}/orders`;
}

/** Its guard goes. */
export const UNGUARDED = 33;

const isTenants = (index: number) => index % 10 === 5;

const CLUSTER = `apiVersion: edge-ingress.dev/v1alpha1
kind: Cluster
metadata: { name: eu-west }
spec: { endpoint: "https://lb.eu-west.example.com" }
`;

function ingress(index: number, isOpen: boolean): string {
  const guard =
    index % 3 === 0 && !isOpen ? "\n    nginx.ingress.kubernetes.io/whitelist-source-range: 10.0.0.0/8" : "";
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: service-${index}
  namespace: api
  annotations:
    kubernetes.io/ingress.class: nginx
    nginx.ingress.kubernetes.io/use-regex: "true"
    nginx.ingress.kubernetes.io/rewrite-target: /$2${guard}
spec:
  rules:
    - host: api.example.com
      http:
        paths:
          - path: ${isTenants(index) ? "/t/[a-z0-9-]+" : ""}/service-${index}(/|$)(.*)
            pathType: ImplementationSpecific
            backend: { service: { name: service-${index}, port: { number: 80 } } }
`;
}
