/**
 * What servers behind the edge may make of a request's target. A model of its own: it shares no line with the edge's
 * normalisation. Each step is done or left out by some server, in this order; the readings are all of their mixes.
 */
const STEPS: readonly (readonly ((path: string) => string | null)[])[] = [
  [same, withoutParameters],
  [same, withoutDots],
  [same, decoded],
  [same, withoutParameters],
  [same, withSlashes],
  [same, merged],
  [same, withoutDots, clamped],
  [same, merged],
];

export function readingsOf(target: string): ReadonlySet<string> {
  let readings = new Set([target.replace(/[?#].*$/s, "")]);
  for (const ways of STEPS) {
    const next = new Set<string>();
    for (const reading of readings) {
      for (const way of ways) {
        const made = way(reading);
        if (made !== null) next.add(made);
      }
    }
    readings = next;
  }
  return readings;
}

/** By path elements. */
export function isUnder(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}

/** The names that a server may take a Host for: without its port, its letters in either case, dots at its end or not. */
export function hostReadings(host: string): ReadonlySet<string> {
  const name = decoded(host.trim()).toLowerCase().replace(/:.*$/s, "");
  return new Set([name, name.replace(/\.$/, ""), name.replace(/\.+$/, "")]);
}

function same(path: string): string {
  return path;
}

/** Once, and every byte: `%2F` is a slash then. */
function decoded(path: string): string {
  return path.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Path parameters of servlets. */
function withoutParameters(path: string): string {
  return path.replace(/;[^/]*/g, "");
}

function withSlashes(path: string): string {
  return path.replaceAll("\\", "/");
}

function merged(path: string): string {
  return path.replace(/\/{2,}/g, "/");
}

/** As nginx does it: what climbs above the root is refused. */
function withoutDots(path: string): string | null {
  return resolved(path, () => null);
}

/** As browsers do it: nothing is above the root. */
function clamped(path: string): string | null {
  return resolved(path, (kept) => kept);
}

function resolved(path: string, atRoot: (kept: string[]) => string[] | null): string | null {
  let kept: string[] = [];
  const elements = path.split("/").slice(1);
  for (const [index, element] of elements.entries()) {
    const isLast = index === elements.length - 1;
    if (element === "..") {
      const left = kept.length === 0 ? atRoot(kept) : kept.slice(0, -1);
      if (left === null) return null;
      kept = left;
    } else if (element !== ".") kept.push(element);
    if (isLast && (element === "." || element === "..")) kept.push("");
  }
  return `/${kept.join("/")}`;
}
