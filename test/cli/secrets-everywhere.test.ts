import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PROJECT, runCli, startDev } from "../support/cli.ts";
import { directoryWith } from "../support/manifests.ts";
import { send } from "../support/request.ts";

/** Every secret of the manifests and of the requests has this in it, or is the base64 of it. */
const SECRET = /HUNTER2|SFVOVEVSM|hVTlRFUj|IVU5URVIy/;

/** One of each way that needs a Secret, and what a client may send to each of the others. */
const MANIFESTS = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: basic
  namespace: shop
  annotations:
    nginx.ingress.kubernetes.io/auth-type: basic
    nginx.ingress.kubernetes.io/auth-secret: users
spec:
  rules:
    - host: shop.test
      http:
        paths:
          - { path: /basic, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: pages, namespace: shop }
spec:
  rules:
    - host: pages.test
      http:
        paths:
          - { path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }
          - { path: /keys, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }
          - { path: /open, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }
---
apiVersion: edge-ingress.dev/v1alpha1
kind: EdgePolicy
metadata: { name: login, namespace: shop }
spec:
  targetRefs: [{ kind: Host, name: pages.test, path: / }]
  oidc:
    provider: { issuer: "http://127.0.0.1:9" }
    clientID: shop
    clientSecretRef: { name: login }
    session: { secretRef: { name: login } }
---
apiVersion: edge-ingress.dev/v1alpha1
kind: EdgePolicy
metadata: { name: keys, namespace: shop }
spec: { targetRefs: [{ kind: Host, name: pages.test, path: /keys }], apiKey: {} }
---
apiVersion: edge-ingress.dev/v1alpha1
kind: Cluster
metadata: { name: eu }
spec:
  endpoint: https://eu.lb.test
  originSecret: { secretRef: { namespace: edge, name: origin } }
---
apiVersion: v1
kind: Secret
metadata: { name: users, namespace: shop }
stringData: { auth: "ann:{PLAIN}HUNTER2-of-ann" }
---
apiVersion: v1
kind: Secret
metadata: { name: login, namespace: shop }
stringData:
  client-secret: HUNTER2-of-the-client
  session-keys: HUNTER2-0123456789abcdef0123456789abcdef
---
apiVersion: v1
kind: Secret
metadata: { name: origin, namespace: edge }
stringData: { secret: HUNTER2-of-the-origin }
`;

test("no secret of any way is in table, report, bundle, answers or what is printed", async () => {
  const cwd = directoryWith({ "in.yaml": MANIFESTS });
  const out = join(cwd, "out");
  const built = await runCli(["compile", "-f", "in.yaml", "--zone", "test", "-o", out], { cwd });
  expect(built.code, built.stderr).toBe(0);
  const files = [join(out, "table.bin"), join(out, "report.json"), join(PROJECT, "dist/edge/worker.js")];
  for (const text of [built.stdout, built.stderr, ...files.map((file) => readFileSync(file, "latin1"))]) {
    expect(text).not.toMatch(SECRET);
  }
  // All of the names are there, so all of the ways are.
  const report = readFileSync(join(out, "report.json"), "utf8");
  for (const name of ["shop/users", "shop/login", "edge/origin"]) expect(report).toContain(name);

  const dev = await startDev(["-f", "in.yaml", "--demo"], { cwd });
  const ask = async (host: string, path: string, headers: Record<string, string> = {}) => {
    const answer = await send({ port: dev.port, host, path, headers });
    expect(JSON.stringify([answer.headers, answer.body])).not.toMatch(SECRET);
    return answer;
  };
  const basic = (password: string) => ({ authorization: `Basic ${Buffer.from(`ann:${password}`).toString("base64")}` });
  expect((await ask("shop.test", "/basic", basic("HUNTER2"))).status).toBe(401);
  const allowed = await ask("shop.test", "/basic", basic("HUNTER2-of-ann"));
  expect(allowed.status).toBe(200);
  expect(allowed.body).toContain("x-origin-verify: ***");
  expect((await ask("pages.test", "/keys", { "x-api-key": "ei_4fT0aQ81xkZp_HUNTER2" })).status).toBeGreaterThan(400);
  const login = { accept: "text/html", cookie: "session=HUNTER2" };
  expect((await ask("pages.test", "/", login)).status).not.toBe(200);
  expect((await ask("pages.test", "/oauth2/callback?code=HUNTER2&state=HUNTER2")).status).toBeGreaterThanOrEqual(400);
  const { stdout, stderr } = await dev.stop();
  expect(stdout + stderr).not.toMatch(SECRET);
});
