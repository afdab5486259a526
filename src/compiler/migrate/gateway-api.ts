import { stringify } from "yaml";
import { byText } from "../by-text.ts";
import type { CompileResult } from "../compile.ts";
import type { RouteRule } from "../ir/rule.ts";
import type { Written } from "./gateway-filters.ts";
import { closed, type GatewayRule, gatewayRule } from "./gateway-rules.ts";
import { migrationOf } from "./migration.ts";

/** Something that is not written, or otherwise than it was. */
export interface GatewayNote {
  /** `namespace/name`. */
  readonly ingress: string;
  /** True where a route is left out for it. */
  readonly leftOut: boolean;
  /** One sentence, which begins with the annotation or the Ingress. */
  readonly says: string;
}

export interface GatewayMigration {
  /** Files by name, each of several YAML documents: `gateway.yaml`, and one a namespace. */
  readonly files: Readonly<Record<string, string>>;
  readonly notes: readonly GatewayNote[];
}

/** The one Gateway that all routes are attached to, as one controller served all Ingresses. */
const GATEWAY = { name: "ingress", namespace: "gateway" } as const;
const CLASS = "CHANGE-ME";
const MOST_LISTENERS = 64;
const MOST_RULES = 16;
/** Errors about clusters and Secrets of the edge say nothing of the Ingress. */
const OF_THE_EDGE = /^EI[37]/;

interface Parts {
  readonly owner: string;
  readonly namespace: string;
  readonly hostname: string;
  readonly rules: readonly GatewayRule[];
}

/**
 * Gateway API resources (gateway.networking.k8s.io/v1, of its standard channel 1.5) for what of the Ingresses can be said with
 * them. A route that would be open, or lead elsewhere, answers with an error, and all that is not written is named.
 */
export function toGatewayApi(result: CompileResult): GatewayMigration {
  const notes = new Map<string, GatewayNote>();
  const note = (ingress: string, leftOut: boolean, says: string) =>
    notes.set(`${ingress} ${leftOut} ${says}`, { ingress, leftOut, says });
  const blocked = new Set<string>();
  const { elsewhere, ingresses } = migrationOf(result);
  for (const { name, state, reasons } of ingresses) {
    if (state === "left-out") note(name, true, "its class is not served");
    else {
      for (const { code, severity, message } of reasons) {
        const isError = severity === "error" && !OF_THE_EDGE.test(code);
        if (isError) blocked.add(name);
        if (isError || (severity === "warning" && /^EI4/.test(code))) note(name, isError, `${code}: ${message}`);
      }
    }
  }
  const unread = elsewhere.filter(({ code, severity }) => severity === "error" && !OF_THE_EDGE.test(code));
  for (const { code, message } of unread)
    note("manifests", true, `${code}: ${message}: every host answers with an error`);
  // What can't be read may be a guard of any of them.
  if (unread.length > 0) for (const { name } of ingresses) blocked.add(name);
  const parts = closedHosts(result, blocked);
  const shut = new Map(parts.map(({ hostname, owner }) => [hostname, owner]));
  for (const { hostname, rules } of result.hosts) {
    const all = rules.map(({ rule }) => rule);
    // A host that has nothing but its 404 would come to a wildcard.
    const routes = all.some(isRoute) ? all.filter(isRoute) : all;
    const open: Parts[] = [];
    let unwritten: Parts | null = null;
    for (const [owner, own] of Map.groupBy(routes, ownerName)) {
      const other = shut.get(hostname);
      if (other !== undefined) {
        if (!blocked.has(owner)) note(owner, true, `${hostname} is left out, which Ingress ${other} has too`);
        continue;
      }
      const namespace = namespaceOf(own[0] as RouteRule);
      const made = own.flatMap((rule) => {
        const tell = (leftOut: boolean) => (from: string, says: string) =>
          note(owner, leftOut, `${from} ${says}${leftOut ? `: ${pathOf(rule)} answers with an error` : ""}`);
        const written = gatewayRule(rule, tell(false), tell(true));
        if (written !== null) return written;
        // Another rule would take its requests, which may be open.
        note(owner, true, `${pathOf(rule)} can't be written: all of ${hostname} answers with an error`);
        unwritten ??= { owner, namespace, hostname, rules: [everythingClosed()] };
        return [];
      });
      if (made.length > 0) open.push({ owner, namespace, hostname, rules: made });
      if (hostname.startsWith("*.")) note(owner, false, `${hostname} stands for one label, in Gateway API for several`);
    }
    parts.push(...(unwritten === null ? open : [unwritten]));
  }
  return { files: filesOf(result, parts, note), notes: [...notes.values()].sort(byIngress) };
}

/**
 * The hosts of Ingresses that are blocked, where nothing is served: what takes their requests in their place may be open, and
 * paths that could not be read are unknown.
 */
