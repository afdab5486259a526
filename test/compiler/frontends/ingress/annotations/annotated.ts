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
