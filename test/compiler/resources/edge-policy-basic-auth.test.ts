import { describe, expect, it } from "vitest";
import { load, marked, places } from "./documents.ts";

const policy = (basicAuth: string) =>
  `apiVersion: edge-ingress.dev/v1alpha1
kind: EdgePolicy
metadata: { name: a, namespace: shop }
spec: { targetRefs: [{ kind: Edge }], basicAuth: ${basicAuth} }`;

const REJECTED: readonly (readonly [what: string, codes: readonly string[], text: string])[] = [
  ["null, which guards nothing", ["EI1207"], policy("▸null")],
  ["no Secret", ["EI1207"], policy("▸{ realm: a }")],
  ["an empty one", ["EI1207"], policy("▸{}")],
  ["a Secret without name", ["EI1207"], policy("{ secretRef: ▸{ key: a } }")],
  ["a Secret of an impossible name", ["EI1237"], policy("{ secretRef: { name: ▸Users } }")],
  ["a Secret of another namespace", ["EI1206"], policy("{ secretRef: { name: users, ▸namespace: blog } }")],
  ["a Secret with its namespace before it", ["EI1237"], policy("{ secretRef: { name: ▸blog/users } }")],
  ["a key that no Secret can have", ["EI1237"], policy("{ secretRef: { name: users, key: ▸a/b } }")],
  ["an empty key", ["EI1237"], policy('{ secretRef: { name: users, key: ▸"" } }')],
  ["users in the policy itself", ["EI1206", "EI1207"], policy("▸{ ▸users: x }")],
  ["a realm with a quote", ["EI1237"], policy(`{ secretRef: { name: users }, realm: ▸'a"b' }`)],
  ["a realm with a backslash", ["EI1237"], policy(`{ secretRef: { name: users }, realm: ▸'a\\b' }`)],
  ["a realm with a line break", ["EI1237"], policy('{ secretRef: { name: users }, realm: ▸"a\\r\\nX-Evil: 1" }')],
  ["a realm beyond ASCII", ["EI1237"], policy("{ secretRef: { name: users }, realm: ▸Läden }")],
  ["a realm that is a number", ["EI1205"], policy("{ secretRef: { name: users }, realm: ▸7 }")],
];

describe("spec.basicAuth of an EdgePolicy", () => {
  it.each(REJECTED)("is refused with %s", (_, codes, text) => {
    const { text: plain, marks } = marked(text);
    const { resources, diagnostics } = load(plain);
    expect(diagnostics.map(({ code }) => code).sort()).toEqual([...codes].sort());
    expect(places(diagnostics).map((place) => place.split(" ")[1])).toEqual(expect.arrayContaining([marks[0]]));
    expect(resources.edgePolicies).toEqual([]);
  });

  it("names a Secret of its own namespace; key and realm have defaults", () => {
    const settings = (text: string) => load(policy(text)).resources.edgePolicies[0]?.body.settings;
    const secret = { name: "shop/users", binding: expect.stringMatching(/^SECRET_SHOP_USERS_[0-9A-F]{8}$/) };
    expect(settings("{ secretRef: { name: users } }")).toEqual([
      { field: "basicAuth", value: { secret, key: "auth", realm: "" } },
    ]);
    expect(settings('{ secretRef: { name: users, key: a.b }, realm: "The shop, by hand!" }')).toEqual([
      { field: "basicAuth", value: { secret, key: "a.b", realm: "The shop, by hand!" } },
    ]);
  });
});
