/** Gateway API's HTTPPathMatch. Values are normalised paths (`table/normalise.ts`); a prefix is compared by elements. */
export type PathMatch =
  | { readonly type: "Exact"; readonly value: string }
  | { readonly type: "PathPrefix"; readonly value: string }
  | PathPattern;

/**
 * A pattern of nginx: without regard to case, anchored at its start alone, over the decoded path
 * (`patternReadings` in `table/normalise.ts`).
 */
export interface PathPattern {
  readonly type: "RegularExpression";
  /** As its location in nginx would be written, without the anchor. */
  readonly value: string;
  /** The same for `new RegExp` with the flag `i`; `patternOfRule` in `table/patterns.ts` says where its anchor stands. */
  readonly source: string;
  /** The path as the Ingress has it: the longer is tried first, whatever it matches. */
  readonly written: string;
  readonly writtenAs: "Exact" | "PathPrefix";
}

/** Gateway API's HTTPHeaderMatch (names in lower case) and HTTPQueryParamMatch (names as written). */
export interface ValueMatch {
  readonly type: "Exact" | "RegularExpression";
  readonly name: string;
  readonly value: string;
}

/** Gateway API's HTTPRouteMatch: all parts must hold. Ingress sets the path alone. */
export interface HttpMatch {
  readonly path: PathMatch;
  readonly method: string | null;
  readonly headers: readonly ValueMatch[];
  readonly queryParams: readonly ValueMatch[];
}

/** Whether it asks for more than a path. */
export function hasConditions({ method, headers, queryParams }: HttpMatch): boolean {
  return method !== null || headers.length > 0 || queryParams.length > 0;
}

/**
 * An Exact `/` whose host has patterns. ingress-nginx gives every host a Prefix `/`, which is the same expression and stands
 * before it, whatever their ages (createServers, getBackendServers in internal/ingress/controller/controller.go): no
 * request comes to it. It stands among the rules for its guards alone, and is merged into no host.
 */
export function isHiddenRoot({ path }: HttpMatch): boolean {
  return path.type === "RegularExpression" && path.writtenAs === "Exact" && path.written === "/";
}

/** The match of an Ingress path: any method, headers and query. */
export function pathOnly(path: PathMatch): HttpMatch {
  return { path, method: null, headers: [], queryParams: [] };
}
