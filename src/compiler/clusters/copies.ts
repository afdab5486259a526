import type { AskedService } from "../../table/policies/external-auth.ts";
import type { Template } from "../../table/policies/template.ts";
import { backendName, type ServiceRef } from "../ir/backend.ts";
import type { MergedHost, MergedRule } from "../ir/merge.ts";
import { coversMatch, mayOverlap } from "../policies/path-overlap.ts";
import type { AddressBook } from "./addresses.ts";

/** Whether a copy has the path of its request: another path is another thing to ask of a Service. */
export function hasOwnPath(path: Template): boolean {
  return path.length === 1 && path[0]?.type === "request_uri";
}

/** The Service of a rule that a Service is, where the rule gives it any requests. */
export function ownService({ rule }: MergedRule, service: ServiceRef | null): string | null {
  if (service === null) return null;
  return servicesOf(rule).find((name) => name === backendName(service)) ?? null;
}

/** The Service of a rule that another host's rules give the same requests too; none for rules that write another path. */
export function serviceOfBoth(own: MergedRule, host: MergedHost): string | null {
  const { match } = own.rule;
  const ours = servicesOf(own.rule);
  for (const { rule } of host.rules) {
    if (!mayOverlap(rule.match.path, match.path)) continue;
    const isSamePath = !rule.filters.some(({ type }) => type === "PathRewrite" || type === "RewriteModule");
    const found = isSamePath ? servicesOf(rule).find((name) => ours.includes(name)) : undefined;
    if (found !== undefined) return found;
    if (coversMatch(rule.match, match)) return null;
  }
  return null;
}

/** The Service of a rule that answers at an address of its own, which a URL names. */
export function serviceAt({ rule, scope }: MergedRule, asked: AskedService, addresses: AddressBook): string | null {
  const found = rule.backendRefs.find(
    ({ ref, weight }) =>
      ref.kind === "Service" &&
      weight > 0 &&
      addresses
        .ofService(ref, scope)
        .some(({ endpoints }) =>
          endpoints.some(({ url }) => url.hostname === asked.hostname && url.port === asked.port),
        ),
  );
  return found === undefined ? null : backendName(found.ref);
}

function servicesOf({ backendRefs }: MergedRule["rule"]): readonly string[] {
  return backendRefs.filter(({ weight }) => weight > 0).map(({ ref }) => backendName(ref));
}
