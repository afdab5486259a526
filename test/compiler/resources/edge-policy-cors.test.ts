import { describe, expect, test } from "vitest";
import { DEFAULT_CORS } from "../../../src/table/policies/cors.ts";
import { load, marked, places } from "./documents.ts";

const setting = (written: string) =>
  `apiVersion: edge-ingress.dev/v1alpha1\nkind: EdgePolicy\nmetadata: { name: a, namespace: shop }\nspec: { targetRefs: [{ kind: Edge }], ${written} }`;
const cors = (written: string) => setting(`cors: { ${written} }`);
const some = 'allowOrigins: ["https://a.test"]';

describe("cors of an EdgePolicy is rejected for", () => {
  test.each<[what: string, code: string, written: string]>([
    ["null", "EI1207", setting("cors: ▸null")],
    ["no origins", "EI1207", setting("cors: ▸{}")],
    ["an empty list of origins", "EI1239", cors("allowOrigins: ▸[]")],
    ["an origin without a scheme", "EI1237", cors("allowOrigins: [▸a.test]")],
    ["an origin with a path", "EI1237", cors('allowOrigins: [▸"https://a.test/"]')],
    ["an origin in capitals", "EI1237", cors('allowOrigins: [▸"https://A.test"]')],
    ["an asterisk within a name", "EI1237", cors('allowOrigins: [▸"https://a*.test"]')],
    ["an asterisk in the middle", "EI1237", cors('allowOrigins: [▸"https://a.*.test"]')],
    ["two asterisks", "EI1237", cors('allowOrigins: [▸"https://*.*.test"]')],
    ["any scheme", "EI1237", cors('allowOrigins: [▸"*://a.test"]')],
    ["credentials of anybody", "EI1239", cors('allowOrigins: ["*"], allowCredentials: ▸true')],
    ["credentials in words", "EI1205", cors(`${some}, allowCredentials: ▸"true"`)],
    ["a method with a space", "EI1237", cors(`${some}, allowMethods: [▸"GE T"]`)],
    ["a header that ends", "EI1237", cors(`${some}, allowHeaders: [▸"x-a\\r\\nx-b"]`)],
    ["no methods", "EI1239", cors(`${some}, allowMethods: ▸[]`)],
    ["an age without unit", "EI1205", cors(`${some}, maxAge: ▸600`)],
    ["an unknown field", "EI1206", cors(`${some}, ▸allowOrigin: a`)],
  ])("%s", (_, code, written) => {
    const { text, marks } = marked(written);
    const { resources, diagnostics } = load(text);
    expect(places(diagnostics)).toEqual([`${code} ${marks[0]}`]);
    expect(resources.edgePolicies).toEqual([]);
  });
});

test.each<[written: string, value: object]>([
  [some, { allowOrigins: ["https://a.test"] }],
  ['allowOrigins: ["https://*.a.test:8443", "null", "*"]', { allowOrigins: ["*"] }],
  [
    `${some}, allowCredentials: true, allowMethods: [GET, POST], allowHeaders: [x-a, x-b], exposeHeaders: ["*"], maxAge: 10m`,
    {
      allowOrigins: ["https://a.test"],
      allowCredentials: true,
      allowMethods: "GET, POST",
      allowHeaders: "x-a, x-b",
      exposeHeaders: "*",
      maxAge: "600",
    },
  ],
  [`${some}, maxAge: 0s`, { allowOrigins: ["https://a.test"], maxAge: "0" }],
])("cors: { %s }", (written, value) => {
  const { resources } = load(cors(written));
  expect(resources.edgePolicies[0]?.body.settings).toEqual([{ field: "cors", value: { ...DEFAULT_CORS, ...value } }]);
});
