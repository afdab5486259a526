import * as z from "zod";
import { backendSchema, noBackend, toBackend } from "./ingress-backend.ts";
import { type Kind, objectFields, parseObject } from "./kind.ts";
import { loadBalancerAddresses, loadBalancerStatus } from "./load-balancer.ts";
import { dnsSubdomain, hostname, isIpAddress, wildcardHostname } from "./names.ts";
import type { IngressBody, IngressPath } from "./resource.ts";
import {
  between,
  exactly,
  type Fields,
  formed,
  isMapping,
  oneOf,
  quote,
  type Report,
  rule,
  unlessEmpty,
} from "./schema.ts";

/** The annotation that named the class before `spec.ingressClassName` existed. */
const CLASS_ANNOTATION = "kubernetes.io/ingress.class";

const PATH_TYPES = ["Exact", "Prefix", "ImplementationSpecific"] as const;
const FORBIDDEN_IN_PATHS = ["//", "/./", "/../", "%2f", "%2F"];
const FORBIDDEN_AT_ENDS = ["/..", "/."];

const METADATA = { name: dnsSubdomain, namespaced: true };

const pathSchema = exactly({
  path: z.string().nullish(),
  pathType: oneOf(PATH_TYPES, "EI2007").nullish(),
  backend: backendSchema.nullish(),
}).check(between(pathRules));

const tlsSchema = exactly({
  hosts: z.array(z.string().check(rule(tlsHostRule))).nullish(),
  secretName: z
    .string()
    .check(formed("EI2020", "the Secret name", unlessEmpty(dnsSubdomain)))
    .nullish(),
});

const ruleSchema = exactly({
  host: z.string().check(rule(hostRules)).nullish(),
  http: exactly({ paths: z.array(pathSchema).nullish() })
    .check(between(hasPaths))
    .nullish(),
});

const specSchema = exactly({
  ingressClassName: z
    .string()
    .check(formed("EI2021", "ingressClassName", dnsSubdomain))
    .nullish(),
  defaultBackend: backendSchema.nullish(),
  rules: z.array(ruleSchema).nullish(),
  tls: z.array(tlsSchema).nullish(),
});

export const ingressSchema = exactly({
  ...objectFields(METADATA),
  spec: specSchema.nullish(),
  status: loadBalancerStatus,
}).check(between(hasRules), between(oneClass));

/**
 * networking.k8s.io/v1 Ingress. What the API server rejects when such an object is made is an error here, with its
 * words where they are clear: kubernetes/kubernetes:pkg/apis/networking/validation/validation.go.
 */
export const ingress: Kind<"ingresses"> = {
  set: "ingresses",
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  scoped: true,
  parse: (document) => parseObject(document, ingressSchema, METADATA, toBody),
};

function hasRules({ spec }: Fields, report: Report): void {
  if (spec !== undefined && spec !== null && !isMapping(spec)) return;
  const { defaultBackend, rules } = spec ?? {};
  const noRules = rules === undefined || rules === null || (Array.isArray(rules) && rules.length === 0);
  if (noRules && (defaultBackend === undefined || defaultBackend === null)) {
    report({ code: "EI2001", message: "either `defaultBackend` or `rules` must be specified", path: ["spec"] });
  }
}

/** Equal texts are let through, as today's API server does; older ones refused both together whatever they said. */
function oneClass({ metadata, spec }: Fields, report: Report): void {
  if (!isMapping(metadata) || !isMapping(metadata.annotations) || !isMapping(spec)) return;
  const annotated = metadata.annotations[CLASS_ANNOTATION];
  const named = spec.ingressClassName;
  if (typeof annotated !== "string" || typeof named !== "string" || annotated === named) return;
  report({
    code: "EI2022",
    message: `the annotation ${CLASS_ANNOTATION} says ${quote(annotated)}, but ingressClassName ${quote(named)}`,
    path: ["metadata", "annotations", CLASS_ANNOTATION],
  });
}

function hostRules(host: string, report: Report): void {
  if (host === "") return;
  if (isIpAddress(host)) {
    report({ code: "EI2002", message: `host ${quote(host)} must be a DNS name, not an IP address` });
  } else if (host.includes("*")) {
    const reason = wildcardHostname(host);
    if (reason !== null) report({ code: "EI2004", message: `wildcard host ${quote(host)} ${reason}` });
  } else {
    const reason = hostname(host);
    if (reason !== null) report({ code: "EI2003", message: `host ${quote(host)} ${reason}`, ...lowerCased(host) });
  }
}

function tlsHostRule(host: string, report: Report): void {
  const reason = host.includes("*") ? wildcardHostname(host) : hostname(host);
  if (reason !== null) report({ code: "EI2019", message: `TLS host ${quote(host)} ${reason}`, ...lowerCased(host) });
}

function lowerCased(host: string): { fix?: string } {
  const lower = host.toLowerCase();
  return lower !== host && hostname(lower) === null ? { fix: `Write ${lower}.` } : {};
}

function hasPaths({ paths }: Fields, report: Report): void {
  if (paths === undefined || paths === null || (Array.isArray(paths) && paths.length === 0)) {
    report({ code: "EI2005", message: "`http` must have at least one path", path: ["paths"] });
  }
}

function pathRules({ path, pathType, backend }: Fields, report: Report): void {
  if (pathType === undefined || pathType === null) {
    report({ code: "EI2006", message: "pathType must be specified", path: ["pathType"] });
  }
  if (backend === undefined || backend === null) noBackend(report, ["backend"]);
  const text = path ?? "";
  if (typeof text !== "string") return;
  if (pathType === "Exact" || pathType === "Prefix") {
    if (!text.startsWith("/")) notAbsolute(text, report);
    for (const sequence of FORBIDDEN_IN_PATHS) {
      if (text.includes(sequence)) {
        report({ code: "EI2009", message: `path ${quote(text)} must not contain '${sequence}'`, path: ["path"] });
      }
    }
    for (const end of FORBIDDEN_AT_ENDS) {
      if (text.endsWith(end)) {
        report({ code: "EI2010", message: `path ${quote(text)} cannot end with '${end}'`, path: ["path"] });
      }
    }
  } else if (pathType === "ImplementationSpecific" && text !== "" && !text.startsWith("/")) notAbsolute(text, report);
}

function notAbsolute(text: string, report: Report): void {
  report({ code: "EI2008", message: `path ${quote(text)} must be absolute: it must begin with '/'`, path: ["path"] });
}

function toBody({ spec, status }: z.output<typeof ingressSchema>): IngressBody {
  return {
    ingressClassName: spec?.ingressClassName ?? null,
    defaultBackend: spec?.defaultBackend ? toBackend(spec.defaultBackend) : null,
    rules: (spec?.rules ?? []).map(({ host, http }) => ({
      host: host || null,
      paths: http ? (http.paths ?? []).flatMap(toPath) : null,
    })),
    tls: (spec?.tls ?? []).map(({ hosts, secretName }) => ({ hosts: hosts ?? [], secretName: secretName || null })),
    loadBalancer: loadBalancerAddresses(status),
  };
}

function toPath({ path, pathType, backend }: z.output<typeof pathSchema>): IngressPath[] {
  return pathType && backend ? [{ path: path ?? "", pathType, backend: toBackend(backend) }] : [];
}
