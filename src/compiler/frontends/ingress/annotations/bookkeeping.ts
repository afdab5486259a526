import { UNGUARDED_PATHS } from "../../../policies/unguarded-paths.ts";

/** Tools that leave notes on objects: deployment, certificates, DNS, dashboards. Sub-domains count too. */
const DOMAINS: readonly string[] = [
  "kubectl.kubernetes.io",
  "app.kubernetes.io",
  "config.kubernetes.io",
  "config.k8s.io",
  "deployment.kubernetes.io",
  "ingressclass.kubernetes.io",
  "external-dns.alpha.kubernetes.io",
  "external-dns.kubernetes.io",
  "helm.sh",
  "cert-manager.io",
  "certmanager.k8s.io",
  "argoproj.io",
  "fluxcd.io",
  "cattle.io",
  "kapp.k14s.io",
  "pulumi.com",
  "reloader.stakater.com",
  "forecastle.stakater.com",
  "prometheus.io",
  "gethomepage.dev",
  "hajimari.io",
  "checksum",
];

const KEYS: ReadonlySet<string> = new Set([
  "kubernetes.io/ingress.class",
  "kubernetes.io/description",
  "kubernetes.io/change-cause",
  "kubernetes.io/tls-acme",
  // Read where guards are compared (policies/unguarded-paths.ts).
  UNGUARDED_PATHS,
]);

/** True for an annotation that says nothing about requests, and so is passed over without a word. */
export function isBookkeeping(key: string): boolean {
  if (KEYS.has(key)) return true;
  const slash = key.indexOf("/");
  if (slash < 0) return false;
  const domain = key.slice(0, slash);
  return DOMAINS.some((known) => domain === known || domain.endsWith(`.${known}`));
}
