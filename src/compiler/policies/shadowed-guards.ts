import { normalisePath } from "../../table/normalise.ts";
import type { ExternalAuth } from "../../table/policies/external-auth.ts";
import type { Template } from "../../table/policies/template.ts";
import { byText } from "../by-text.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnose } from "../diagnostics/report.ts";
import { ACME_CHALLENGE } from "../ir/acme-challenge.ts";
import type { BackendRef } from "../ir/backend.ts";
import { isHiddenRoot, pathOnly } from "../ir/match.ts";
import { type MergedHost, ownerName } from "../ir/merge.ts";
import { byAge, byPrecedence, matchKey } from "../ir/order.ts";
import { isOfEdgePolicy, keepsOut, mayGuard, type Policy, settingOf } from "../ir/policy.ts";
import type { RouteRule, RuleOwner } from "../ir/rule.ts";
import { isSameScope } from "../ir/scope.ts";
import type { ResourceSet } from "../resources/resource.ts";
import { templateText } from "../resources/templates.ts";
import { coversMatch, isBelow, mayOverlap, plainPath } from "./path-overlap.ts";
import { refusingSnippet } from "./refusing-lines.ts";
import { Consents, UNGUARDED_PATHS } from "./unguarded-paths.ts";

/**
 * Guarded paths that a rule of another Ingress opens: by a longer path, a pattern, the same path, or a host below a guarded
 * wildcard. ingress-nginx serves them open without a word. The rule that opens has no guard at all, or a list
 * that only denies where more is asked; one with a guard of its own was thought of. Lines of snippets guard too. Free are the paths that the guard itself sends clients to, the ACME challenge, and what the
 * guarded Ingress names (`UNGUARDED_PATHS`).
 */
export function reportShadowedGuards(
  rules: readonly RouteRule[],
  hosts: readonly MergedHost[],
  resources: Pick<ResourceSet, "ingresses">,
): Diagnostic[] {
  const consents = new Consents(resources);
  const written = Map.groupBy(
    rules.filter(({ role }) => role === "rule"),
    ({ hostname }) => hostname,
  );
  const pairs = [...written].flatMap(([hostname, all]) => [
    ...openedWithin(all),
    ...openedBelow(all, hostsBelow(hostname, hosts), written),
  ]);
  const findings = pairs
    .filter(([guarded, open]) => !isMeant(guarded, open) && !consents.allows(guarded, open))
    .map(([guarded, open]) => finding(guarded, open));
  return [...findings, ...consents.diagnostics()];
}

/** A guarded rule, and the rule that takes requests which would be the guarded one's. */
type Opened = readonly [guarded: RouteRule, open: RouteRule];

/** In the order in which they are tried; of the same match the one that keeps it first. */
function inOrder(rules: readonly RouteRule[]): readonly RouteRule[] {
  return [...rules].sort(
    (a, b) =>
      byPrecedence(a.match, b.match) ||
      byText(matchKey(a.match), matchKey(b.match)) ||
      Number(isHiddenRoot(a.match)) - Number(isHiddenRoot(b.match)) ||
      byAge(a.owner, b.owner),
  );
}

/** False for a rule whose match another one keeps: it takes no request. */
function takesAny(rule: RouteRule, index: number, ordered: readonly RouteRule[]): boolean {
  if (isHiddenRoot(rule.match)) return false;
  const before = ordered[index - 1];
  return before === undefined || matchKey(before.match) !== matchKey(rule.match);
}

/** In one host: for each open rule the guarded one that would take its requests in its place. */
function openedWithin(rules: readonly RouteRule[]): Opened[] {
  if (!rules.some(mayGuard)) return [];
  const ordered = inOrder(rules);
  const written = ordered.flatMap(pathAsWritten);
  return ordered.flatMap((open, index) => {
    if (!mayOpen(open) || !takesAny(open, index, ordered)) return [];
    const later = ordered.slice(index + 1);
    const same = later.filter(({ match }) => matchKey(match) === matchKey(open.match));
    const opened = same.filter((next) => isLess(open, next) && isOther(next, open));
    if (opened.length > 0) return opened.map((guarded): Opened => [guarded, open]);
    const asWritten = written.filter((one) => byPrecedence(open.match, one.match) <= 0);
    const rest = later.slice(same.length).filter(takesAny);
    // A rule of the table has the path before who only was written so.
    const has = new Set(asWritten.length === 0 ? [] : rest.map(({ match }) => matchKey(match)));
    const free = inOrder(asWritten).filter(takesAny);
    const others = inOrder([...rest, ...free.filter(({ match }) => !has.has(matchKey(match)))]);
    const guards = others.filter(
      (next) => isLess(open, next) && isOther(next, open) && mayOverlap(open.match.path, next.match.path),
    );
    return beforeCover(open, guards, others).map((guarded): Opened => [guarded, open]);
  });
}

