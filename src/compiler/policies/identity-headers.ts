import { CERTIFICATE_HEADERS } from "../../table/policies/client-certificate.ts";
import type { RulePolicies } from "../../table/policies/rule-policies.ts";
import { byText } from "../by-text.ts";
import type { ResolvedRule, VirtualHost } from "../ir/router.ts";
import { identityHeader } from "../resources/identity-header.ts";

/** The headers by which the checks of a rule tell its clusters who sends a request. A check that has some is a line here. */
function toldBy({ jwt, apiKey, externalAuth, oidc, basicAuth, clientCertificate }: RulePolicies): readonly string[] {
  const claims = [
    ...(jwt?.providers.flatMap(({ claimsToHeaders }) => claimsToHeaders) ?? []),
    ...(oidc?.claimsToHeaders ?? []),
  ];
  // Where another check reads it, what a client sends has been checked.
  const isChecked = jwt !== null || basicAuth !== null || apiKey !== null;
  const told = [
    ...claims.map(({ header }) => header),
    apiKey?.ownerHeader ?? "",
    ...(externalAuth?.responseHeaders ?? []),
    oidc?.forwardAccessToken && !isChecked ? "authorization" : "",
    ...(clientCertificate === null ? [] : [...CERTIFICATE_HEADERS, "ssl-client-cert", "client-cert"]),
  ];
  return told.filter((name) => name !== "").map((name) => name.toLowerCase());
}

/**
 * Gives each rule the identity headers of all rules that lead to the same namespace. A Service behind a guard is often
 * reached without it too, by another host or a public path, and believes the header there as well. What says something
 * else too, as Authorization, stays with the rules that set it: elsewhere it is the client's to send.
 */
export function withIdentityHeaders(hosts: readonly VirtualHost[]): readonly VirtualHost[] {
  const rules = hosts.flatMap((host) => host.rules);
  const byNamespace = new Map<string, Set<string>>();
  for (const rule of rules) {
    const names = toldBy(rule.policies).filter((name) => identityHeader(name) === null || ofCertificates(name));
    if (names.length === 0) continue;
    for (const namespace of namespacesOf(rule)) {
      byNamespace.set(namespace, new Set([...(byNamespace.get(namespace) ?? []), ...names]));
    }
  }
  return hosts.map((host) => ({ ...host, rules: host.rules.map((rule) => withNames(rule, byNamespace)) }));
}

/** Nobody but the edge has any business to send these. */
const ofCertificates = (name: string) => name.startsWith("ssl-client-") || name === "client-cert";

function withNames(rule: ResolvedRule, byNamespace: ReadonlyMap<string, ReadonlySet<string>>): ResolvedRule {
  const ofNamespaces = namespacesOf(rule).flatMap((namespace) => [...(byNamespace.get(namespace) ?? [])]);
  const names = new Set([...ofNamespaces, ...toldBy(rule.policies)]);
  if (names.size === 0) return rule;
  return { ...rule, policies: { ...rule.policies, identityHeaders: [...names].sort(byText) } };
}

function namespacesOf({ backends }: ResolvedRule): string[] {
  return [...new Set(backends.map(({ ref }) => ref.namespace))];
}
