import { inspect } from "node:util";
import { expect, test } from "vitest";
import { compile } from "../../src/compiler/compile.ts";
import { formatJson } from "../../src/compiler/diagnostics/json.ts";
import { formatText } from "../../src/compiler/diagnostics/text.ts";
import { formatReport } from "../../src/compiler/report.ts";
import { compiled } from "../support/compiled.ts";

/** Every secret of the manifests has this in it. */
const SECRET = /HUNTER2|424242/;

const MANIFESTS = `apiVersion: v1
kind: Secret
metadata: { name: users, namespace: Bad_HUNTER2 }
stringData:
  password: HUNTER2
  password: "HUNTER2 again"
  starred: *HUNTER2
  tagged: !HUNTER2 x
  block: |
    HUNTER2: x
---
apiVersion: v1
kind: Secret
metadata: { name: broken }
stringData:
  header: |HUNTER2
  escaped: "\\HUNTER2"
  @HUNTER2
 HUNTER2
  HUNTER2: "open
---
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    stringData: { a: HUNTER2 }
    kind: Secret
    metadata: { name: [HUNTER2], namespace: HUNTER2_, labels: { x: "HUNTER2 !" }, annotations: { a: 424242 } }
  - HUNTER2
  - apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: { name: HUNTER_, unknown: x }
    spec: { rules: 7 }
---
{"apiVersion":"v1","kind":"Secret","metadata":{"name":7},"data":{"a":"HUNTER2"}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: guarded
  unknown: x
  annotations:
    nginx.ingress.kubernetes.io/auth-secret: HUNTER2
    nginx.ingress.kubernetes.io/configuration-snippet: |
      proxy_set_header Authorization "HUNTER2";
      HUNTER2: x
    nginx.ingress.kubernetes.io/proxy-read-timeout: HUNTER2
    nginx.ingress.kubernetes.io/auth-url: https://user:HUNTER2@auth.example.com
    unknown.example.com/token: HUNTER2
    "not a name": HUNTER2
    pin: 424242
  labels: 7
spec:
  rules:
    - host: Bad_Host
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: annotated
  annotations:
    nginx.ingress.kubernetes.io/auth-secret: HUNTER2
    nginx.ingress.kubernetes.io/proxy-read-timeout: HUNTER2
    nginx.ingress.kubernetes.io/whitelist-source-range: HUNTER2
    nginx.ingress.kubernetes.io/auth-snippet: HUNTER2
    nginx.ingress.kubernetes.io/auth-tls: HUNTER2
    traefik.ingress.kubernetes.io/router.middlewares: HUNTER2
    other.example.com/auth: HUNTER2
    other.example.com/x: HUNTER2
spec: { defaultBackend: { service: { name: nowhere, port: { number: 80 } } } }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: folded, annotations: https://user:HUNTER2@annotations.example.com/${"x".repeat(80)} }
spec: {}
---
apiVersion: edge-ingress.dev/v1alpha1
kind: Cluster
metadata: { name: eu }
spec:
  endpoint: https://user:HUNTER2@lb.example.com
  weight: many
  via: https://user:HUNTER2@${"via.".repeat(40)}example.com
  services:
    - { namespace: a, name: b, endpoint: "https://user:HUNTER2@lb.example.com" }
    - https://user:${"HUNTER2".repeat(30)}@lb.example.com
    - name: https://user:HUNTER2@lb.example.com
  region: https://user:HUNTER2@lb.example.com
`;

