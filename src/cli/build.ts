declare const EDGE_INGRESS_BUILD: string;

/** A hash of this program, which its build puts here; null where it runs from its sources, which may change at any time. */
export const build: string | null = typeof EDGE_INGRESS_BUILD === "string" ? EDGE_INGRESS_BUILD : null;
