import type { Template } from "../../../table/policies/template.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { ACME_CHALLENGE } from "../../ir/acme-challenge.ts";
import type { Filter, FilterSource } from "../../ir/filter.ts";
import type { PathMatch } from "../../ir/match.ts";
import type { RouteRule } from "../../ir/rule.ts";
import { rememberedOf } from "../../remembered.ts";
import type { ResourceSet } from "../../resources/resource.ts";
import { FALSE, TRUE } from "./annotations/entry.ts";
import { PREFIX } from "./annotations/registry.ts";
import { serverType } from "./annotations/snippets.ts";
import { catchAllBefore, catchAllsOf } from "./catch-all.ts";
import { controllerBoolean, controllerText } from "./controller-settings.ts";
import type { ServedResource } from "./dialect.ts";
import { byIngressAge } from "./owner.ts";
import { hostnameOf } from "./rules.ts";
import { inServer, isOfServer, serverSnippets } from "./server-snippets.ts";

/** An Ingress with the filters that its own annotations come to. */
interface Filtered {
  readonly ingress: ServedResource;
  readonly filters: readonly Filter[];
}

/** What the filters of an Ingress come to at a host. */
interface Known {
  readonly filters: readonly Filter[];
  readonly found: readonly Filter[];
}

/** The default of `no-tls-redirect-locations`. */
const NO_TLS = ACME_CHALLENGE;

const HTTPS_HOST: Template = [
  { type: "text", value: "https://" },
  { type: "redirect_host", value: "" },
];
const TO_HTTPS: Template = [...HTTPS_HOST, { type: "request_uri", value: "" }];
const TO_HTTPS_WITH_PORT: Template = [
  ...HTTPS_HOST,
  { type: "text", value: ":443" },
  { type: "request_uri", value: "" },
];

/**
 * What a host's rules do because of what all Ingresses of the host say together: the way from http to https and HSTS, for
 * hosts to which any of them gives a certificate, and the redirect of `/`. Sources: rootfs/etc/nginx/lua/lua_ingress.lua
 * (`redirect_to_https`, `header`) and createServers of internal/ingress/controller/controller.go in
 * kubernetes/ingress-nginx.
 */
export class HostHabits {
  readonly #resources: ResourceSet;
  readonly #certified: ReadonlySet<string>;
  readonly #roots: ReadonlyMap<string, Filter>;
  readonly #servers: ReturnType<typeof serverSnippets>["byHostname"];
  readonly #free: readonly string[];
  /** Mostly the same for all paths of an Ingress at a host, and one list then. */
  readonly #known = new Map<ServedResource, Map<string, Known[]>>();
  readonly diagnostics: readonly Diagnostic[];

  constructor(served: readonly Filtered[], resources: ResourceSet) {
    this.#resources = resources;
    this.#certified = new Set(served.flatMap(({ ingress }) => (countsTls(ingress) ? hostsOf(ingress) : [])));
    this.#roots = rootsOf(served);
    const servers = serverSnippets(served);
    this.#servers = servers.byHostname;
    this.diagnostics = servers.diagnostics;
    const free = controllerText(resources, "no-tls-redirect-locations") ?? NO_TLS;
    this.#free = free.split(",").flatMap((each) => (each.trim() === "" ? [] : [each.trim()]));
  }

  /** The filters of a rule of that Ingress. The default backend of all other hosts is no location of a host of its own. */
  filtersOf(ingress: ServedResource, { hostname, match, role, filters }: RouteRule): readonly Filter[] {
    if (role !== "default-backend" || hostname !== "*") {
      return this.filtersAt({ ingress, filters }, hostname, match.path);
    }
    return this.filtersOfCatchAll(filters);
  }

  /** Those of the `/` of all other hosts, where no rule has it: redirects of an Ingress are not for it, but `app-root` is. */
  filtersOfCatchAll(filters: readonly Filter[]): readonly Filter[] {
    const own = filters.filter((filter) => filter.type !== "RequestRedirect" && !isOfServer(filter));
    const root = this.#roots.get("*");
    return this.#onServer("*", root === undefined ? own : [root, ...own]);
  }

  /** The filters of a path: those of its Ingress, and those of its host. */
  filtersAt({ ingress, filters }: Filtered, hostname: string, path: PathMatch): readonly Filter[] {
    const isRoot = path.type === "RegularExpression" || path.value === "/";
    const isFree = this.#isFree(path);
    const ofIngress = this.#known.get(ingress) ?? new Map<string, Known[]>();
    const key = `${hostname} ${isRoot} ${isFree}`;
    const alike = ofIngress.get(key) ?? [];
    const known = alike.find((each) => each.filters === filters);
    if (known !== undefined) return known.found;
    const found = this.#filtersFor({ ingress, filters }, hostname, isRoot, isFree);
    this.#known.set(ingress, ofIngress.set(key, [...alike, { filters, found }]));
    return found;
  }