test.each([
  ["LF", MANIFESTS],
  ["CRLF", MANIFESTS.replaceAll("\n", "\r\n")],
  ["one document after the other", null],
])("no secret comes out, whatever is wrong around it: %s", (_, text) => {
  const inputs = text === null ? MANIFESTS.split(/^---\n/m) : [text];
  const codes = new Set<string>();
  for (const input of inputs) {
    const { diagnostics, files } = compile(["-"], {
      cwd: "/",
      readStdin: () => input,
      ingressClass: [],
      controller: [],
      defaultBackend: null,
      platform: "cloudflare",
      zones: [],
      trustedProxies: [],
    });
    for (const { code } of diagnostics) codes.add(code);
    expect(diagnostics.length).toBeGreaterThan(0);
    expect(formatText(diagnostics, files)).not.toMatch(SECRET);
    expect(formatJson(diagnostics)).not.toMatch(SECRET);
    // The same with an error at every line: no frame shows more than another.
    const everywhere = files.flatMap((file) =>
      file.text.split("\n").map((_, index) => {
        const position = { file: file.name, line: index + 1, column: 1, length: 9 };
        return { code: "EI1101", severity: "error", message: `${index}`, fix: "", position, related: [] } as const;
      }),
    );
    expect(formatText(everywhere, files)).not.toMatch(SECRET);
  }
  // What the manifests are wrong in is found: syntax, metadata, annotations, clusters.
  for (const code of ["EI1106", "EI1205", "EI1209", "EI1210", "EI1211", "EI1212", "EI1213", "EI1231", "EI4001"]) {
    if (text === null) expect([...codes], code).toContain(code);
  }
});

const GUARDED = (annotations: string) => `apiVersion: edge-ingress.dev/v1alpha1
kind: Cluster
metadata: { name: eu }
spec: { endpoint: "https://eu.example.com" }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  annotations:
    nginx.ingress.kubernetes.io/auth-type: basic
${annotations}
spec:
  rules:
    - host: shop.example.com
      http:
        paths:
          - { path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }
---
`;

const secretOf = (more: string) => `apiVersion: v1
kind: Secret
metadata: { name: users }
${more}
`;

test.each([
  ["users that can come in", secretOf('stringData: { auth: "HUNTER2:{SHA}GpHWL3ymc5liWkNopqtdSjuqYHM=", x: HUNTER2 }')],
  [
    "passwords in clear",
    secretOf("stringData:\n  auth: |\n    HUNTER2\n    a:HUNTER2\n    a:{PLAIN}HUNTER2\n    b:$2y$99$HUNTER2"),
  ],
  ["no base64", secretOf('data: { auth: "HUNTER2!" }')],
  ["no text", secretOf("stringData: { auth: 424242 }")],
  ["secrets for keys", secretOf("stringData: { HUNTER2: a, authHUNTER2: b }")],
  ["nothing that can be read", secretOf("stringData: [HUNTER2]\ndata: HUNTER2")],
  [
    "another name, and a password for one",
    secretOf("stringData: { auth: HUNTER2 }").replace("name: users", "name: user"),
  ],
])("nothing of a Secret that a route needs comes out, whatever it holds: %s", (_, secret) => {
  const layouts = ["", "\n    nginx.ingress.kubernetes.io/auth-secret-type: auth-map"];
  for (const layout of layouts) {
    const text = GUARDED(`    nginx.ingress.kubernetes.io/auth-secret: users${layout}`) + secret;
    const { output, diagnostics, files } = compiled(text);
    expect(formatText(diagnostics, files)).not.toMatch(SECRET);
    expect(formatJson(diagnostics)).not.toMatch(SECRET);
    if (output === null) continue;
    expect(formatReport(output.report)).not.toMatch(SECRET);
    expect(Buffer.from(output.table).toString("latin1")).not.toMatch(SECRET);
    expect(JSON.stringify(output)).not.toMatch(SECRET);
    expect(inspect(output, { depth: 20, showHidden: true })).not.toMatch(SECRET);
  }
});

test.each([
  "auth-secret: HUNTER2",
  "auth-secret: shop/HUNTER2",
  "auth-secret: users\n    nginx.ingress.kubernetes.io/auth-realm: HUNTER2$",
  "auth-secret: users\n    nginx.ingress.kubernetes.io/auth-secret-type: HUNTER2",
  "auth-secret: users\n    nginx.ingress.kubernetes.io/auth-users: a:HUNTER2",
])("nothing of what was meant for a Secret and stands in an annotation comes out: %s", (annotation) => {
  const { output, diagnostics, files } = compiled(GUARDED(`    nginx.ingress.kubernetes.io/${annotation}`));
  expect(output).toBeNull();
  expect(formatText(diagnostics, files)).not.toMatch(SECRET);
  expect(formatJson(diagnostics)).not.toMatch(SECRET);
});
