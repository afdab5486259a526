import { describe, expect, test } from "vitest";
import { EVERY_CLUSTER } from "../../../src/compiler/ir/scope.ts";
import { loadResources } from "../../../src/compiler/resources/load.ts";
import { parseYaml } from "../../../src/compiler/sources/parse-yaml.ts";
import { DEFAULT_API_KEY } from "../../../src/table/policies/api-key.ts";

function loaded(apiKey: object) {
  const written = { apiVersion: "edge-ingress.dev/v1alpha1", kind: "EdgePolicy", metadata: { name: "a" } };
  const text = JSON.stringify({ ...written, spec: { targetRefs: [{ kind: "Edge" }], apiKey } });
  const { documents } = parseYaml({ name: "in.yaml", realPath: null, text });
  const { resources, diagnostics } = loadResources(documents, () => EVERY_CLUSTER);
  return {
    value: resources.edgePolicies[0]?.body.settings[0]?.value ?? null,
    said: diagnostics.map(({ code, message }) => `${code} ${message}`),
  };
}

describe("apiKey", () => {
  test("with nothing written has the defaults", () => {
    expect(loaded({})).toEqual({ value: DEFAULT_API_KEY, said: [] });
  });

  test("with everything", () => {
    const from = [{ header: "Authorization", prefix: "Key " }, { query: "api_key" }];
    expect(loaded({ from, scopes: ["orders:read"], ownerHeader: "X-Owner", forward: true })).toEqual({
      value: {
        from: [
          { in: "header", name: "authorization", prefix: "Key " },
          { in: "query", name: "api_key", prefix: "" },
        ],
        scopes: ["orders:read"],
        ownerHeader: "x-owner",
        forward: true,
      },
      said: [],
    });
  });

  test.each<[object, string]>([
    [{ from: [{ cookie: "key" }] }, "EI1276 a place has exactly one of header, query"],
    [{ from: [{ header: "a", query: "b" }] }, "EI1276 a place has exactly one of header, query"],
    [{ scopes: null }, "EI1207 spec.apiKey.scopes is missing"],
    [{ scopes: ["a b"] }, 'EI1237 the scope "a b" must be visible characters'],
    [{ scopes: [""] }, "EI1237 the scope"],
    [{ scopes: "a" }, "EI1205 spec.apiKey.scopes: expected a list"],
    [{ ownerHeader: "Authorization" }, 'EI1275 the header "Authorization" says something else'],
    [{ ownerHeader: "" }, 'EI1275 the header "" must not be empty'],
    [{ keys: ["ei_a_b"] }, 'EI1206 unknown field "keys"'],
  ])("%j is an error", (apiKey, says) => {
    const { value, said } = loaded(apiKey);
    expect([value, said[0]]).toEqual([null, expect.stringContaining(says)]);
  });
});
