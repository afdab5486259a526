import * as z from "zod";
import { DEFAULT_CIRCUIT_BREAKER } from "../../table/policies/circuit-breaker.ts";
import { DEFAULT_CLUSTER } from "../../table/policies/cluster-record.ts";
import { REGIONS } from "../../table/policies/health-check.ts";
import { clusterWarnings } from "./cluster-warnings.ts";
import { duration } from "./durations.ts";
import { parseEndpoint } from "./endpoint.ts";
import { healthCheck } from "./health-check.ts";
import { type Kind, objectFields, parseObject } from "./kind.ts";
import { dnsLabel, dnsSubdomain, type Form, portName, serviceName } from "./names.ts";
import { originSecret } from "./origin-secret.ts";
import { outlierDetection } from "./outlier-detection.ts";
import { place } from "./places.ts";
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

const METADATA = { name: dnsSubdomain, namespaced: false };

const endpoint = z.string().transform((text, context): EndpointUrl => {
  const parsed = parseEndpoint(text);
  if (!("reason" in parsed)) return parsed;
  reportTo(context)({ code: "EI1231", message: `the endpoint ${parsed.reason}` });
  return z.NEVER;
});

const notEmpty: Form = (text) => (text.trim() === "" ? "must not be empty" : null);
/** Standard input has no place of its own, by which its objects could be told to be this cluster's. */
const manifestPath: Form = (text) =>
  text === "-" ? "must not be standard input: give that with -f -" : notEmpty(text);
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
  healthCheck: healthCheck.nullish(),
});

const circuitBreaker = exactly({
  maxPendingRequests: integer(0, 1_000_000, "EI1233", "maxPendingRequests").nullish(),
  maxRequests: integer(0, 1_000_000, "EI1233", "maxRequests").nullish(),
});

const slowStart = exactly({ window: duration("the window", { least: 1000, most: 900_000, orZero: true }) });

export const clusterSchema = exactly({
  ...objectFields(METADATA),
  spec: exactly({
    endpoint: endpoint.nullish(),
    via: via.nullish(),
    host: oneOf(["client", "endpoint"]).nullish(),
    region: oneOf(REGIONS).nullish(),
    near: z.array(place).nullish(),
    priority: integer(0, 15, "EI1233", "the priority").nullish(),
    drain: z.boolean().nullish(),
    weight: integer(0, 65_535, "EI1233", "the weight").nullish(),
    services: z.array(serviceEntry).nullish(),
    manifests: z.array(z.string().check(malformed("the path", manifestPath))).nullish(),
    healthCheck: healthCheck.nullish(),
    outlierDetection: outlierDetection.nullish(),
    circuitBreaker: circuitBreaker.nullish(),
    slowStart: slowStart.nullish(),
    originSecret: originSecret.optional(),
  }).check(between(serviceNeedsEndpoint), between(distinctServices)),
});

/** edge-ingress.dev/v1alpha1 Cluster. */
export const cluster: Kind<"clusters"> = {
  set: "clusters",
  apiVersion: "edge-ingress.dev/v1alpha1",
  kind: "Cluster",
  scoped: false,
  parse(document) {
    const parsed = parseObject(document, clusterSchema, METADATA, toBody);
    if (parsed.value === null) return parsed;
    return { ...parsed, diagnostics: [...parsed.diagnostics, ...clusterWarnings(document, parsed.value.body)] };
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

function toBody({ spec }: z.output<typeof clusterSchema>): ClusterBody {
  return {
    endpoint: spec.endpoint ?? null,
    via: toVia(spec.via),
    host: spec.host ?? "client",
    weight: spec.weight ?? 100,
    services: (spec.services ?? []).map(({ namespace, name, port, endpoint, healthCheck }) => ({
      namespace,
      name,
      port: port ?? null,
      endpoint,
      healthCheck: healthCheck ?? null,
    })),
    manifests: spec.manifests ?? [],
    upstream: toUpstream(spec),
  };
}

function toUpstream(spec: z.output<typeof clusterSchema>["spec"]): ClusterBody["upstream"] {
  return {
    region: spec.region ?? null,
    near: spec.near ?? [],
    priority: spec.priority ?? DEFAULT_CLUSTER.priority,
    drain: spec.drain === true || spec.weight === 0,
    healthCheck: spec.healthCheck ?? null,
    outlierDetection: spec.outlierDetection ?? DEFAULT_CLUSTER.outlierDetection,
    circuitBreaker: {
      maxPendingRequests: spec.circuitBreaker?.maxPendingRequests ?? DEFAULT_CIRCUIT_BREAKER.maxPendingRequests,
      maxRequests: spec.circuitBreaker?.maxRequests ?? DEFAULT_CIRCUIT_BREAKER.maxRequests,
    },
    slowStart: spec.slowStart?.window ?? DEFAULT_CLUSTER.slowStart,
    originSecret: spec.originSecret ?? null,
  };
}

function toVia(written: z.output<typeof via> | null | undefined): ClusterBody["via"] {
  if (written?.vpcService) return { vpcService: written.vpcService };
  return written?.vpcNetwork ? { vpcNetwork: written.vpcNetwork } : null;
}
