import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { diagnose } from "../../diagnostics/report.ts";
import type { RouteRule } from "../../ir/rule.ts";
import { PREFIX } from "./annotations/registry.ts";
import type { ServedResource } from "./dialect.ts";
import { byIngressAge } from "./owner.ts";
import { hostnameOf } from "./rules.ts";

const ALIAS = "server-alias";
/** A name, or all names below one at any depth, as nginx reads `*.x` in `server_name`. */
const NAME = /^(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/;

/**
 * The rules of hosts again, under the further names that `server-alias` of the oldest Ingress with one gives the host; names
 * that are hosts of their own keep their rules (kubernetes/ingress-nginx:internal/ingress/controller/controller.go,
 * createServers). `rules` are all there are.
 */
export function aliasRules(
  all: readonly ServedResource[],
  rules: readonly RouteRule[],
): { readonly rules: readonly RouteRule[]; readonly diagnostics: readonly Diagnostic[] } {
  const byHost = Map.groupBy(rules, ({ hostname }) => hostname);
  const aliased = new Set<string>();
  const named = new Set<string>();
  const found: RouteRule[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const ingress of [...all].sort(byIngressAge)) {
    const value = ingress.metadata.annotations[PREFIX + ALIAS]?.trim() ?? "";
    if (value === "") continue;
    const { namespace, name } = ingress.metadata;
    const at = ingress.locate(["metadata", "annotations", PREFIX + ALIAS], "key");
    const say = (code: "EI4040" | "EI4006", says: string) =>
      diagnostics.push(diagnose(code, at, `Ingress ${namespace}/${name}: ${ALIAS} ${says}`));
    const aliases = value.split(",").map((alias) => alias.trim().toLowerCase());
    const wrong = aliases.findIndex((alias) => !NAME.test(alias));
    if (wrong !== -1) say("EI4006", `has something else than a name as entry ${wrong + 1}`);
    for (const host of new Set(ingress.body.rules.map((rule) => hostnameOf(rule.host)))) {
      if (host === "*") continue;
      if (aliased.has(host)) say("EI4040", `is passed over for ${host}: an older Ingress gives that host its aliases`);
      if (aliased.has(host)) continue;
      aliased.add(host);
      for (const [index, alias] of aliases.entries()) {
        if (!NAME.test(alias)) continue;
        if (byHost.has(alias) || named.has(alias)) {
          say("EI4040", `is passed over in entry ${index + 1}: the name has rules of its own`);
          continue;
        }
        named.add(alias);
        const wildcard = alias.startsWith("*.") ? "any-depth" : "one-label";
        found.push(...(byHost.get(host) ?? []).map((rule): RouteRule => ({ ...rule, hostname: alias, wildcard })));
      }
    }
  }
  return { rules: found, diagnostics };
}
