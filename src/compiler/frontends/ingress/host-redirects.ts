import type { Template, Variable } from "../../../table/policies/template.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { diagnose } from "../../diagnostics/report.ts";
import { pathOnly } from "../../ir/match.ts";
import { byAge } from "../../ir/order.ts";
import type { RouteRule } from "../../ir/rule.ts";
import { TRUE } from "./annotations/entry.ts";
import { PREFIX } from "./annotations/registry.ts";
import type { ServedResource } from "./dialect.ts";
import { sourceOf } from "./https.ts";
import { hostnameOf } from "./rules.ts";
import { isOfServer } from "./server-snippets.ts";

const WWW = "from-to-www-redirect";

/** The rules of an Ingress. */
export interface IngressRules {
  readonly ingress: ServedResource;
  readonly rules: readonly RouteRule[];
  /** Those whose path was written with a `/` at its end, with that path in the form of requests. */
  readonly slashed: ReadonlyMap<RouteRule, string>;
}

/**
 * A path written `/x/` answers `/x` with 301, where no rule of the host takes `/x` itself: nginx does so for locations
 * with `proxy_pass` (nginx/nginx:src/http/ngx_http_core_module.c, `auto_redirect`), before anything else of the location.
 * Not on hosts whose paths are regular expressions. `isRelative`: `relative-redirects` holds for it.
 */
export function trailingSlashRedirects(
  all: readonly IngressRules[],
  isRelative: (ingress: ServedResource) => boolean,
): readonly RouteRule[] {
  const written = all.flatMap(({ ingress, rules, slashed }) => {
    const isNginx = ingress.dialect === "ingress-nginx";
    return rules.filter((rule) => rule.role === "rule" && !(isNginx && slashed.has(rule)));
  });
  const isRegex = new Set(written.filter(({ match }) => match.path.type === "RegularExpression").map(hostnameOfRule));
  const taken = new Set(written.map(({ hostname, match }) => key(hostname, match.path.value)));
  const found: RouteRule[] = [];
  for (const { ingress, slashed } of [...all].sort(byRuleAge)) {
    if (ingress.dialect !== "ingress-nginx") continue;
    for (const [rule, path] of slashed) {
      const without = path.slice(0, -1);
      if (isRegex.has(rule.hostname) || taken.has(key(rule.hostname, without))) continue;
      taken.add(key(rule.hostname, without));
      const here = isRelative(ingress) ? [] : [variable("scheme"), text("://"), variable("host")];
      const location = [...here, text(path), variable("is_args"), variable("args")];
      const redirect = { only: "always", status: 301, location, cutSlash: false } as const;
      const kept = rule.filters.filter((each) => each.type === "StrictTransportSecurity" || isOfServer(each));
      found.push({
        ...rule,
        match: pathOnly({ type: "Exact", value: without }),
        policies: [],
        filters: [{ type: "RequestRedirect", redirect, ...sourceOf(ingress) }, ...kept],
      });
    }
  }
  return found;
}

/** `www.x` leads to `x`, or the reverse, where that is no host of its own (template.go, nginx.tmpl: RedirectServers). */
export function wwwRedirects(
  all: readonly IngressRules[],
  status: (ingress: ServedResource) => number,
): { readonly rules: readonly RouteRule[]; readonly diagnostics: readonly Diagnostic[] } {
  const hosts = new Set(all.flatMap(({ ingress }) => ingress.body.rules.map(({ host }) => hostnameOf(host))));
  const found = new Map<string, RouteRule>();
  const diagnostics: Diagnostic[] = [];
  for (const { ingress, rules } of [...all].sort(byRuleAge)) {
    const name = PREFIX + WWW;
    if (!TRUE.includes(ingress.metadata.annotations[name]?.trim() ?? "")) continue;
    const at = ingress.locate(["metadata", "annotations", name], "key");
    const { namespace, name: own } = ingress.metadata;
    for (const rule of firstOfHosts(rules)) {
      const from = rule.hostname.startsWith("www.") ? rule.hostname.slice(4) : `www.${rule.hostname}`;
      if (found.has(from)) continue;
      if (hosts.has(from)) {
        const says = `Ingress ${namespace}/${own}: ${WWW} does nothing for ${from}, which has rules of its own`;
        diagnostics.push(diagnose("EI4040", at, says));
        continue;
      }
      const start = [variable("pass_access_scheme"), text(`://${rule.hostname}:`), variable("redirect_port")];
      const location = [...start, variable("request_uri")];
      const redirect = { only: "always", status: status(ingress), location, cutSlash: true } as const;
      found.set(from, {
        ...rule,
        hostname: from,
        match: pathOnly({ type: "PathPrefix", value: "/" }),
        policies: [],
        filters: [
          {
            type: "RequestRedirect",
            redirect,
            from: `${WWW} of Ingress ${namespace}/${own}`,
            at,
            besidesIngress: false,
          },
        ],
        at,
      });
    }
  }
  return { rules: [...found.values()], diagnostics };
}

/** One rule for each name that can have a `www.` before it. */
function firstOfHosts(rules: readonly RouteRule[]): readonly RouteRule[] {
  const written = rules.filter(({ role, hostname }) => role === "rule" && !hostname.startsWith("*"));
  return [...new Map([...written].reverse().map((rule) => [rule.hostname, rule])).values()].reverse();
}

/** Older Ingresses first; those without rules last. */
export function byRuleAge({ rules: [a] }: IngressRules, { rules: [b] }: IngressRules): number {
  return a === undefined || b === undefined
    ? Number(a === undefined) - Number(b === undefined)
    : byAge(a.owner, b.owner);
}

const hostnameOfRule = ({ hostname }: RouteRule) => hostname;

const key = (hostname: string, path: string) => `${hostname} ${path}`;

function text(value: string): Template[number] {
  return { type: "text", value };
}

function variable(type: Variable): Template[number] {
  return { type, value: "" };
}
