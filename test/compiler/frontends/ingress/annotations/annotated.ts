import { cluster, compiled } from "../../../../support/compiled.ts";

/** Ingress shop/shop with these annotations of ingress-nginx, by name without the prefix. */
export function annotated(annotations: Readonly<Record<string, string>>): string {
  const written = Object.entries(annotations).map(([name, value]) => [`nginx.ingress.kubernetes.io/${name}`, value]);
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop, namespace: shop, annotations: ${JSON.stringify(Object.fromEntries(written))} }
spec:
  rules:
    - host: shop.example.com
      http:
        paths:
          - { path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }
`;
}

/** What the whole compile makes of annotations: what they set, null where nothing is published, and what is said. */
export function readAnnotated(annotations: Readonly<Record<string, string>>) {
  const { output, diagnostics } = compiled([cluster("eu"), annotated(annotations)].join("---\n"));
  const policies = output?.report.hosts.flatMap(({ rules }) => rules.flatMap((rule) => rule.policies)) ?? null;
  return {
    sets: policies === null ? null : Object.assign({}, ...policies.map(({ sets }) => sets)),
    fields: policies?.map(({ field }) => field) ?? [],
    said: diagnostics.map(({ code, message }) => `${code} ${message.replace("Ingress shop/shop: ", "")}`),
  };
}
