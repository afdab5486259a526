import type { HttpMatch } from "../../src/compiler/ir/match.ts";
import type { Router, VirtualHost } from "../../src/compiler/ir/router.ts";

export interface OracleRequest {
  readonly host: string;
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
}

/**
 * The matcher as the specification says it, without any index: every host and every rule is looked at. Slow, and the
 * measure for the table's matcher. Gives the name of the rule's Service, or null.
 */
export function oracleMatch(router: Router, request: OracleRequest): string | null {
  const host =
    router.hosts.find(({ hostname }) => hostname === request.host) ??
    router.hosts
      .filter((candidate) => wildcardCovers(candidate, request.host))
      .sort((a, b) => b.hostname.length - a.hostname.length)[0] ??
    router.hosts.find(({ hostname }) => hostname === "*");
  const taken = host?.rules.filter(({ rule }) => matches(rule.match, request)) ?? [];
  const best = taken.sort(
    (a, b) => byPattern(a.rule.match, b.rule.match) || rank(b.rule.match) - rank(a.rule.match),
  )[0];
  return best?.rule.owner.name ?? null;
}

function wildcardCovers({ hostname, wildcard }: VirtualHost, host: string): boolean {
  if (!hostname.startsWith("*.") || !host.endsWith(hostname.slice(1))) return false;
  const star = host.slice(0, host.length - hostname.length + 1);
  return star !== "" && (wildcard === "any-depth" || !star.includes("."));
}

function matches({ path, method, headers, queryParams }: HttpMatch, request: OracleRequest): boolean {
  const elements = (text: string) =>
    text.split("/").filter((_, index, all) => index < all.length - 1 || all[index] !== "");
  const prefix = elements(path.value);
  const takesPath =
    path.type === "Exact"
      ? request.path === path.value
      : path.type === "RegularExpression"
        ? new RegExp(`^${path.value}`, "i").test(request.path)
        : prefix.every((element, index) => request.path.split("/")[index] === element);
  return (
    takesPath &&
    (method === null || method === (request.method ?? "GET")) &&
    headers.every(({ name, value }) => request.headers?.[name] === value) &&
    queryParams.every(({ name, value }) => request.query?.[name] === value)
  );
}

/** Of two patterns the longer text, then the later one of the alphabet. */
function byPattern({ path: a }: HttpMatch, { path: b }: HttpMatch): number {
  if (a.type !== "RegularExpression" || b.type !== "RegularExpression") return 0;
  return b.value.length - a.value.length || (a.value < b.value ? 1 : -1);
}

/** Exact, then a pattern, then the longer prefix, then a method, more headers, more query parameters. */
function rank({ path, method, headers, queryParams }: HttpMatch): number {
  const length =
    path.type === "Exact" ? 2e6 : path.type === "RegularExpression" ? 1e6 : path.value.replace(/\/$/, "").length;
  return length * 1e6 + (method === null ? 0 : 1e5) + headers.length * 1e3 + queryParams.length;
}