/** Those that come to requests of the open rule before one that would take them all in its place. */
function beforeCover(
  open: RouteRule,
  guards: readonly RouteRule[],
  others: readonly RouteRule[],
): readonly RouteRule[] {
  if (guards.length === 0) return [];
  const upTo = others.slice(0, others.lastIndexOf(guards.at(-1) as RouteRule));
  const cover = upTo.findIndex(({ match }) => coversMatch(match, open.match));
  if (cover < 0) return guards;
  const sooner = new Set(upTo.slice(0, cover + 1));
  return guards.filter((guarded) => sooner.has(guarded));
}

/**
 * The path of a Prefix itself, where the pattern that it became takes paths below it alone: an Exact of the same path has it
 * (`PatternHosts`).
 */
function pathAsWritten(rule: RouteRule): RouteRule[] {
  const { path } = rule.match;
  if (path.type !== "RegularExpression" || path.writtenAs === "Exact" || path.value !== `${path.written}/`) return [];
  const source = path.source.replace(/\/$/, "$");
  return [{ ...rule, match: pathOnly({ ...path, value: path.written, source }) }];
}

/** A wildcard's guarded rules, and what hosts below it, whose requests never reach the wildcard, leave open of them. */
function openedBelow(
  ofWildcard: readonly RouteRule[],
  below: readonly string[],
  written: ReadonlyMap<string, readonly RouteRule[]>,
): Opened[] {
  const wildcard = inOrder(ofWildcard);
  return below.flatMap((hostname) => {
    const own = inOrder(written.get(hostname) ?? []).filter(takesAny);
    return own.filter(mayOpen).flatMap((open) =>
      wildcard
        .filter((guarded) => isLess(open, guarded) && isOpenedBelow(guarded, open))
        .filter((guarded) => mayOverlap(guarded.match.path, open.match.path))
        .filter((guarded) => ![...before(guarded, wildcard), ...before(open, own)].some(takesAllOf(guarded, open)))
        .map((guarded): Opened => [guarded, open]),
    );
  });
}

/** Annotations say the same of all hosts of their Ingress; a policy may be for the wildcard alone. */
function isOpenedBelow(guarded: RouteRule, open: RouteRule): boolean {
  return isOther(guarded, open) || guarded.policies.some((policy) => keepsOut(policy) && isOfEdgePolicy(policy));
}

/** Those that are tried before a rule, of other matches. */
function before(rule: RouteRule, ordered: readonly RouteRule[]): readonly RouteRule[] {
  return ordered.slice(0, ordered.indexOf(rule)).filter(({ match }) => matchKey(match) !== matchKey(rule.match));
}

/** Whether a rule that is tried before leaves nothing that both of them would take. */
function takesAllOf(a: RouteRule, b: RouteRule): (rule: RouteRule) => boolean {
  return ({ match }) => coversMatch(match, a.match) || coversMatch(match, b.match);
}

/** The hosts of their own that a wildcard would take if they had no rules. */
function hostsBelow(hostname: string, hosts: readonly MergedHost[]): readonly string[] {
  if (!hostname.startsWith("*.")) return [];
  const domain = hostname.slice(1);
  const depth = hosts.find((host) => host.hostname === hostname)?.wildcard ?? "one-label";
  return hosts
    .map((host) => host.hostname)
    .filter((name) => name !== hostname && name.endsWith(domain) && !name.startsWith("*"))
    .filter((name) => depth === "any-depth" || !name.slice(0, -domain.length).includes("."));
}

/** A list that only denies lets in whoever it does not know: it is no guard in the place of one that asks. */
function onlyDenies(policy: Policy): boolean {
  if (policy.field !== "access") return false;
  const { allow, allowCountries, allowAsns } = policy.value;
  return allow.length + allowCountries.length + allowAsns.length === 0;
}

function mayOpen({ policies }: RouteRule): boolean {
  return policies.filter(keepsOut).every(onlyDenies);
}

/** Whether a rule that may open lets in whom the other one keeps out: one without guard beside any, one that only denies beside any other. */
function isLess(open: RouteRule, guarded: RouteRule): boolean {
  if (open.policies.some(keepsOut)) return !mayOpen(guarded) || (mayOpen(open) && isLessByLines(open, guarded));
  return guarded.policies.some(keepsOut) || isLessByLines(open, guarded);
}

