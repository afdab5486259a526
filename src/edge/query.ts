/** The values of a query parameter in the order in which they stand; `query` is with its `?`, or empty. */
export function parametersNamed(query: string, name: string): string[] {
  return new URLSearchParams(query).getAll(name);
}

/** The query without the parameters of these names, the others as they were sent. */
export function withoutParameters(query: string, names: ReadonlySet<string>): string {
  const pairs = query.slice(1).split("&");
  const left = pairs.filter((pair) => !isNamed(pair, names));
  if (left.length === pairs.length) return query;
  return left.length === 0 ? "" : `?${left.join("&")}`;
}

/** A name may be written with escapes: `%74oken` is `token` to every server. */
function isNamed(pair: string, names: ReadonlySet<string>): boolean {
  const [name] = new URLSearchParams(`&${pair}`).keys();
  return name !== undefined && names.has(name);
}
