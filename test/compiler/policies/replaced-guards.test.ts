import { expect, test } from "vitest";
import { cluster, compiled, edgePolicy } from "../../support/compiled.ts";
import { annotated } from "../frontends/ingress/annotations/annotated.ts";

const EDGE = "{ kind: Edge }";
const INGRESS = "{ kind: Ingress, name: shop }";

const said = (annotations: Readonly<Record<string, string>>, ...more: readonly string[]) =>
  compiled([cluster("eu"), annotated(annotations), ...more].join("---\n"))
    .diagnostics.filter(({ code }) => code.startsWith("EI60"))
    .map(({ code, severity, message }) => `${code} ${severity} ${message}`);
const ofEdge = (sets: string) => edgePolicy({ name: "edge", namespace: "ops", targets: EDGE, sets });
const ofIngress = (sets: string) => edgePolicy({ name: "near", targets: INGRESS, sets });
const replaced = (loser: string, winner: string) =>
  `EI6012 warning ${loser} is not used where something more specific is: ${winner}`;

test.each<[what: string, annotations: Readonly<Record<string, string>>, policies: readonly string[], says: string]>([
  [
    "the edge's list of those it denies, by an app's allowlist",
    { "allowlist-source-range": "0.0.0.0/0" },
    [ofEdge('access: { deny: ["192.0.2.66"] }')],
    replaced("access of EdgePolicy ops/edge", "allowlist-source-range of Ingress shop/shop"),
  ],
  [
    "the edge's scopes, by an Ingress's policy",
    {},
    [ofEdge("apiKey: { scopes: [admin] }"), ofIngress("apiKey: {}")],
    replaced("apiKey of EdgePolicy ops/edge", "apiKey of EdgePolicy shop/near"),
  ],
  [
    "an allowlist by annotation, by a policy",
    { "allowlist-source-range": "192.0.2.0/24" },
    [ofIngress("access: { denyCountries: [DE] }")],
    replaced("allowlist-source-range of Ingress shop/shop", "access of EdgePolicy shop/near"),
  ],
])("a guard that is replaced is a warning: %s", (_, annotations, policies, says) => {
  expect(said(annotations, ...policies)).toEqual([says]);
});

test("one by the same is none", () => {
  expect(said({}, ofEdge("apiKey: {}"), ofIngress("apiKey: {}"))).toEqual([
    "EI6004 info apiKey of EdgePolicy ops/edge is overruled by more specific ones on each rule that it reaches",
  ]);
});
