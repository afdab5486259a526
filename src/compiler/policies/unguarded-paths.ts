import { canonicalPrefix, normalisePath } from "../../table/normalise.ts";
import type { Diagnostic, Position } from "../diagnostics/diagnostic.ts";
import { diagnose } from "../diagnostics/report.ts";
import { ownerName } from "../ir/merge.ts";
import type { RouteRule } from "../ir/rule.ts";
import { isSameScope, type Scope } from "../ir/scope.ts";
import { hostname as hostNameOf } from "../resources/names.ts";
import type { IngressBody, Resource, ResourceSet } from "../resources/resource.ts";
import { isBelow, plainPath } from "./path-overlap.ts";

/** On an Ingress: where other Ingresses may open what it guards. Paths, hosts, or hosts with paths, with commas between. */
export const UNGUARDED_PATHS = "edge-ingress.dev/unguarded-paths";

interface Consent {
  /** Null: the hosts of the Ingress itself. */
  readonly hostname: string | null;
  readonly path: string;
  /** Where the Ingress exists: it says nothing for one of the same name in another cluster. */
  readonly scope: Scope;
  /** Counted from 1. */
  readonly entry: number;
  readonly at: Position;
  isUsed: boolean;
}

/** What the Ingresses that guard something let others open. */
export class Consents {
  readonly #byOwner = new Map<string, readonly Consent[]>();
  readonly #findings: Diagnostic[] = [];

  constructor({ ingresses }: Pick<ResourceSet, "ingresses">) {
    for (const ingress of ingresses) {
      const written = ingress.metadata.annotations[UNGUARDED_PATHS];
      if (written === undefined) continue;
      const owner = `Ingress ${ingress.metadata.namespace}/${ingress.metadata.name}`;
      this.#byOwner.set(owner, [...(this.#byOwner.get(owner) ?? []), ...this.#read(ingress, written)]);
    }
  }

  /** Whether the Ingress of a guarded rule lets another one open that. */
  allows(guarded: RouteRule, open: RouteRule): boolean {
    const consents = this.#byOwner.get(ownerName(guarded.owner)) ?? [];
    const { hostname, match } = open;
    const plain = plainPath(match.path);
    const fitting = consents.filter((consent) => {
      const isHost = consent.hostname === hostname || (consent.hostname === null && guarded.hostname === hostname);
      const isPath = consent.path === "/" || (plain !== null && isBelow(plain, consent.path));
      return isHost && isPath;
    });
    for (const consent of fitting) consent.isUsed = true;
    return fitting.some(({ scope }) => isSameScope(scope, guarded.owner.scope));
  }

  /** What can't be read, and once all rules were asked for, what opens nothing. */
  diagnostics(): Diagnostic[] {
    const idle = [...this.#byOwner].flatMap(([owner, consents]) =>
      consents
        .filter(({ isUsed }) => !isUsed)
        .map(({ at, entry }) =>
          diagnose("EI6072", at, `${owner}: no other Ingress opens anything at entry ${entry} of ${UNGUARDED_PATHS}`),
        ),
    );
    return [...this.#findings, ...new Map(idle.map((finding) => [finding.message, finding])).values()];
  }

  #read(ingress: Resource<IngressBody>, written: string): Consent[] {
    const at = ingress.locate(["metadata", "annotations", UNGUARDED_PATHS], "key");
    return written.split(",").flatMap((entry, index) => {
      const consent = consentOf(entry.trim());
      if (consent !== null) return [{ ...consent, scope: ingress.scope, entry: index + 1, at, isUsed: false }];
      const { namespace, name } = ingress.metadata;
      const says = `Ingress ${namespace}/${name}: ${UNGUARDED_PATHS} must be paths, hosts or hosts with paths, with commas between, and entry ${index + 1} is none`;
      this.#findings.push(diagnose("EI4006", at, says));
      return [];
    });
  }
}

function consentOf(entry: string): Pick<Consent, "hostname" | "path"> | null {
  const slash = entry.indexOf("/");
  const [host, path] = slash < 0 ? [entry, "/"] : [entry.slice(0, slash), entry.slice(slash)];
  if (host !== "" && hostNameOf(host.toLowerCase()) !== null) return null;
  const normalised = normalisePath(path);
  if (entry === "" || !normalised.ok || normalised.others.length > 0 || /[?#]/.test(path)) return null;
  return { hostname: host === "" ? null : host.toLowerCase(), path: canonicalPrefix(normalised.path) };
}
