/** The values of a cookie in the order in which they stand, without quotes (RFC 6265 §5.4). */
export function cookiesNamed(headers: Headers, name: string): string[] {
  const pairs = (headers.get("cookie") ?? "").split(";").filter((pair) => nameOf(pair) === name);
  return pairs.map(contentOf);
}

/** The names of all cookies of a request. */
export function cookieNamesIn(headers: Headers): string[] {
  return (headers.get("cookie") ?? "").split(";").flatMap((pair) => nameOf(pair) ?? []);
}

/** A Cookie header without the cookies of these names; null where none is left. */
export function withoutCookies(header: string, names: ReadonlySet<string>): string | null {
  const left = header.split(";").filter((pair) => !names.has(nameOf(pair) ?? ""));
  return left.some((pair) => pair.trim() !== "") ? left.join(";").trim() : null;
}

function nameOf(pair: string): string | null {
  const equals = pair.indexOf("=");
  return equals < 0 ? null : pair.slice(0, equals).trim();
}

function contentOf(pair: string): string {
  const value = pair.slice(pair.indexOf("=") + 1).trim();
  return value.replace(/^"(.*)"$/, "$1");
}