function closedHosts({ resources, served }: CompileResult, blocked: ReadonlySet<string>): Parts[] {
  const found = new Map<string, Parts>();
  const mine = new Set(served.map(({ metadata }) => metadata));
  const inOrder = resources.ingresses
    .filter(({ metadata }) => mine.has(metadata) && blocked.has(`${metadata.namespace}/${metadata.name}`))
    .sort((a, b) => byText(`${a.metadata.namespace}/${a.metadata.name}`, `${b.metadata.namespace}/${b.metadata.name}`));
  for (const { metadata, body } of inOrder) {
    const { namespace, name } = metadata;
    const hosts = [...body.rules.map(({ host }) => host?.toLowerCase() ?? "*"), ...(body.defaultBackend ? ["*"] : [])];
    for (const hostname of hosts) {
      const rules = [everythingClosed()];
      if (!found.has(hostname)) found.set(hostname, { owner: `${namespace}/${name}`, namespace, hostname, rules });
    }
  }
  return [...found.values()];
}

function everythingClosed(): GatewayRule {
  return closed([{ path: { type: "PathPrefix", value: "/" } }]);
}

function byIngress(a: GatewayNote, b: GatewayNote): number {
  return byText(a.ingress, b.ingress) || Number(b.leftOut) - Number(a.leftOut) || byText(a.says, b.says);
}

/** What answers 404 without it is none. */
function isRoute({ role, backendRefs }: RouteRule): boolean {
  return role === "rule" || role === "default-backend" || (role === "unmatched" && backendRefs.length > 0);
}

function ownerName({ owner }: RouteRule): string {
  return owner.kind === "Edge" ? "--default-backend" : `${owner.namespace}/${owner.name}`;
}

function namespaceOf({ owner, backendRefs: [first] }: RouteRule): string {
  return owner.kind === "Edge" ? (first?.ref.namespace ?? "default") : owner.namespace;
}

function pathOf({ hostname, match }: RouteRule): string {
  return `${hostname} ${match.path.type} ${match.path.value}`;
}

function filesOf(
  { tls }: CompileResult,
  parts: readonly Parts[],
  note: (ingress: string, leftOut: boolean, says: string) => void,
): Record<string, string> {
  const hostnames = [...new Set(parts.map(({ hostname }) => hostname))].sort(byText);
  const secrets = new Map<string, { readonly namespace: string; readonly name: string }>();
  for (const hostname of hostnames) {
    const parent = hostname.replace(/^[^.]+\./, "*.");
    const found = tls.filter((entry) => entry.hostname === hostname || entry.hostname === parent);
    const secret = found.find((entry) => entry.secret !== null)?.secret;
    if (secret) secrets.set(hostname, secret);
    else if (found[0] !== undefined) {
      const { namespace, name } = found[0].owner;
      note(`${namespace}/${name}`, false, `tls of ${hostname} names no Secret: its listener for https is not written`);
    }
  }
  const objects: (Written & { readonly kind: string; readonly metadata: { namespace: string; name: string } })[] = [];
  const routes = parts.flatMap((part) => routesOf(part, secrets.has(part.hostname)));
  const listeners = hostnames.flatMap((hostname) => listenersOf(hostname, secrets.get(hostname)));
  if (listeners.length > MOST_LISTENERS) {
    note(
      "Gateway",
      false,
      `has ${listeners.length} listeners, more than the ${MOST_LISTENERS} of one: split it by hosts`,
    );
  }
  if (listeners.length > 0) {
    const spec = { gatewayClassName: CLASS, listeners };
    objects.push({ ...kind("Gateway"), metadata: { ...GATEWAY }, spec });
  }
  objects.push(...named(routes), ...grants(parts, secrets));
  objects.sort(
    (a, b) =>
      byText(a.kind, b.kind) ||
      byText(a.metadata.namespace, b.metadata.namespace) ||
      byText(a.metadata.name, b.metadata.name),
  );
  const byFile = Map.groupBy(objects, ({ kind: what, metadata }) =>
    what === "Gateway" ? "gateway.yaml" : `namespace-${metadata.namespace}.yaml`,
  );
  return Object.fromEntries(
    [...byFile]
      .sort(([a], [b]) => byText(a, b))
      .map(([file, all]) => [
        file,
        all.map((each) => stringify(each, { lineWidth: 0, aliasDuplicateObjects: false })).join("---\n"),
      ]),
  );
}

function kind(name: string, version = "v1") {
  return { apiVersion: `gateway.networking.k8s.io/${version}`, kind: name };
}

function listenersOf(hostname: string, secret: { namespace: string; name: string } | undefined): readonly Written[] {
  const base = {
    ...(hostname !== "*" && { hostname }),
    allowedRoutes: { namespaces: { from: "All" } },
  };
  const http = { name: listenerName("http", hostname), port: 80, protocol: "HTTP", ...base };
  if (secret === undefined) return [http];
  const certificateRefs = [{ kind: "Secret", name: secret.name, namespace: secret.namespace }];
  const tls = { mode: "Terminate", certificateRefs };
  return [http, { name: listenerName("https", hostname), port: 443, protocol: "HTTPS", ...base, tls }];
}

function listenerName(scheme: "http" | "https", hostname: string): string {
  // No two hosts have one: `-` is written twice, and no label begins with one.
  const name = hostname === "*" ? "all" : hostname.replaceAll("-", "--").replaceAll(".", "-").replace("*", "");
  return `${scheme}-${name}`.slice(0, 253).replace(/[^a-z0-9]+$/, "");
}

