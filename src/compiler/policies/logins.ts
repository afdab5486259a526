import type { Oidc } from "../../table/policies/oidc.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnose } from "../diagnostics/report.ts";
import { type PathMatch, pathOnly } from "../ir/match.ts";
import { type MergedHost, type MergedRule, ownerName } from "../ir/merge.ts";
import { byPrecedence } from "../ir/order.ts";
import type { Policy } from "../ir/policy.ts";
import type { VirtualHost } from "../ir/router.ts";
import { DEFAULT_TIMEOUTS, type RouteRule } from "../ir/rule.ts";
import { type Scope, union } from "../ir/scope.ts";

type LoginPolicy = Policy & { readonly field: "oidc" };

/** A login in effect on some rules of a host, and the clusters of those. */
interface Login {
  readonly policy: LoginPolicy;
  readonly scope: Scope;
}

/**
 * Gives each host the paths of its logins, as rules that no cluster answers: where the provider sends people back to, and
 * the logout. They are Exact, so that they come before whatever else would take them.
 */
export function withLogins(hosts: readonly MergedHost[]): {
  readonly hosts: readonly MergedHost[];
  readonly diagnostics: readonly Diagnostic[];
} {
  const diagnostics: Diagnostic[] = [];
  const withRules = hosts.map((host) => {
    const logins = loginsOf(host);
    if (logins.length === 0) return host;
    diagnostics.push(...collisions(host, logins));
    const own = logins.flatMap((login) => pathsOf(login).map((path) => ruleOf(login, host, path)));
    return { ...host, rules: [...host.rules, ...own].sort((a, b) => byPrecedence(a.rule.match, b.rule.match)) };
  });
  const byText = new Map(diagnostics.map((each) => [JSON.stringify([each.message, each.position]), each]));
  return { hosts: withRules, diagnostics: [...byText.values()] };
}

function loginsOf({ rules }: MergedHost): Login[] {
  const logins = new Map<string, Login>();
  for (const { rule, mergedFrom, scope } of rules) {
    for (const { policies } of mergedFrom.length === 0 ? [rule] : [rule, ...mergedFrom]) {
      for (const policy of policies) {
        if (policy.field !== "oidc") continue;
        const known = logins.get(policy.value.name);
        logins.set(policy.value.name, { policy, scope: known === undefined ? scope : union(known.scope, scope) });
      }
    }
  }
  return [...logins.values()];
}

function pathsOf({ policy: { value } }: Login): string[] {
  return [value.redirectPath, value.logoutPath];
}

function ruleOf({ policy, scope }: Login, { hostname, wildcard }: MergedHost, value: string): MergedRule {
  const path: PathMatch = { type: "Exact", value };
  const rule: RouteRule = {
    owner: { kind: "Edge", namespace: "", name: "", createdAt: null, scope, dialect: "kubernetes" },
    hostname,
    wildcard,
    match: pathOnly(path),
    filters: [],
    policies: [policy],
    timeouts: DEFAULT_TIMEOUTS,
    backendRefs: [],
    role: "login",
    at: policy.at,
  };
  return { rule, mergedFrom: [], scope };
}

function collisions({ hostname, rules }: MergedHost, logins: readonly Login[]): Diagnostic[] {
  const written = rules.flatMap((merged) => [merged.rule, ...merged.mergedFrom]).filter(({ role }) => role === "rule");
  const withRules = logins.flatMap((login) =>
    pathsOf(login).flatMap((path) =>
      written
        .filter(({ match }) => isFor(match.path, path))
        .map((rule) => {
          const says = `${login.policy.from} answers ${path} of ${hostname} itself, which a rule of ${ownerName(rule.owner)} would send to a cluster`;
          const related = rule.at === null ? [] : [{ message: "the rule", position: rule.at }];
          return diagnose("EI6030", login.policy.at, says, { related });
        }),
    ),
  );
  const pairs = logins.flatMap((login, index) => logins.slice(index + 1).map((other) => [login, other] as const));
  return [...withRules, ...pairs.flatMap(([one, other]) => betweenLogins(hostname, one, other))];
}

/** On hosts with expressions plain paths are patterns too; one that takes more is as a shorter prefix. */
function isFor({ type, value }: PathMatch, path: string): boolean {
  return (type === "RegularExpression" ? value.replace(/\$$/, "") : value) === path;
}

function betweenLogins(hostname: string, one: Login, other: Login): Diagnostic[] {
  const both = (list: (oidc: Oidc) => readonly string[]) => {
    const names = list(one.policy.value);
    return list(other.policy.value).filter((name) => names.includes(name));
  };
  const paths = both(({ redirectPath, logoutPath }) => [redirectPath, logoutPath]);
  const cookies = both(({ cookieNames }) => [cookieNames.session, cookieNames.login]);
  const related = one.policy.at === null ? [] : [{ message: `${one.policy.from} is here`, position: one.policy.at }];
  return [...paths.map((path) => `the path ${path}`), ...cookies.map((name) => `the cookie ${name}`)].map((what) =>
    diagnose("EI6030", other.policy.at, `${other.policy.from} and ${one.policy.from} both use ${what} of ${hostname}`, {
      related,
    }),
  );
}

/** Tells each rule the names of the edge's cookies on its host: browsers send them with every request there. */
export function withEdgeCookies(hosts: readonly VirtualHost[]): readonly VirtualHost[] {
  return hosts.map((host) => {
    const names = host.rules.flatMap(({ policies: { oidc } }) =>
      oidc === null ? [] : [oidc.cookieNames.session, oidc.cookieNames.login],
    );
    if (names.length === 0) return host;
    const edgeCookies = [...new Set(names)].sort();
    return { ...host, rules: host.rules.map((rule) => ({ ...rule, policies: { ...rule.policies, edgeCookies } })) };
  });
}
