import * as z from "zod";
import { dnsSubdomain, pathSegment, portName, serviceName } from "./names.ts";
import type { IngressBackend } from "./resource.ts";
import { between, exactly, formed, integer, isMapping, type Report, unlessEmpty } from "./schema.ts";

/** `port.number` 0 is an absent one: its Go field has no pointer. */
const MIN_PORT = 0;
const MAX_PORT = 65_535;

const serviceSchema = exactly({
  name: z
    .string()
    .check(formed("EI2013", "the Service name", unlessEmpty(serviceName)))
    .nullish(),
  port: exactly({
    name: z
      .string()
      .check(formed("EI2017", "the port name", unlessEmpty(portName)))
      .nullish(),
    number: integer(MIN_PORT, MAX_PORT, "EI2016", "the port").nullish(),
  }).nullish(),
}).check(
  between(({ name, port }, report) => {
    if (!name) report({ code: "EI2013", message: "the backend names no Service", path: name === "" ? ["name"] : [] });
    const { name: portName, number } = isMapping(port) ? port : {};
    if (portName && number) {
      report({
        code: "EI2014",
        message: "cannot set both port name & port number",
        path: ["port", "name"],
        part: "key",
      });
    } else if (!portName && !number && (isMapping(port) || !port)) {
      report({ code: "EI2015", message: "port name or number is required", path: ["port"] });
    }
  }),
);

const resourceSchema = exactly({
  apiGroup: z
    .string()
    .check(formed("EI2018", "the apiGroup", dnsSubdomain))
    .nullish(),
  kind: z.string().check(formed("EI2018", "the kind", pathSegment)),
  name: z.string().check(formed("EI2018", "the name", pathSegment)),
});

/** `backend` and `defaultBackend`; validateIngressBackend in kubernetes/kubernetes:pkg/apis/networking/validation. */
export const backendSchema = exactly({ service: serviceSchema.nullish(), resource: resourceSchema.nullish() }).check(
  between(({ service, resource }, report) => {
    if (isSet(service) && isSet(resource)) {
      report({
        code: "EI2011",
        message: "cannot set both resource and service backends",
        path: ["resource"],
        part: "key",
      });
    } else if (!isSet(service) && !isSet(resource)) noBackend(report);
  }),
);

/** Says that there is no backend at `path`. */
export function noBackend(report: Report, path: readonly string[] = []): void {
  report({ code: "EI2012", message: "resource or service backend is required", path });
}

function isSet(field: unknown): boolean {
  return field !== undefined && field !== null;
}

/** The backend of what backendSchema let through. */
export function toBackend({ service, resource }: z.output<typeof backendSchema>): IngressBackend {
  if (resource) {
    return { type: "resource", apiGroup: resource.apiGroup ?? "", kind: resource.kind, name: resource.name };
  }
  const port = { number: service?.port?.number || null, name: service?.port?.name || null };
  return { type: "service", name: service?.name ?? "", port };
}
