import { GUARD_FIELDS } from "../../table/policies/guards.ts";
import type { RulePolicies } from "../../table/policies/rule-policies.ts";

/** True where a rule keeps somebody out, so that its answers are for those alone whom it lets in. */
export function isGuarded(policies: RulePolicies): boolean {
  return GUARD_FIELDS.some((field) => policies[field] !== null);
}

/** What a shared cache may take for leave to store an answer and give it to others (RFC 9111 §3, §3.5, §5.2.2). */
const SHARING: ReadonlySet<string> = new Set(["public", "s-maxage", "proxy-revalidate"]);
/** Headers by which caches on the way are told what Cache-Control does not say: RFC 9213, and older ones. */
const TARGETED = /[-_](?:cache|surrogate|edge)-control$|^(?:surrogate|edge)-control$|^x-accel-expires$/;

/**
 * Keeps an answer out of shared caches, which know nothing of who may have it. RFC 9111 §3.5 does so for requests with
 * Authorization alone, and not where the answer says `public`, `s-maxage` or `must-revalidate`; who is let in by a cookie,
 * a key, a certificate or an address gets an answer that may be stored as any other. What is `private` or `no-store`
 * already stays as it is; everything else becomes `private`, and keeps its life in the client's own cache.
 */
export function keepFromSharedCaches(headers: Headers): void {
  for (const name of [...headers.keys()]) {
    if (TARGETED.test(name)) headers.delete(name);
  }
  const directives = directivesIn(headers.get("cache-control") ?? "");
  const kept = directives.filter((directive) => !isSharing(directive));
  if (kept.length === directives.length && kept.some(isPrivate)) return;
  headers.set("cache-control", kept.some(isPrivate) ? kept.join(", ") : ["private", ...kept].join(", "));
}

function isPrivate(directive: string): boolean {
  return /^(?:private|no-store)$/i.test(directive);
}

/** `private="field"` shuts the field alone out of caches (§5.2.2.7), so it counts as leave for the rest. */
function isSharing(directive: string): boolean {
  const [name = ""] = directive.split("=", 1);
  return SHARING.has(name.trim().toLowerCase()) || /^private\s*=/i.test(directive);
}

const QUOTED = /"(?:[^"\\]|\\.)*"/g;

/** None where a quoted text has no end: nobody can say then which directives there are. */
function directivesIn(value: string): readonly string[] {
  if (value.replace(QUOTED, "").includes('"')) return [];
  const parts = value.match(/(?:"(?:[^"\\]|\\.)*"|[^",])+/g) ?? [];
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}
