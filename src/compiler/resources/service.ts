import * as z from "zod";
import { type Kind, objectFields, parseObject } from "./kind.ts";
import { loadBalancerAddresses, loadBalancerStatus } from "./load-balancer.ts";
import { dnsLabel, dnsSubdomain, serviceName } from "./names.ts";
import { between, type Fields, formed, integer, isMapping, oneOf, quote, type Report, unlessEmpty } from "./schema.ts";

const TYPES = ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"] as const;

const METADATA = { name: serviceName, namespaced: true };

const port = z.object({
  name: z
    .string()
    .check(formed("EI1220", "the port name", unlessEmpty(dnsLabel)))
    .nullish(),
  port: integer(1, 65_535, "EI1220", "the port"),
});

export const serviceSchema = z.object({
  ...objectFields(METADATA),
  spec: z
    .object({
      type: oneOf(TYPES).nullish(),
      externalName: z
        .string()
        .check(formed("EI1221", "externalName", unlessEmpty(dnsSubdomain)))
        .nullish(),
      ports: z.array(port).nullish(),
    })
    .check(between(hasExternalName), between(portNames)),
  status: loadBalancerStatus,
});

/**
 * v1 Service. Only what routing needs is read and checked, by the rules of
 * kubernetes/kubernetes:pkg/apis/core/validation/validation.go, ValidateService; the rest is the cluster's own.
 */
export const service: Kind<"services"> = {
  set: "services",
  apiVersion: "v1",
  kind: "Service",
  scoped: true,
  parse: (document) =>
    parseObject(document, serviceSchema, METADATA, ({ spec, status }) => ({
      type: spec.type ?? "ClusterIP",
      externalName: spec.externalName || null,
      ports: (spec.ports ?? []).map(({ name, port }) => ({ name: name || null, port })),
      loadBalancer: loadBalancerAddresses(status),
    })),
};

function hasExternalName({ type, externalName }: Fields, report: Report): void {
  if (type === "ExternalName" && !externalName) {
    report({ code: "EI1221", message: "a Service of type ExternalName must have an externalName", path: ["type"] });
  }
}

/** A port is asked for by its name: with more than one, each needs a name of its own. */
function portNames({ ports }: Fields, report: Report): void {
  if (!Array.isArray(ports)) return;
  const seen = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const name = isMapping(port) ? (port.name ?? "") : null;
    if (typeof name !== "string") continue;
    if (name === "" && ports.length > 1) {
      report({ code: "EI1220", message: "a port must have a name where there are several", path: ["ports", index] });
    } else if (seen.has(name)) {
      report({ code: "EI1220", message: `two ports are named ${quote(name)}`, path: ["ports", index, "name"] });
    }
    seen.add(name);
  }
}
