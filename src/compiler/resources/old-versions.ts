import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnose } from "../diagnostics/report.ts";
import type { SourceDocument, ValuePath } from "../sources/document.ts";
import { isMapping } from "./schema.ts";

const OLD: ReadonlyMap<string, readonly string[]> = new Map([
  ["Ingress", ["extensions/v1beta1", "networking.k8s.io/v1beta1"]],
  ["IngressClass", ["networking.k8s.io/v1beta1"]],
]);
const NOW = "networking.k8s.io/v1";

/**
 * An Ingress or IngressClass of a version that Kubernetes 1.22 took away, as today's version has it; null for any other
 * document. The fields that have other names are those of the backend, and paths without a type were
 * ImplementationSpecific (kubernetes/kubernetes:pkg/apis/networking/v1beta1/conversion.go and defaults.go).
 */
export function modernised(document: SourceDocument): { document: SourceDocument; diagnostic: Diagnostic } | null {
  const { value } = document;
  if (!isMapping(value)) return null;
  const { apiVersion, kind } = value;
  if (typeof apiVersion !== "string" || typeof kind !== "string") return null;
  if (OLD.get(kind)?.includes(apiVersion) !== true) return null;
  const says = `${apiVersion} ${kind} is a version that Kubernetes no longer serves: it is read as ${NOW}`;
  const at = document.locate(["apiVersion"]);
  // The fields of an Ingress have other names too: that is more than one text.
  const edit = { at, from: apiVersion, to: NOW };
  const more = kind === "Ingress" ? {} : { edit, fix: `Write \`apiVersion: ${NOW}\`.` };
  const diagnostic = diagnose("EI1222", at, says, more);
  const spec = kind === "Ingress" && isMapping(value.spec) ? { spec: specOf(value.spec) } : {};
  return {
    diagnostic,
    document: {
      file: document.file,
      value: { ...value, apiVersion: NOW, ...spec },
      locate: (path, part) => document.locate(kind === "Ingress" ? oldPath(path) : path, part),
    },
  };
}

type Mapping = Readonly<Record<string, unknown>>;

function specOf({ backend, ...spec }: Mapping): Mapping {
  const isOld = backend !== undefined && spec.defaultBackend === undefined;
  return {
    ...spec,
    ...(isOld && { defaultBackend: backendOf(backend) }),
    ...(!isOld && backend !== undefined && { backend }),
    ...(Array.isArray(spec.rules) && { rules: spec.rules.map(ruleOf) }),
  };
}

function ruleOf(rule: unknown): unknown {
  if (!isMapping(rule) || !isMapping(rule.http) || !Array.isArray(rule.http.paths)) return rule;
  return { ...rule, http: { ...rule.http, paths: rule.http.paths.map(pathOf) } };
}

function pathOf(path: unknown): unknown {
  if (!isMapping(path)) return path;
  const { pathType, backend } = path;
  return {
    ...path,
    pathType: pathType === undefined || pathType === null ? "ImplementationSpecific" : pathType,
    ...(backend !== undefined && { backend: backendOf(backend) }),
  };
}

function backendOf(backend: unknown): unknown {
  if (!isMapping(backend)) return backend;
  const { serviceName, servicePort, ...others } = backend;
  if (serviceName === undefined && servicePort === undefined) return backend;
  const port = typeof servicePort === "string" ? { name: servicePort } : { number: servicePort };
  return { ...others, service: { name: serviceName, ...(servicePort !== undefined && { port }) } };
}

/** Where today's field stands in the old manifest. */
function oldPath(path: ValuePath): ValuePath {
  const isDefault = path[0] === "spec" && path[1] === "defaultBackend";
  const at = isDefault ? 1 : path.indexOf("backend");
  if (at < 0 || path[0] !== "spec") return path;
  const [field, part] = path.slice(at + 1);
  const start = [...path.slice(0, at), "backend"];
  if (field !== "service") return [...start, ...path.slice(at + 1)];
  return [...start, part === "port" ? "servicePort" : "serviceName"];
}
