import type { PathPattern } from "../../ir/match.ts";
import type { IngressPath } from "../../resources/resource.ts";
import type { ServedResource } from "./dialect.ts";
import { byIngressAge } from "./owner.ts";

/** What the annotations of an Ingress ask of its paths. */
export interface PathHabits {
  readonly useRegex: boolean;
  /** `rewrite-target`; null: none. */
  readonly rewriteTarget: string | null;
}

export const PLAIN_PATHS: PathHabits = { useRegex: false, rewriteTarget: null };

/** An Ingress with what it asks of its paths. */
export interface PathOwner {
  readonly ingress: ServedResource;
  readonly habits: PathHabits;
}

/** A location of nginx that a path of an Ingress becomes. */
export interface PatternLocation {
  /** The pattern behind the anchor. */
  readonly value: string;
  /** The path as it was written. */
  readonly written: string;
  readonly writtenAs: PathPattern["writtenAs"];
  readonly isRewritten: boolean;
  /**
   * True: the Prefix of an older Exact of the same path, or the Exact of `/` (`isHiddenRoot`), which get no request. The rule
   * stands, and gives way in the merge.
   */
  readonly isHidden: boolean;
}

interface Location {
  readonly path: string;
  readonly isExact: boolean;
  readonly owner: PathOwner;
}

/** The hosts whose paths are patterns, and what their paths become. */
export class PatternHosts {
  /** By hostname (`*` for rules without host): the Ingress that turns the host's paths into patterns. */
  readonly causes: ReadonlyMap<string, ServedResource>;
  readonly #locations: ReadonlyMap<string, readonly Location[]>;

  constructor(owners: readonly PathOwner[]) {
    this.#locations = locationsOf(owners);
    const causes = [...this.#locations].flatMap(([hostname, locations]) => {
      const cause = locations.find(turnsToPatterns);
      return cause === undefined ? [] : [[hostname, cause.owner.ingress] as const];
    });
    this.causes = new Map(causes);
  }

  /**
   * The locations of one path of such a host, in their order. A Prefix of an Ingress that asks for nothing has two in
   * nginx, `/foo/` and `/foo`, one right after the other: the second takes all that the first does, so that the first is
   * needed only where it is rewritten and the other is not (kubernetes/ingress-nginx:internal/ingress/controller/location.go).
   * Beside an Exact of the same path it has the first alone, and none where the Exact is older and takes all of it: the
   * location of that path then stands for it, hidden, so that what guards it is not forgotten.
   */
  locationsOf(hostname: string, path: IngressPath, { useRegex, rewriteTarget }: PathHabits): PatternLocation[] {
    const written = path.path === "" ? "/" : path.path;
    const writtenAs = path.pathType === "Exact" ? "Exact" : "PathPrefix";
    const at = (value: string): PatternLocation => ({
      value,
      written,
      writtenAs,
      isRewritten: isRewritten(rewriteTarget, value),
      isHidden: false,
    });
    if (written === "/" && writtenAs === "Exact") return [{ ...at(written), isHidden: true }];
    if (written === "/" || writtenAs === "Exact" || useRegex || isRewritten(rewriteTarget, written)) {
      return [at(written)];
    }
    const below = at(withSlash(written));
    const [first, second] = this.#locations.get(hostname)?.filter((other) => other.path === written) ?? [];
    if (second !== undefined) return first?.isExact === true ? [{ ...at(written), isHidden: true }] : [below];
    return below.isRewritten ? [below, at(written)] : [at(written)];
  }
}

function isRewritten(target: string | null, path: string): boolean {
  return target !== null && target !== path;
}

function withSlash(path: string): string {
  return path.endsWith("/") ? path : `${path}/`;
}

/** enforceRegexModifier in kubernetes/ingress-nginx:internal/ingress/controller/template/template.go. */
function turnsToPatterns({ path, isExact, owner: { habits } }: Location): boolean {
  const { useRegex, rewriteTarget } = habits;
  if (useRegex || isRewritten(rewriteTarget, path)) return true;
  return !isExact && path !== "/" && isRewritten(rewriteTarget, withSlash(path));
}

/**
 * The locations by hostname, as the controller collects them: of one path and type the oldest Ingress's, and one for `/`
 * with the annotations of the host's oldest Ingress where no Prefix `/` takes its place.
 */
function locationsOf(owners: readonly PathOwner[]): ReadonlyMap<string, readonly Location[]> {
  const byHost = new Map<string, Map<string, Location>>();
  const oldest = new Map<string, PathOwner>();
  for (const owner of [...owners].sort((a, b) => byIngressAge(a.ingress, b.ingress))) {
    for (const { host, paths } of owner.ingress.body.rules) {
      const hostname = host === null ? "*" : host.toLowerCase();
      if (host !== null && !oldest.has(hostname)) oldest.set(hostname, owner);
      const locations = byHost.get(hostname) ?? new Map<string, Location>();
      byHost.set(hostname, locations);
      for (const { path, pathType } of paths ?? []) {
        const isExact = pathType === "Exact";
        const key = `${isExact ? "=" : ""}${path === "" ? "/" : path}`;
        if (!locations.has(key)) locations.set(key, { path: path === "" ? "/" : path, isExact, owner });
      }
    }
  }
  for (const [hostname, owner] of oldest) {
    const locations = byHost.get(hostname);
    if (locations?.has("/") === false) locations.set("/", { path: "/", isExact: false, owner });
  }
  return new Map([...byHost].map(([hostname, locations]) => [hostname, [...locations.values()]]));
}