/** As a part of a name: lower case letters, digits and dashes. */
function slug(hostname: string): string {
  if (hostname === "*") return "all";
  return hostname.replace(/^\*/, "any").replace(/[^a-z0-9]+/g, "-");
}

interface Route {
  readonly namespace: string;
  readonly name: string;
  readonly spec: Written;
}

/** Rules that lead http to https stand at the listener for https, and at that for http they redirect. */
function routesOf({ owner, namespace, hostname, rules }: Parts, hasTls: boolean): readonly Route[] {
  const base = owner.startsWith("--") ? "default-backend" : owner.slice(owner.indexOf("/") + 1);
  const schemes = (["http", "https"] as const).filter((scheme) => scheme === "http" || hasTls);
  const plain = rules.filter(({ toHttps }) => toHttps === null);
  const moved = rules.filter(({ toHttps }) => toHttps !== null);
  const route = (suffix: string, at: readonly ("http" | "https")[], written: readonly Written[]): Route[] => {
    const chunks = Array.from({ length: Math.ceil(written.length / MOST_RULES) }, (_, index) =>
      written.slice(index * MOST_RULES, (index + 1) * MOST_RULES),
    );
    return chunks.map((chunk, index) => ({
      namespace,
      name: `${base}-${slug(hostname)}${suffix}${index === 0 ? "" : `-${index + 1}`}`,
      spec: {
        parentRefs: at.map((scheme) => ({ ...GATEWAY, sectionName: listenerName(scheme, hostname) })),
        ...(hostname !== "*" && { hostnames: [hostname] }),
        rules: chunk,
      },
    }));
  };
  const redirects = moved.map(({ matches, toHttps }) => ({
    matches,
    filters: [{ type: "RequestRedirect", requestRedirect: { scheme: "https", statusCode: toHttps } }],
  }));
  return [
    ...route(
      "",
      schemes,
      plain.flatMap((each) => each.rules),
    ),
    ...route("-to-https", ["http"], redirects),
    ...(hasTls
      ? route(
          "-https",
          ["https"],
          moved.flatMap((each) => each.rules),
        )
      : []),
  ];
}

function named(routes: readonly Route[]) {
  const taken = new Set<string>();
  return routes.map(({ namespace, name, spec }) => {
    let free = name.slice(0, 240).replace(/[^a-z0-9]+$/, "");
    for (let number = 2; taken.has(`${namespace}/${free}`); number++) free = `${name.slice(0, 240)}-n${number}`;
    taken.add(`${namespace}/${free}`);
    return { ...kind("HTTPRoute"), metadata: { name: free, namespace }, spec };
  });
}

/** References to another namespace have to be allowed there. */
function grants(parts: readonly Parts[], secrets: ReadonlyMap<string, { namespace: string; name: string }>) {
  const asked = new Map<string, { from: Written; to: Written; namespace: string; name: string }>();
  const add = (namespace: string, from: Written, to: Written, name: string) =>
    asked.set(`${namespace}/${name}`, { from, to, namespace, name });
  for (const { namespace, name } of secrets.values()) {
    const from = { group: "gateway.networking.k8s.io", kind: "Gateway", namespace: GATEWAY.namespace };
    if (namespace !== GATEWAY.namespace)
      add(namespace, from, { group: "", kind: "Secret", name }, `gateway-to-${name}`);
  }
  for (const part of parts) {
    for (const ref of part.rules.flatMap(({ rules }) => rules.flatMap(refsOf))) {
      if (ref.namespace === undefined || ref.namespace === part.namespace) continue;
      const from = { group: "gateway.networking.k8s.io", kind: "HTTPRoute", namespace: part.namespace };
      add(ref.namespace, from, { group: "", kind: "Service", name: ref.name }, `${part.namespace}-to-${ref.name}`);
    }
  }
  return [...asked.values()].map(({ from, to, namespace, name }) => ({
    ...kind("ReferenceGrant", "v1beta1"),
    metadata: { name, namespace },
    spec: { from: [from], to: [to] },
  }));
}

function refsOf(rule: Written): readonly { readonly name: string; readonly namespace?: string }[] {
  type Ref = { readonly name: string; readonly namespace?: string };
  const filters =
    (rule.filters as readonly { readonly requestMirror?: { readonly backendRef: Ref } }[] | undefined) ?? [];
  const copies = filters.flatMap(({ requestMirror }) =>
    requestMirror === undefined ? [] : [requestMirror.backendRef],
  );
  return [...((rule.backendRefs as readonly Ref[] | undefined) ?? []), ...copies];
}

/** The notes for people; never ends with a line break. */
export function formatGatewayNotes(notes: readonly GatewayNote[]): string {
  const byOwner = [...Map.groupBy(notes, ({ ingress }) => ingress)];
  return byOwner
    .map(([ingress, own]) =>
      [ingress, ...own.map(({ leftOut, says }) => `  ${leftOut ? "left out" : "differs"}: ${says}`)].join("\n"),
    )
    .join("\n");
}
