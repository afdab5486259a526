import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { diagnose } from "../../diagnostics/report.ts";
import type { Dialect } from "../../ir/dialect.ts";
import { overlaps } from "../../ir/scope.ts";
import type { IngressBody, IngressClassBody, Resource } from "../../resources/resource.ts";
import { PREFIX } from "./annotations/registry.ts";

/** `spec.controller` of the IngressClasses of ingress-nginx. */
export const NGINX_CONTROLLER = "k8s.io/ingress-nginx";

/** The class that ingress-nginx takes for its own where no IngressClass says more (`--ingress-class` of its controller). */
const NGINX_CLASS = "nginx";

/** An Ingress that this edge serves, with whose habits it counts on. */
export interface ServedResource extends Resource<IngressBody> {
  readonly dialect: Dialect;
}

/**
 * The dialect of an Ingress of these classes; none where it has none. The IngressClasses of its clusters decide by their
 * controller, one of ingress-nginx's among them is enough; where no class of that name is among the manifests, the name
 * `nginx` decides. Annotations do not: they are honoured in either dialect.
 */
export function dialectOf(
  names: readonly string[],
  ingress: Resource<IngressBody>,
  classes: readonly Resource<IngressClassBody>[],
): Dialect {
  const controllers = classes
    .filter(({ metadata, scope }) => names.includes(metadata.name) && overlaps(scope, ingress.scope))
    .map(({ body }) => body.controller);
  const isNginx = controllers.length > 0 ? controllers.includes(NGINX_CONTROLLER) : names.includes(NGINX_CLASS);
  return isNginx ? "ingress-nginx" : "kubernetes";
}

/**
 * Ingresses with `tls` whose annotations say that ingress-nginx serves them, and whose class does not: one report for all.
 * Where there is `tls`, the habits matter most: without them http goes on.
 */
export function reportUnclear(served: readonly ServedResource[], flag: Dialect | null): readonly Diagnostic[] {
  if (flag !== null) return [];
  const found = served.flatMap(({ metadata, body, locate, dialect }) => {
    const key = Object.keys(metadata.annotations).find((name) => name.startsWith(PREFIX));
    return key === undefined || body.tls.length === 0 || dialect === "ingress-nginx"
      ? []
      : [locate(["metadata", "annotations", key], "key")];
  });
  const [first] = found;
  if (first === undefined) return [];
  const who = found.length === 1 ? "1 Ingress has" : `${found.length} Ingresses have`;
  return [
    diagnose(
      "EI2062",
      first,
      `${who} tls and annotations of ingress-nginx, and nothing says that its habits hold there`,
    ),
  ];
}
