import { expect, test } from "vitest";
import { cluster, compiled, edgePolicy } from "../../support/compiled.ts";
import { annotated } from "../frontends/ingress/annotations/annotated.ts";

const ALLOWLIST = { "allowlist-source-range": "192.0.2.0/24" };
const AUTH = { "auth-url": "https://auth.example.com/" };
const ANY = { satisfy: "any" };
const EDGE = "{ kind: Edge }";
const INGRESS = "{ kind: Ingress, name: shop }";
const LIST = 'access: { allow: ["192.0.2.0/24"] }';

const errors = (annotations: Readonly<Record<string, string>>, ...more: readonly string[]) =>
  compiled([cluster("eu"), annotated(annotations), ...more].join("---\n"))
    .diagnostics.filter(({ severity }) => severity === "error")
    .map(({ code, message }) => `${code} ${message}`);
const ofEdge = (sets: string, name = "edge") => edgePolicy({ name, targets: EDGE, sets });
const ofIngress = (sets: string) => edgePolicy({ name: "near", targets: INGRESS, sets });

test.each<[what: string, annotations: Readonly<Record<string, string>>, policies: readonly string[], says: string]>([
  [
    "an Ingress's on a check of the whole edge",
    { ...ALLOWLIST, ...ANY },
    [ofEdge("apiKey: {}")],
    "satisfy of Ingress shop/shop one check would be enough, and apiKey of EdgePolicy shop/edge is",
  ],
  [
    "the whole edge's on checks of an Ingress",
    { ...ALLOWLIST, ...AUTH },
    [ofEdge("satisfy: any")],
    "satisfy of EdgePolicy shop/edge one check would be enough, and allowlist-source-range of Ingress shop/shop and auth-url of Ingress shop/shop are",
  ],
  [
    "a policy's on the annotations of the same Ingress",
    ALLOWLIST,
    [ofIngress("satisfy: any, apiKey: {}")],
    "satisfy of EdgePolicy shop/near one check would be enough, and allowlist-source-range of Ingress shop/shop is",
  ],
  [
    "a policy's on a check of another policy",
    {},
    [ofEdge("apiKey: {}"), ofIngress(`satisfy: any, ${LIST}`)],
    "satisfy of EdgePolicy shop/near one check would be enough, and apiKey of EdgePolicy shop/edge is",
  ],
])("`satisfy: any` is an error where it would join: %s", (_, annotations, policies, says) => {
  expect(errors(annotations, ...policies)).toEqual([`EI6009 by ${says} set elsewhere, to be met`]);
});

const GLOBAL = `apiVersion: v1
kind: ConfigMap
metadata: { name: ingress-nginx-controller, namespace: ingress-nginx }
data: { global-auth-url: "https://auth.example.com/" }
`;

test.each<[what: string, annotations: Readonly<Record<string, string>>, policies: readonly string[]]>([
  ["annotations of one Ingress", { ...ALLOWLIST, ...AUTH, ...ANY }, [ofEdge("retry: { attempts: 1 }")]],
  ["an annotation and the global auth service, as in ingress-nginx", { ...ALLOWLIST, ...ANY }, [GLOBAL]],
  ["the checks of one policy", {}, [ofEdge(`satisfy: any, apiKey: {}, ${LIST}`)]],
  ["one check alone", ANY, [ofEdge("apiKey: {}")]],
  ["`all` that says so again", { ...ALLOWLIST, satisfy: "all" }, [ofEdge("apiKey: {}")]],
  [
    "a check that the Ingress has switched off",
    { ...ALLOWLIST, ...ANY, "enable-global-auth": "false" },
    [ofEdge("externalAuth: { url: https://auth.example.com/ }")],
  ],
])("it is none with %s", (_, annotations, policies) => {
  expect(errors(annotations, ...policies)).toEqual([]);
});
