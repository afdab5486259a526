import type { HostRouter } from "../../table/match.ts";
import type { Witness } from "./change.ts";

/** What a request says beyond host and path. */
export interface View {
  readonly method: string;
  readonly headers: Witness["headers"];
  /** With its `?`; else empty. */
  readonly query: string;
}

interface Atom {
  readonly part: "method" | "header" | "query";
  readonly name: string;
  readonly value: string;
}

const PLAIN: View = { method: "GET", headers: [], query: "" };
/** All subsets of so many conditions are tried; of more, each alone, each pair, and those of each rule. */
const MOST_FOR_ALL = 8;

/** Views of which each meets another set of the conditions of these hosts' rules; one alone where they have none. */
export function views(routers: readonly HostRouter[]): View[] {
  const sets = routers.flatMap(({ rules }) =>
    rules.flatMap(({ conditions }) => (conditions ? [atomsOf(conditions)] : [])),
  );
  if (sets.length === 0) return [PLAIN];
  const atoms = [...new Map(sets.flat().map((atom) => [JSON.stringify(atom), atom])).values()];
  const chosen =
    atoms.length <= MOST_FOR_ALL ? subsets(atoms) : [...atoms.map((atom) => [atom]), ...pairs(atoms), ...sets];
  const made = [PLAIN, ...chosen.map(viewOf)].map((view) => [JSON.stringify(view), view] as const);
  return [...new Map(made).values()];
}

function atomsOf({ method, headers, queryParams }: NonNullable<HostRouter["rules"][number]["conditions"]>): Atom[] {
  return [
    ...(method === null ? [] : [{ part: "method", name: "", value: method } as const]),
    ...headers.map(({ name, value }) => ({ part: "header", name, value }) as const),
    ...queryParams.map(({ name, value }) => ({ part: "query", name, value }) as const),
  ];
}

/** Of atoms that exclude each other the last one counts. */
function viewOf(atoms: readonly Atom[]): View {
  const of = (part: Atom["part"]) =>
    new Map(atoms.filter((atom) => atom.part === part).map(({ name, value }) => [name, value]));
  const query = [...of("query")].map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  return {
    method: of("method").get("") ?? PLAIN.method,
    headers: [...of("header")],
    query: query.length === 0 ? "" : `?${query.join("&")}`,
  };
}

function subsets(atoms: readonly Atom[]): Atom[][] {
  return Array.from({ length: 2 ** atoms.length }, (_, bits) => atoms.filter((_, index) => bits & (1 << index)));
}

function pairs(atoms: readonly Atom[]): Atom[][] {
  return atoms.flatMap((a, index) => atoms.slice(index + 1).map((b) => [a, b]));
}
