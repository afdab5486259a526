import { CATCH_ALL } from "../../table/layout.ts";
import type { HostRouter } from "../../table/match.ts";
import type { Side } from "./side.ts";

/** A host that stands for all that both sides treat alike, and the rules that it meets on each of them. */
export interface HostClass {
  readonly host: string;
  readonly routers: readonly HostRouter[];
}

/** Enough labels to tell a wildcard of one label from one of any depth. */
const LABELS = ["", "deeper."];

/**
 * One host for each set of hosts that no rule of either side tells apart: every hostname, for every wildcard one under it
 * that has no rules of its own, and one that nobody names. Those whose rules are the same on both sides are left out;
 * `alike` are those that have been before.
 */
export function hostClasses(old: Side, young: Side, alike: ReadonlySet<string>): HostClass[] {
  const hostnames = [...new Set([...old.hostnames(), ...young.hostnames()])];
  const known = new Set([...hostnames, ...alike]);
  const hosts = hostnames.flatMap((hostname) => {
    if (hostname === CATCH_ALL) return [];
    if (!hostname.startsWith("*.")) return [hostname];
    return LABELS.map((deeper) => unnamed(`${deeper}any`, hostname.slice(1), known));
  });
  return [...new Set([...hosts, unnamed("any", ".invalid", known)])].flatMap((host) => {
    const [was, is] = [old.table.routerFor(host), young.table.routerFor(host)];
    if (was !== null && is !== null && old.signatureOf(was) === young.signatureOf(is)) return [];
    const routers = [was, is].filter((router) => router !== null);
    return routers.length === 0 ? [] : [{ host, routers }];
  });
}

/** A host under a suffix that has no rules of its own. */
function unnamed(label: string, suffix: string, known: ReadonlySet<string>): string {
  const host = `${label}${suffix}`;
  return known.has(host) ? unnamed(`${label}x`, suffix, known) : host;
}
