import type { Position } from "../diagnostics/diagnostic.ts";
import type { RuleOwner } from "./rule.ts";

/** A hostname for which a resource asks for TLS. The certificate itself is the platform's. */
export interface TlsHost {
  /** Lower case; `*` stands for an entry without hosts (the default certificate). */
  readonly hostname: string;
  /** The Secret that the resource names, never its content; null where it names none. */
  readonly secret: { readonly namespace: string; readonly name: string } | null;
  readonly owner: RuleOwner;
  readonly at: Position;
}

/** True when `pattern` takes every name that `hostname` stands for; the `*` of a wildcard is one label. */
export function coversHost(pattern: string, hostname: string): boolean {
  if (pattern === "*" || pattern === hostname) return true;
  if (!pattern.startsWith("*.")) return false;
  const dot = hostname.indexOf(".");
  return dot > 0 && hostname.slice(dot) === pattern.slice(1);
}
