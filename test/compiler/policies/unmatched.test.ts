import { expect, test } from "vitest";
import type { CompileOptions } from "../../../src/compiler/compile.ts";
import { cluster, compiled, edgePolicy } from "../../support/compiled.ts";
import { annotated } from "../frontends/ingress/annotations/annotated.ts";

const SERVICE = `apiVersion: v1
kind: Service
metadata: { name: rest, namespace: ops }
spec: { ports: [{ port: 80 }] }
`;
const SHOP = annotated({}).replace("path: /,", "path: /a,");

/** Of each rule of the host: its path, and whether it asks for a key. */
function rulesOf(policy: string, defaultBackend: CompileOptions["defaultBackend"]) {
  const text = [cluster("eu"), SHOP, SERVICE, policy].join("---\n");
  const { output, diagnostics } = compiled(text, { defaultBackend });
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  const host = output?.router.hosts.find(({ hostname }) => hostname === "shop.example.com");
  return host?.rules.map(({ rule, policies }) => [rule.match.path.value, policies.apiKey !== null]);
}

test.each(["{ kind: Edge }", "{ kind: Host, name: shop.example.com }", "{ kind: Ingress, name: shop }"])(
  "a guard for %s stands before what no rule of the host takes too",
  (targets) => {
    const policy = edgePolicy({ targets, sets: "apiKey: {}" });
    for (const backend of [{ namespace: "ops", name: "rest", port: 80 }, null]) {
      expect(rulesOf(policy, backend)).toEqual([
        ["/a", true],
        ["/", true],
      ]);
    }
  },
);

test("a policy for a path does not, and one that says nothing to those requests makes no rule", () => {
  const ofPath = edgePolicy({ targets: "{ kind: Host, name: shop.example.com, path: /a }", sets: "apiKey: {}" });
  expect(rulesOf(ofPath, null)).toEqual([["/a", true]]);
  expect(rulesOf(edgePolicy({ targets: "{ kind: Edge }" }), null)).toEqual([["/a", false]]);
});
