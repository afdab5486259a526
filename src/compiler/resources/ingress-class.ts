import * as z from "zod";
import { type Kind, objectFields, parseObject } from "./kind.ts";
import { controllerName, dnsLabel, dnsSubdomain, pathSegment } from "./names.ts";
import { between, exactly, type Fields, formed, oneOf, type Report } from "./schema.ts";

/** kubernetes/kubernetes:plugin/pkg/admission/network/defaultingressclass; nothing but "true" marks the default. */
const DEFAULT_ANNOTATION = "ingressclass.kubernetes.io/is-default-class";

const METADATA = { name: dnsSubdomain, namespaced: false };

const parameters = exactly({
  apiGroup: z
    .string()
    .check(formed("EI2024", "the apiGroup", dnsSubdomain))
    .nullish(),
  kind: z.string().check(formed("EI2024", "the kind", pathSegment)),
  name: z.string().check(formed("EI2024", "the name", pathSegment)),
  scope: oneOf(["Cluster", "Namespace"], "EI2024").nullish(),
  namespace: z
    .string()
    .check(formed("EI2024", "the namespace", dnsLabel))
    .nullish(),
}).check(between(scopeAndNamespace));

const schema = exactly({
  ...objectFields(METADATA),
  spec: exactly({
    controller: z.string().check(formed("EI2023", "the controller", controllerName)),
    parameters: parameters.nullish(),
  }),
});

/** networking.k8s.io/v1 IngressClass; rules as in kubernetes/kubernetes:pkg/apis/networking/validation/validation.go. */
export const ingressClass: Kind<"ingressClasses"> = {
  set: "ingressClasses",
  apiVersion: "networking.k8s.io/v1",
  kind: "IngressClass",
  scoped: true,
  parse: (document) =>
    parseObject(document, schema, METADATA, ({ spec }, { annotations }) => ({
      controller: spec.controller,
      isDefault: annotations[DEFAULT_ANNOTATION] === "true",
    })),
};

function scopeAndNamespace({ scope, namespace }: Fields, report: Report): void {
  const given = namespace !== undefined && namespace !== null;
  if (scope === "Namespace" && !given) {
    report({ code: "EI2024", message: "the namespace is missing, which scope `Namespace` needs", path: [] });
  }
  if (scope !== "Namespace" && given) {
    const message = "the namespace must not be set unless scope is `Namespace`";
    report({ code: "EI2024", message, path: ["namespace"], part: "key" });
  }
}
