import { nodeRange, version } from "../version.ts";

const schema = (kind: string) =>
  `# yaml-language-server: $schema=../node_modules/edge-ingress/schemas/${kind}-v1alpha1.json\n`;

/** The files of a new project by their paths. They pass `check` and `test` as they stand. */
export function projectFiles(name: string): Readonly<Record<string, string>> {
  return {
    "manifests/clusters.yaml": `# Where your clusters are: the load balancer of each one's ingress. \`edge-ingress pull\` writes manifests out of clusters.
${schema("cluster")}apiVersion: edge-ingress.dev/v1alpha1
kind: Cluster
metadata: { name: eu-west }
spec:
  endpoint: https://eu-west.lb.example.com
  region: weur
  healthCheck: { path: /healthz }
---
apiVersion: edge-ingress.dev/v1alpha1
kind: Cluster
metadata: { name: us-east }
spec:
  endpoint: https://us-east.lb.example.com
  region: enam
  healthCheck: { path: /healthz }
`,
    "manifests/shop.yaml": `# An Ingress as it stands in the clusters. Put yours in its place.
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop, namespace: shop }
spec:
  rules:
    - host: shop.example.com
      http:
        paths:
          - { path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }
          - { path: /cart, pathType: Prefix, backend: { service: { name: cart, port: { number: 8080 } } } }
`,
    "tests/routes.yaml": `# What must become of requests: \`npm test\`.
${schema("routetest")}apiVersion: edge-ingress.dev/v1alpha1
kind: RouteTest
metadata: { name: shop, namespace: shop }
spec:
  tests:
    - name: the cart's own rule comes before the shop's
      request: { url: "https://shop.example.com/cart/42" }
      expect: { route: { ingress: shop, path: /cart }, service: "shop/cart:8080" }
    - name: a host that nobody serves
      request: { url: "https://nobody.example.com/" }
      expect: { route: none }
`,
    ".github/workflows/edge-ingress.yml": `name: edge-ingress
on:
  pull_request:
  push:
    branches: [main]
permissions:
  contents: read
  pull-requests: write
jobs:
  routes:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
        with: { fetch-depth: 0 }
      - uses: actions/setup-node@v5
        with: { node-version: 24 }
      - run: npm ci
      - run: npx edge-ingress check -f manifests --zone example.com --format github
      - run: npx edge-ingress test tests -f manifests --zone example.com
      - if: github.event_name == 'pull_request'
        run: npx edge-ingress review manifests --base "origin/$GITHUB_BASE_REF" --zone example.com
        env:
          GITHUB_TOKEN: \${{ github.token }}
`,
    "package.json": `${JSON.stringify(
      {
        name,
        private: true,
        scripts: {
          check: "edge-ingress check -f manifests --zone example.com",
          test: "edge-ingress test tests -f manifests --zone example.com",
          start: "edge-ingress dev -f manifests --demo",
          deploy: "edge-ingress deploy -f manifests --zone example.com",
        },
        devDependencies: { "edge-ingress": version, wrangler: "^4.155.0" },
        engines: { node: nodeRange },
      },
      null,
      2,
    )}\n`,
    ".gitignore": "node_modules/\n.wrangler/\nedge-ingress-out/\n",
  };
}