  #filtersFor({ ingress, filters }: Filtered, hostname: string, isRoot: boolean, isFree: boolean): readonly Filter[] {
    const own = filters.filter(
      (filter) => !isOfServer(filter) && (filter.type !== "RequestRedirect" || filter.redirect.only !== "root"),
    );
    const root = isRoot ? this.#roots.get(hostname) : undefined;
    return this.#onServer(hostname, [
      ...(root === undefined ? [] : [root]),
      ...own,
      ...this.#https(ingress, hostname, isFree),
    ]);
  }

  #onServer(hostname: string, own: readonly Filter[]): readonly Filter[] {
    const { filters, contentType } = this.#servers.get(hostname) ?? { filters: [], contentType: serverType("") };
    return [...filters, ...own.map((filter) => inServer(filter, contentType))];
  }

  #https(ingress: ServedResource, hostname: string, isFree: boolean): readonly Filter[] {
    const isNginx = ingress.dialect === "ingress-nginx";
    const setting = (key: string, usual: boolean) => isNginx && controllerBoolean(this.#resources, key, usual);
    const asked = (name: string, usual: boolean) => booleanOf(ingress, name, setting(name, usual));
    const certified = this.#isCertified(hostname);
    const redirects = asked("force-ssl-redirect", false) || (certified && asked("ssl-redirect", true));
    if (!redirects && !certified) return [];
    const source = sourceOf(ingress);
    const found: Filter[] = [];
    if (redirects && !isFree) {
      const status = this.statusFor(ingress);
      const location = asked("use-port-in-redirects", false) ? TO_HTTPS_WITH_PORT : TO_HTTPS;
      const cutSlash = !asked("preserve-trailing-slash", false);
      found.push({ type: "RequestRedirect", redirect: { only: "http", status, location, cutSlash }, ...source });
    }
    if (certified && setting("hsts", true)) {
      const value = this.#strictTransport();
      found.push({ type: "StrictTransportSecurity", value, ...source });
    }
    return found;
  }

  /** `http-redirect-code`. */
  statusFor({ dialect }: ServedResource): number {
    const written = dialect === "ingress-nginx" ? controllerText(this.#resources, "http-redirect-code") : null;
    return Number(written ?? 308);
  }

  /** `relative-redirects`: redirects to paths stay paths. */
  isRelative(ingress: ServedResource): boolean {
    const usual =
      ingress.dialect === "ingress-nginx" && controllerBoolean(this.#resources, "relative-redirects", false);
    return booleanOf(ingress, "relative-redirects", usual);
  }

  /** A certificate of a wildcard host counts for the hosts below it (certificate.lua, get_pem_cert_uid). */
  #isCertified(hostname: string): boolean {
    return (
      hostname !== "*" && (this.#certified.has(hostname) || this.#certified.has(hostname.replace(/^[^.]+\./, "*.")))
    );
  }

  /** It is the path of the rule that counts, as text, and not that of the request. */
  #isFree({ value }: PathMatch): boolean {
    return this.#free.some((each) => value.startsWith(each));
  }

  #strictTransport(): string {
    const setting = (key: string, usual: boolean) => controllerBoolean(this.#resources, key, usual);
    const age = controllerText(this.#resources, "hsts-max-age") ?? "31536000";
    const subdomains = setting("hsts-include-subdomains", true) ? "; includeSubDomains" : "";
    return `max-age=${age}${subdomains}${setting("hsts-preload", false) ? "; preload" : ""}`;
  }
}

/** Whether the `tls` of an Ingress makes its hosts redirect: in the dialect, or where it asks for it. */
function countsTls(ingress: ServedResource): boolean {
  const { dialect, body } = ingress;
  return body.tls.length > 0 && (dialect === "ingress-nginx" || booleanOf(ingress, "ssl-redirect", false));
}

function hostsOf({ body }: ServedResource): string[] {
  return body.rules.flatMap(({ host }) => (host === null ? [] : [hostnameOf(host)]));
}

/** `app-root` of the oldest Ingress of a host that has it. */
function rootsOf(served: readonly Filtered[]): Map<string, Filter> {
  const roots = new Map<string, Filter>();
  const catchAlls = catchAllsOf(served.map(({ ingress }) => ingress));
  for (const { ingress, filters } of [...served].sort((a, b) => byIngressAge(a.ingress, b.ingress))) {
    const root = filters.find((filter) => filter.type === "RequestRedirect" && filter.redirect.only === "root");
    if (root === undefined) continue;
    for (const { host, paths } of ingress.body.rules) {
      // All other hosts have no location for a rule without paths, or for a `/` that is taken.
      if (host === null && !paths?.some((path) => catchAllBefore(ingress, path, catchAlls) === undefined)) continue;
      if (!roots.has(hostnameOf(host))) roots.set(hostnameOf(host), root);
    }
  }
  return roots;
}

/** The value of an annotation; what can't be read is reported where annotations are. */
function booleanOf({ metadata }: ServedResource, name: string, usual: boolean): boolean {
  const value = metadata.annotations[PREFIX + name]?.trim() ?? "";
  return TRUE.includes(value) || (usual && !FALSE.includes(value));
}

/** The source of a filter that the habits of ingress-nginx make. */
export const sourceOf = rememberedOf(({ metadata: { namespace, name }, locate }: ServedResource): FilterSource => {
  return { from: `Ingress ${namespace}/${name}`, at: locate(["metadata", "name"]), besidesIngress: false };
});
