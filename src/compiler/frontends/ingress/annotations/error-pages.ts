import type { ErrorPagesFilter } from "../../../ir/filters/error-pages.ts";
import { overlaps } from "../../../ir/scope.ts";
import type { Unreadable } from "../../../resources/templates.ts";
import type { FamilyContext, FilterOf } from "./entry.ts";
import type { FamilyValues } from "./family-values.ts";

interface Named {
  readonly name: string;
  readonly filter: FilterOf<ErrorPagesFilter>;
}

/** `default-backend` and `custom-http-errors`; null without them, or where there is nobody to ask. */
export function readErrorPages(
  values: FamilyValues,
  { ingress, resources, defaultService }: FamilyContext,
): Named | null {
  const statuses = values.get("custom-http-errors", statusesOf) ?? [];
  const intercepts = values.boolean("disable-proxy-intercept-errors", false) === false;
  const service = values.values.get("default-backend") ?? "";
  const { namespace } = ingress.metadata;
  const report = (name: string, why: string, fix: string) => {
    values.findings.push({ name, code: "EI4002", says: `is not honoured: ${why}`, fix });
    return null;
  };
  if (service === "") {
    if (statuses.length === 0) return null;
    // The controller's own, which takes no request that a Service can't be sent (controller.go, `upstream-default-backend`).
    if (defaultService !== null)
      return pagesOf("custom-http-errors", defaultService, { statuses, intercepts, standsIn: false });
    const why = "there is neither default-backend nor --default-backend, which would answer in the place of errors";
    const fix =
      "Name a Service by default-backend, or by --default-backend the one of the controller's --default-backend-service; a controller without that answers 404.";
    return report("custom-http-errors", why, fix);
  }
  const found = resources.services.find(
    ({ metadata, scope }) =>
      metadata.namespace === namespace && metadata.name === service && overlaps(scope, ingress.scope),
  );
  const port = found?.body.ports[0]?.port;
  if (port === undefined) {
    const why = found === undefined ? "its Service is not among the manifests" : "its Service has no port";
    return report("default-backend", why, "Put the Service among the manifests: its first port is asked.");
  }
  const ref = { kind: "Service", namespace, name: service, port } as const;
  return pagesOf("default-backend", ref, { statuses, intercepts, standsIn: true });
}

function pagesOf(name: string, service: ErrorPagesFilter["service"], pages: ErrorPagesFilter["pages"]): Named {
  return { name, filter: { type: "ErrorPages", service, pages, besidesIngress: true } };
}

function statusesOf(value: string): readonly number[] | Unreadable {
  const written = value.split(",").map((each) => each.trim());
  if (written.some((each) => !/^[45]\d\d$/.test(each))) return { problem: "is not a list of statuses from 400 to 599" };
  return [...new Set(written.map(Number))].sort((a, b) => a - b);
}
