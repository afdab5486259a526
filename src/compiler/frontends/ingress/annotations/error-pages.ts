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
export function readErrorPages(values: FamilyValues, { ingress, resources }: FamilyContext): Named | null {
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
    const why = "there is no default-backend that would answer in the place of errors";
    return report("custom-http-errors", why, "Name a Service of the Ingress's namespace by default-backend.");
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
  return {
    name: "default-backend",
    filter: {
      type: "ErrorPages",
      service: { kind: "Service", namespace, name: service, port },
      pages: { statuses, intercepts, standsIn: true },
      besidesIngress: true,
    },
  };
}

function statusesOf(value: string): readonly number[] | Unreadable {
  const written = value.split(",").map((each) => each.trim());
  if (written.some((each) => !/^[45]\d\d$/.test(each))) return { problem: "is not a list of statuses from 400 to 599" };
  return [...new Set(written.map(Number))].sort((a, b) => a - b);
}
