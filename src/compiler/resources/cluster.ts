import { z } from "zod";
import { DEFAULT_CLUSTER } from "../../table/policies/cluster-record.ts";
import { diagnose } from "../diagnostics/report.ts";
import type { SourceDocument } from "../sources/document.ts";
import { parseEndpoint } from "./endpoint.ts";
import { type Kind, objectFields, parseObject } from "./kind.ts";
import { dnsLabel, dnsSubdomain, type Form, portName, serviceName } from "./names.ts";
import type { ClusterBody, EndpointUrl } from "./resource.ts";
import {
  between,
  exactly,
  type Fields,
  formed,
  integer,
  isMapping,
  oneOf,
  quote,
  type Report,
  reportTo,
  rule,
} from "./schema.ts";

/** Where Cloudflare can be asked to put things: developers.cloudflare.com/durable-objects/reference/data-location. */
const REGIONS = ["wnam", "enam", "sam", "weur", "eeur", "apac", "oc", "afr", "me"] as const;

const METADATA = { name: dnsSubdomain, namespaced: false };

const endpoint = z.string().transform((text, context): EndpointUrl => {
  const parsed = parseEndpoint(text);
  if (!("reason" in parsed)) return parsed;
  reportTo(context)({ code: "EI1231", message: `the endpoint ${parsed.reason}` });
  return z.NEVER;
});

const notEmpty: Form = (text) => (text.trim() === "" ? "must not be empty" : null);
const place: Form = (text) =>
  /^[A-Z]{2,3}$/.test(text) ? null : "must be a country, continent or airport code in capitals";
const duration: Form = (text) =>
  /^[1-9]\d*(ms|s|m|h)$/.test(text) ? null : "must be a number and a unit, as in 500ms, 10s or 1m";