/** Lines of snippets that guard: those of the other rule, whatever they ask, were thought of. */
function isLessByLines(open: RouteRule, guarded: RouteRule): boolean {
  const of = linesBetween(open, guarded);
  return refusingSnippet(guarded, of) !== null && refusingSnippet(open, of) === null;
}

/** Which lines tell two rules apart: at one host those of its server hold for both. */
function linesBetween(open: RouteRule, guarded: RouteRule): "location" | "any" {
  return open.hostname === guarded.hostname ? "location" : "any";
}

/** Ingresses of one name in different clusters are different ones. */
function isOther(a: RouteRule, b: RouteRule): boolean {
  return ownerName(a.owner) !== ownerName(b.owner) || !isSameScope(a.owner.scope, b.owner.scope);
}

/**
 * Paths where nobody can be asked yet: the guard names them itself, or a protocol does. Of a path above the one that is
 * named more is open than that: it is meant where it is another Service's, as `/oauth2` of oauth2-proxy.
 */
function isMeant({ policies, backendRefs }: RouteRule, open: RouteRule): boolean {
  const { hostname, match } = open;
  const plain = plainPath(match.path);
  if (plain === null) return false;
  if (isBelow(plain, ACME_CHALLENGE)) return true;
  const auth = settingOf(policies, "externalAuth");
  if (auth === null || plain === "/") return false;
  const isOfIts = open.backendRefs.some(({ ref }) => backendRefs.some((its) => isSameService(its.ref, ref)));
  return pathsAsked(auth, hostname).some((asked) => asked === plain || (isBelow(asked, plain) && !isOfIts));
}

/** Ports apart: one process may serve several. */
function isSameService(a: BackendRef["ref"], b: BackendRef["ref"]): boolean {
  return a.kind === b.kind && a.namespace === b.namespace && a.name === b.name;
}

/** Where external auth asks and sends clients, of that host. */
function pathsAsked({ service, path, signIn }: ExternalAuth, hostname: string): string[] {
  const asked = service.hostname === "" || service.hostname === hostname ? [pathOf(templateText(path))] : [];
  const login = signIn === null ? null : locationIn(signIn);
  return login !== null && ["", "$host", "$http_host", hostname].includes(login.host) ? [...asked, login.path] : asked;
}

function locationIn(template: Template): { readonly host: string; readonly path: string } | null {
  const found = /^(?:(?:https?|\$(?:pass_access_)?scheme):\/\/([^/?]*))?(\/[^?]*)/.exec(templateText(template));
  return found === null ? null : { host: (found[1] ?? "").toLowerCase(), path: pathOf(found[2] as string) };
}

/** As rules are matched. */
function pathOf(url: string): string {
  const path = url.split("?", 1)[0] as string;
  const normalised = normalisePath(path);
  return normalised.ok ? normalised.path : path;
}

function clustersOf({ scope }: RuleOwner): string {
  return scope.kind === "every-cluster" ? " of every cluster" : ` of ${scope.names.join(", ")}`;
}

function finding(guarded: RouteRule, open: RouteRule): Diagnostic {
  const isNamesake = ownerName(open.owner) === ownerName(guarded.owner) && isOther(open, guarded);
  const [its, other] = [open, guarded].map(({ owner }) => `${ownerName(owner)}${isNamesake ? clustersOf(owner) : ""}`);
  const what = `${open.hostname} ${open.match.path.type} ${open.match.path.value}`;
  const than = `${guarded.hostname === open.hostname ? "" : `${guarded.hostname} `}${guarded.match.path.value}`;
  const guards = guarded.policies.filter(keepsOut);
  const lines = refusingSnippet(guarded, linesBetween(open, guarded));
  const by = [
    ...new Set([
      ...guards.map((policy) => (isOfEdgePolicy(policy) ? `${policy.field} of ${policy.from}` : policy.from)),
      ...(lines === null ? [] : [lines.from]),
    ]),
  ];
  const says = `${its} opens ${what}, which ${other} guards at ${than} (${by.join(", ")})`;
  const entry = `${guarded.hostname === open.hostname ? "" : open.hostname}${plainPath(open.match.path) ?? "/"}`;
  const fix = `Give the path of ${its} a guard of its own. If it is meant to be open, say so where it is guarded: the annotation ${UNGUARDED_PATHS}: "${entry}" on ${other}.`;
  const related = guarded.at === null ? [] : [{ message: "guarded here", position: guarded.at }];
  return diagnose("EI6071", open.at, says, { related, fix });
}
