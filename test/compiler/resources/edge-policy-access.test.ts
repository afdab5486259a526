import { describe, expect, test } from "vitest";
import { NO_ACCESS_LISTS } from "../../../src/compiler/ir/access.ts";
import { load, marked, places } from "./documents.ts";

const setting = (written: string) =>
  `apiVersion: edge-ingress.dev/v1alpha1\nkind: EdgePolicy\nmetadata: { name: a, namespace: shop }\nspec: { targetRefs: [{ kind: Edge }], ${written} }`;

describe("access of an EdgePolicy is rejected for", () => {
  test.each<[what: string, code: string, written: string]>([
    ["nothing", "EI1239", "access: ▸{}"],
    ["null, as an indentation that went wrong leaves it", "EI1207", "access: ▸null"],
    ["a list alone", "EI1205", 'access: ▸["10.0.0.0/8"]'],
    ["an unknown list", "EI1206", "access: { ▸allowed: [10.0.0.0/8] }"],
    ["an empty list", "EI1239", "access: { allow: ▸[] }"],
    ["a list that is null", "EI1207", "access: { deny: [10.0.0.0/8], allow: ▸null }"],
    ["a text in the place of a list", "EI1205", "access: { allow: ▸10.0.0.0/8 }"],
    ["a name", "EI1237", "access: { allow: [10.0.0.0/8, ▸office.example.com] }"],
    ["a mask that is too long", "EI1237", "access: { deny: [▸10.0.0.0/33] }"],
    ["a country in small letters", "EI1237", "access: { allowCountries: [▸de] }"],
    ["a country that is none", "EI1237", "access: { denyCountries: [DE, ▸UK] }"],
    ["what Cloudflare calls no country", "EI1237", "access: { denyCountries: [▸XX] }"],
    ["a network by its usual name", "EI1205", "access: { allowAsns: [▸AS64500] }"],
    ["a network of 0", "EI1233", "access: { denyAsns: [▸0] }"],
    ["a network that is too large", "EI1233", "access: { denyAsns: [▸4294967296] }"],
    ["satisfy in capitals", "EI1208", "satisfy: ▸Any"],
    ["satisfy that is null", "EI1207", "satisfy: ▸null"],
  ])("%s", (_, code, written) => {
    const { text, marks } = marked(setting(written));
    const { resources, diagnostics } = load(text);
    expect(places(diagnostics)).toEqual([`${code} ${marks[0]}`]);
    expect(resources.edgePolicies).toEqual([]);
  });
});

test("all lists are taken as they are written", () => {
  const lists = {
    allow: ["10.0.0.0/8", "2001:db8::1"],
    deny: ["10.1.0.0/16"],
    allowCountries: ["DE", "T1"],
    denyCountries: ["XK"],
    allowAsns: [64500],
    denyAsns: [4294967295],
  };
  expect(
    load(setting(`access: ${JSON.stringify(lists)}, satisfy: any`)).resources.edgePolicies[0]?.body.settings,
  ).toEqual([
    { field: "satisfy", value: "any" },
    { field: "access", value: lists },
  ]);
});

test("a list that is not written is empty", () => {
  expect(load(setting("access: { denyAsns: [1] }")).resources.edgePolicies[0]?.body.settings).toEqual([
    { field: "access", value: { ...NO_ACCESS_LISTS, denyAsns: [1] } },
  ]);
});
