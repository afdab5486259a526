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
