import { describe, expect, test } from "vitest";
import { load, marked, places } from "./documents.ts";

const setting = (written: string) =>
  `apiVersion: edge-ingress.dev/v1alpha1\nkind: EdgePolicy\nmetadata: { name: a, namespace: shop }\nspec: { targetRefs: [{ kind: Edge }], ${written} }`;
const headers = (written: string) => setting(`headers: { ${written} }`);

describe("headers of an EdgePolicy are rejected for", () => {
  test.each<[what: string, code: string, written: string]>([
    ["null", "EI1207", setting("headers: ▸null")],
    ["neither request nor response", "EI1239", setting("headers: ▸{}")],
    ["nothing to do", "EI1239", headers("request: ▸{}")],
    ["an unknown action", "EI1206", headers("request: { remove: [x-b], ▸append: [{ name: x-a, value: b }] }")],
    ["a header that ends", "EI1237", headers('response: { remove: [▸"x-a\\r\\nx-b"] }')],
    ["Host", "EI1237", headers("request: { set: [{ name: ▸Host, value: a.test }] }")],
    ["Content-Length", "EI1237", headers("request: { remove: [▸content-length] }")],
    ["a header set and removed", "EI1239", headers("request: ▸{ set: [{ name: X-A, value: b }], remove: [x-a] }")],
    ["a value that ends the header", "EI1237", headers('request: { set: [{ name: x-a, value: ▸"b\\r\\nc: d" }] }')],
    ["a variable that is not known", "EI1237", headers("request: { set: [{ name: x-a, value: ▸$upstream_addr }] }")],
    ["a value with spaces around", "EI1237", headers('request: { set: [{ name: x-a, value: ▸" b" }] }')],
  ])("%s", (_, code, written) => {
    const { text, marks } = marked(written);
    const { resources, diagnostics } = load(text);
    expect(places(diagnostics)).toEqual([`${code} ${marks[0]}`]);
    expect(resources.edgePolicies).toEqual([]);
  });
});

test("what is written is what is done, removals first", () => {
  const { resources, diagnostics } = load(
    headers("response: { add: [{ name: X-A, value: $host }], set: [{ name: x-b, value: '' }], remove: [Server] }"),
  );
  expect(diagnostics).toEqual([]);
  const plain = { besidesIngress: false, onlySuccess: false };
  expect(resources.edgePolicies[0]?.body.settings).toEqual([
    {
      field: "headers",
      value: {
        request: [],
        response: [
          { action: "remove", name: "Server", value: [], ...plain },
          { action: "set", name: "x-b", value: [], ...plain },
          { action: "add", name: "X-A", value: [{ type: "host", value: "" }], ...plain },
        ],
      },
    },
  ]);
});
