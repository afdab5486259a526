import { looksLikeGuard } from "./guard-names.ts";

/** Another Ingress controller, by the annotations that it reads. */
interface ForeignController {
  readonly title: string;
  /** What stands before the slash; sub-domains of it too. */
  readonly domains: readonly string[];
  /** Names that guard although they don't look it. */
  readonly guards: readonly string[];
  /** Names that look like a guard and are none. */
  readonly harmless: readonly string[];
}

const controllers: readonly ForeignController[] = [
  {
    title: "Traefik",
    domains: ["traefik.ingress.kubernetes.io", "traefik.io"],
    guards: ["router.middlewares", "router.tls.options", "redirect-middleware"],
    harmless: ["router.tls.certresolver"],
  },
  {
    title: "HAProxy",
    domains: ["haproxy.org", "haproxy-ingress.github.io"],
    guards: ["config-backend", "config-frontend"],
    harmless: ["cert-signer", "server-crt"],
  },
  { title: "Ambassador", domains: ["getambassador.io"], guards: ["config"], harmless: [] },
  { title: "Kong", domains: ["konghq.com"], guards: ["plugins", "protocols", "methods"], harmless: [] },
  {
    title: "AWS Load Balancer Controller",
    domains: ["alb.ingress.kubernetes.io"],
    guards: ["security-groups", "inbound-cidrs", "shield-advanced-protection", "scheme"],
    harmless: ["certificate-arn", "ssl-policy"],
  },
  { title: "Contour", domains: ["projectcontour.io"], guards: [], harmless: [] },
  { title: "NGINX Ingress Controller of F5", domains: ["nginx.org", "nginx.com"], guards: [], harmless: [] },
  {
    title: "Azure Application Gateway",
    domains: ["appgw.ingress.kubernetes.io"],
    guards: ["use-private-ip"],
    harmless: ["appgw-ssl-certificate", "appgw-ssl-profile", "appgw-trusted-root-certificate", "backend-path-prefix"],
  },
  {
    title: "GKE Ingress",
    domains: ["networking.gke.io", "ingress.cloud.google.com", "ingress.gcp.kubernetes.io", "cloud.google.com"],
    guards: ["security-policy"],
    harmless: ["managed-certificates", "pre-shared-cert", "certmap"],
  },
  { title: "the older Ingress controllers", domains: ["ingress.kubernetes.io"], guards: [], harmless: [] },
];

/** GKE's and others' annotations that share the core's own domain. */
const CORE_PREFIX = "kubernetes.io/ingress.";

export interface ForeignAnnotation {
  /** Who reads it. */
  readonly controller: string;
  readonly guards: boolean;
}

/** Whose annotation this is, by its domain, and whether it guards; null where no Ingress controller reads it. */
export function foreignAnnotation(key: string): ForeignAnnotation | null {
  if (key.startsWith(CORE_PREFIX)) {
    return { controller: "another Ingress controller", guards: looksLikeGuard(key.slice(CORE_PREFIX.length)) };
  }
  const slash = key.indexOf("/");
  if (slash < 0) return null;
  const domain = key.slice(0, slash);
  const name = key.slice(slash + 1);
  const controller =
    controllers.find((candidate) => candidate.domains.includes(domain)) ??
    controllers.find((candidate) => candidate.domains.some((parent) => domain.endsWith(`.${parent}`)));
  if (!controller) return null;
  const guards = controller.guards.includes(name) || (looksLikeGuard(name) && !controller.harmless.includes(name));
  return { controller: controller.title, guards };
}
