/** One file of a set of manifests: its path in the set, and its text. */
export interface ManifestFile {
  readonly path: string;
  readonly text: string;
}

const TEAMS = 50;

/**
 * Manifests as a company of 50 teams has them: two Clusters, and for each team a file of Ingresses (two hosts, four
 * paths, TLS, seven annotations and more; some are guarded, some rewrite by a pattern) and one of their two Services each. With
 * `isChanged` every hundredth Ingress has another Service behind a path, a path more, or its guard no more.
 */
export function manifestsOf(ingresses: number, { isChanged = false } = {}): readonly ManifestFile[] {
  const teams = Map.groupBy(
    Array.from({ length: ingresses }, (_, index) => index),
    (index) => `team-${index % TEAMS}`,
  );
  const files = [...teams].flatMap(([namespace, own]) => {
    const ofTeam = own.map((index) => ({ index, namespace, change: isChanged ? changeOf(index) : null }));
    return [
      { path: `${namespace}/ingresses.yaml`, text: ofTeam.map(ingress).join("---\n") },
      { path: `${namespace}/services.yaml`, text: ofTeam.flatMap(services).join("---\n") },
    ];
  });
  return [{ path: "clusters.yaml", text: ["eu-west", "us-east"].map(cluster).join("---\n") }, ...files];
}

/** A request that the last Ingress takes. */
export function requestOf(ingresses: number): string {
  return `https://${lastHost(ingresses)}/api/v1/orders?page=2`;
}

export function lastHost(ingresses: number): string {
  return `shop-${ingresses - 1}.example.com`;
}

/** How many Ingresses are changed in each way. */
export function changesIn(ingresses: number): Readonly<Record<NonNullable<Written["change"]>, number>> {
  const counts = { "re-targeted": 0, unguarded: 0, added: 0 };
  for (let index = 0; index < ingresses; index++) {
    const change = changeOf(index);
    if (change !== null) counts[change]++;
  }
  return counts;
}

interface Written {
  readonly index: number;
  readonly namespace: string;
  readonly change: "re-targeted" | "unguarded" | "added" | null;
}

function changeOf(index: number): Written["change"] {
  if (index % 100 !== 42) return null;
  return (["re-targeted", "unguarded", "added"] as const)[Math.floor(index / 100) % 3] ?? null;
}

const cluster = (name: string) => `apiVersion: edge-ingress.dev/v1alpha1
kind: Cluster
metadata:
  name: ${name}
spec:
  endpoint: https://lb.${name}.example.com
  healthCheck: { path: /healthz, interval: 10s, timeout: 2s }
`;

function ingress({ index, namespace, change }: Written): string {
  const prefix = (value: string, name: string) => path(value, "Prefix", `${name}-${index}`);
  const isPattern = index % 20 === 7;
  const annotations = [
    "kubernetes.io/ingress.class: nginx",
    "cert-manager.io/cluster-issuer: letsencrypt-production",
    'nginx.ingress.kubernetes.io/proxy-body-size: "8m"',
    'nginx.ingress.kubernetes.io/proxy-read-timeout: "60"',
    'nginx.ingress.kubernetes.io/ssl-redirect: "true"',
    'nginx.ingress.kubernetes.io/enable-cors: "true"',
    `nginx.ingress.kubernetes.io/cors-allow-origin: https://shop-${index}.example.com`,
    ...(isPattern ? ["nginx.ingress.kubernetes.io/rewrite-target: /$2"] : []),
    ...(index % 10 === 2 && change !== "unguarded"
      ? ["nginx.ingress.kubernetes.io/whitelist-source-range: 10.0.0.0/8,192.0.2.0/24"]
      : []),
  ];
  const paths = isPattern
    ? [path("/api(/|$)(.*)", "ImplementationSpecific", `api-${index}`)]
    : [
        prefix("/", "web"),
        prefix("/api", change === "re-targeted" ? "web" : "api"),
        prefix("/cart", "api"),
        ...(change === "added" ? [prefix("/cart/legacy", "web")] : []),
      ];
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop-${index}
  namespace: ${namespace}
  labels:
    app.kubernetes.io/name: shop-${index}
    app.kubernetes.io/part-of: storefront
    app.kubernetes.io/managed-by: Helm
  annotations:
${annotations.map((annotation) => `    ${annotation}\n`).join("")}spec:
  tls:
    - hosts:
        - shop-${index}.example.com
        - www-${index}.example.com
      secretName: storefront-tls
  rules:
    - host: shop-${index}.example.com
      http:
        paths:
${paths.join("")}    - host: www-${index}.example.com
      http:
        paths:
${isPattern ? path("/(/|$)(.*)", "ImplementationSpecific", `web-${index}`) : prefix("/", "web")}`;
}

const path = (value: string, type: string, service: string) => `          - path: ${value}
            pathType: ${type}
            backend:
              service:
                name: ${service}
                port:
                  number: 80
`;

const services = ({ index, namespace }: Written) =>
  ["web", "api"].map(
    (name) => `apiVersion: v1
kind: Service
metadata:
  name: ${name}-${index}
  namespace: ${namespace}
spec:
  selector:
    app.kubernetes.io/name: shop-${index}
    app.kubernetes.io/component: ${name}
  ports:
    - name: http
      port: 80
      targetPort: 8080
      protocol: TCP
`,
  );
