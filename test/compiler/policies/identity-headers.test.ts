import { expect, test } from "vitest";
import { openTable } from "../../../src/table/reader.ts";
import { cluster, compiled, edgePolicy } from "../../support/compiled.ts";

const ingress = (name: string, namespace: string, paths: readonly string[]) => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  rules:
    - host: ${name}.test
      http:
        paths:
${paths.map((path) => `          - { path: ${path}, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }`).join("\n")}
`;

const provider = (name: string, header: string) =>
  `{ name: ${name}, issuer: i, audiences: [a], jwks: { uri: "https://i.test/" }, claimsToHeaders: [{ claim: sub, header: ${header} }] }`;

/** The identity headers of each rule, by host and path. */
function headersOf(...manifests: readonly string[]): Readonly<Record<string, readonly string[]>> {
  const { output, diagnostics } = compiled([cluster("eu"), ...manifests].join("---\n"));
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  const opened = openTable(output?.table.buffer ?? new ArrayBuffer(0));
  if (!opened.ok) throw new Error(opened.reason);
  const { table } = opened;
  const hosts = Array.from({ length: table.hostCount }, (_, index) => table.router(index));
  return Object.fromEntries(
    hosts.flatMap(({ hostname, rules }) =>
      rules.map(({ path, policies }) => [`${hostname}${path}`, policies.identityHeaders]),
    ),
  );
}

test("every rule that leads to the namespace has them, guarded or not; those of other namespaces have not", () => {
  const policy = edgePolicy({
    targets: "{ kind: Host, name: shop.test, path: /api }",
    sets: `jwt: { providers: [${provider("one", "X-User")}, ${provider("two", "X-Machine")}] }`,
  });
  const headers = headersOf(
    ingress("shop", "shop", ["/", "/api"]),
    ingress("public", "shop", ["/"]),
    ingress("other", "other", ["/"]),
    policy,
  );
  const names = ["x-machine", "x-user"];
  expect(headers).toEqual({ "shop.test/": names, "shop.test/api": names, "public.test/": names, "other.test/": [] });
});

test("those of several policies come together, whatever checks they belong to", () => {
  const one = edgePolicy({
    name: "one",
    targets: "{ kind: Host, name: shop.test, path: /api }",
    sets: `jwt: { providers: [${provider("one", "X-User")}] }`,
  });
  const two = edgePolicy({
    name: "two",
    targets: "{ kind: Host, name: shop.test, path: /partners }",
    sets: "apiKey: { ownerHeader: X-Partner }",
  });
  const headers = headersOf(ingress("shop", "shop", ["/", "/api", "/partners"]), one, two);
  for (const names of Object.values(headers)) expect(names).toEqual(["x-partner", "x-user"]);
});

test("without such policies there are none", () => {
  const headers = headersOf(ingress("shop", "shop", ["/"]), edgePolicy({ targets: "{ kind: Edge }" }));
  expect(headers).toEqual({ "shop.test/": [] });
});