const absolute: Form = (text) => (/^\/[^\s#]*$/.test(text) ? null : "must begin with '/' and have no space or '#'");

const malformed = (what: string, form: Form) => formed("EI1237", what, form);

const via = exactly({
  vpcService: z.string().check(malformed("the VPC service", notEmpty)).nullish(),
  vpcNetwork: z.string().check(malformed("the VPC network", notEmpty)).nullish(),
}).check(between(oneWay));

const serviceEntry = exactly({
  namespace: z.string().check(formed("EI1235", "the namespace", dnsLabel)),
  name: z.string().check(formed("EI1235", "the Service name", serviceName)),
  port: z.union([z.number(), z.string()]).check(rule(portRule)).nullish(),
  endpoint,
});

const healthCheck = exactly({
  path: z.string().check(malformed("the path", absolute)).nullish(),
  interval: z.string().check(malformed("the interval", duration)).nullish(),
  timeout: z.string().check(malformed("the timeout", duration)).nullish(),
  healthyThreshold: integer(1, 100, "EI1233", "the threshold").nullish(),
  unhealthyThreshold: integer(1, 100, "EI1233", "the threshold").nullish(),
  expectedStatus: z.array(z.union([z.number(), z.string()]).check(rule(statusRule))).nullish(),
});

const schema = exactly({
  ...objectFields(METADATA),
  spec: exactly({
    endpoint: endpoint.nullish(),
    via: via.nullish(),
    host: oneOf(["client", "endpoint"]).nullish(),
    region: oneOf(REGIONS).nullish(),
    near: z.array(z.string().check(malformed("the place", place))).nullish(),
    weight: integer(0, 65_535, "EI1233", "the weight").nullish(),
    services: z.array(serviceEntry).nullish(),
    manifests: z.array(z.string().check(malformed("the path", notEmpty))).nullish(),
    healthCheck: healthCheck.nullish(),
  }).check(between(serviceNeedsEndpoint), between(distinctServices)),
});

/** edge-ingress.dev/v1alpha1 Cluster. Its namespace, region, near and healthCheck are read but change nothing yet. */
export const cluster: Kind<"clusters"> = {
  set: "clusters",
  apiVersion: "edge-ingress.dev/v1alpha1",
  kind: "Cluster",
  scoped: false,
  parse(document) {
    const parsed = parseObject(document, schema, METADATA, toBody);
    return { ...parsed, diagnostics: [...parsed.diagnostics, ...withoutEffect(document)] };
  },
};

function oneWay({ vpcService, vpcNetwork }: Fields, report: Report): void {
  const ways = [vpcService, vpcNetwork].filter((way) => way !== undefined && way !== null);
  if (ways.length !== 1) {
    report({
      code: "EI1232",
      message: `via must have exactly one of vpcService and vpcNetwork, not ${ways.length || "none"}`,
    });
  }
}

function portRule(port: number | string, report: Report): void {
  if (typeof port === "string") {
    const reason = portName(port);
    if (reason !== null) report({ code: "EI1235", message: `the port name ${quote(port)} ${reason}` });
  } else if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    report({ code: "EI1235", message: `the port ${port} must be a whole number from 1 to 65535` });
  }
}

/** A status, or a range of them: `200`, `"200-399"`. */
function statusRule(written: number | string, report: Report): void {
  const [from, to = from] = String(written).split("-", 2);
  const valid = [from, to].every((status) => /^[1-5]\d\d$/.test(status ?? "")) && Number(from) <= Number(to);
  if (valid && String(written).split("-").length <= 2) return;
  report({
    code: "EI1237",
    message: `the status ${quote(String(written))} must be one from 100 to 599, or a range as in 200-399`,
  });
}

/** A VPC service leads to one address, the endpoint's: without it, traffic meant to be private would go elsewhere. */
function serviceNeedsEndpoint({ via, endpoint }: Fields, report: Report): void {
  if (isMapping(via) && via.vpcService && (endpoint === undefined || endpoint === null)) {
    const message = "via.vpcService leads to the endpoint, but the Cluster has no endpoint";
    report({ code: "EI1238", message, path: ["via", "vpcService"], part: "key" });
  }
}

/** An entry without a port is for all ports of its Service, so it leaves none to another entry. */
function distinctServices({ services }: Fields, report: Report): void {
  if (!Array.isArray(services)) return;
  const seen = new Map<string, Set<unknown>>();
  for (const [index, entry] of services.entries()) {
    if (!isMapping(entry) || typeof entry.namespace !== "string" || typeof entry.name !== "string") continue;
    const service = `${entry.namespace}/${entry.name}`;
    const port = entry.port ?? null;
    const ports = seen.get(service) ?? new Set();
    if (ports.has(port) || ports.has(null) || (port === null && ports.size > 0)) {
      const message = `two entries are for the same port of Service ${quote(service)}`;
      report({ code: "EI1236", message, path: ["services", index] });
    }
    seen.set(service, ports.add(port));
  }
}

const WITHOUT_EFFECT = ["region", "near", "healthCheck"] as const;

function withoutEffect(document: SourceDocument) {
  const spec = isMapping(document.value) ? document.value.spec : null;
  if (!isMapping(spec)) return [];
  return WITHOUT_EFFECT.filter((field) => spec[field] !== undefined && spec[field] !== null).map((field) =>
    diagnose("EI1234", document.locate(["spec", field], "key"), `spec.${field} has no effect in this version`),
  );
}

function toBody({ spec }: z.output<typeof schema>): ClusterBody {
  return {
    endpoint: spec.endpoint ?? null,
    via: toVia(spec.via),
    host: spec.host ?? "client",
    weight: spec.weight ?? 100,
    services: (spec.services ?? []).map(({ namespace, name, port, endpoint }) => ({
      namespace,
      name,
      port: port ?? null,
      endpoint,
    })),
    manifests: spec.manifests ?? [],
    upstream: DEFAULT_CLUSTER,
  };
}

function toVia(written: z.output<typeof via> | null | undefined): ClusterBody["via"] {
  if (written?.vpcService) return { vpcService: written.vpcService };
  return written?.vpcNetwork ? { vpcNetwork: written.vpcNetwork } : null;
}
