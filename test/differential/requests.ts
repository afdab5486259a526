import type { Behaviour } from "./behaviours/behaviour.ts";
import { ANSWER, CASE } from "./wire/backend.ts";

/** One request, as both are asked it. */
export interface Asked {
  readonly number: number;
  readonly https: boolean;
  readonly method: string;
  /** As it stands in the request line: any bytes but spaces. */
  readonly target: string;
  readonly host: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  readonly client: string;
}

/** The header by which the platform tells the edge who asks; nginx is told to read the same one. */
export const CLIENT = "cf-connecting-ip";

/** The requests of a behaviour: always the same ones. */
export function requestsFor(behaviour: Behaviour, count: number): readonly Asked[] {
  const dice = new Dice(behaviour.name);
  return Array.from({ length: count }, (_, number) => requestOf(behaviour, number, dice));
}

export function bytesOf({ number, method, target, host, headers, body, client }: Asked): string {
  const lines = [
    `${method} ${target} HTTP/1.1`,
    `Host: ${host}`,
    `${CASE}: ${number}`,
    `${CLIENT}: ${client}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(body === "" ? [] : [`Content-Length: ${body.length}`]),
  ];
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

/** Numbers that look like chance and are not (mulberry32), from a text. */
class Dice {
  #state = 0x9e3779b9;

  constructor(seed: string) {
    for (const character of seed) this.#state = Math.imul(this.#state ^ character.charCodeAt(0), 0x01000193);
  }

  /** At least 0, less than 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  holds(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }
}

function requestOf(behaviour: Behaviour, number: number, dice: Dice): Asked {
  const { headers = {}, answers = ["ok", "own"], methods = METHODS, clients = CLIENTS } = behaviour;
  const method = dice.pick(methods);
  const own = Object.entries(headers).flatMap(([name, values]) =>
    dice.holds(0.7) ? [[name, dice.pick(values)] as const] : [],
  );
  const names = new Set(own.map(([name]) => name.toLowerCase()));
  const usual = USUAL_HEADERS.filter(([name]) => dice.holds(0.09) && !names.has(name.toLowerCase()));
  return {
    number,
    https: behaviour.https === true && dice.holds(0.5),
    method,
    target: pathOf(dice.pick(behaviour.paths), dice) + dice.pick(QUERIES),
    host: dice.pick(HOSTS)(dice.pick(behaviour.hosts)),
    headers: [
      [ANSWER, dice.pick(answers)],
      ...own,
      ...usual.map(([name, values]) => [name, dice.pick(values)] as const),
    ],
    body: bodyOf(behaviour, method, dice),
    client: dice.pick(clients),
  };
}

const METHODS = ["GET", "GET", "GET", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const CLIENTS = ["192.0.2.7", "198.51.100.9", "10.1.2.3", "2001:db8::7"];
const QUERIES = ["", "", "", "", "?", "?a=1", "?a=%2F&b=+c", "?next=//x/../y", "?a=1&a=2?x", "?q=%zz"];

function bodyOf({ bodies = [11] }: Behaviour, method: string, dice: Dice): string {
  return method === "POST" || method === "PUT" || method === "PATCH" ? "b".repeat(dice.pick(bodies)) : "";
}

type Change = (text: string, dice: Dice) => string;
const same: Change = (text) => text;

/** What becomes of the name of a host. */
const HOSTS: readonly ((host: string) => string)[] = [
  ...Array.from({ length: 14 }, () => (host: string) => host),
  (host) => host.toUpperCase(),
  (host) => `${host}:8080`,
  (host) => `${host}:80`,
  (host) => `${host}.`,
  (host) => `sub.${host}`,
  (host) => `a.b.${host}`,
  (host) => `www.${host}`,
  (host) => host.replace(/^www\./, ""),
  () => "unknown.example.org",
];

function pathOf(path: string, dice: Dice): string {
  const changed = dice.pick(PATHS)(path, dice);
  return dice.holds(0.15) ? dice.pick(PATHS)(changed, dice) : changed;
}

/** What becomes of a path. */
const PATHS: readonly Change[] = [
  ...Array.from({ length: 12 }, () => same),
  (path) => (path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : `${path}/`),
  (path) => `${path}/`,
  (path) => `${path}x`,
  (path, dice) => `${path}/${dice.pick(["a", "b/c", "index.html", "1", "Ä".charCodeAt(0) > 255 ? "" : "%C3%A4"])}`,
  (path) => path.toUpperCase(),
  (path, dice) => at(path, dice, (character) => character.toUpperCase()),
  (path, dice) => at(path, dice, escapedLower),
  (path, dice) => at(path, dice, escapedLower),
  (path, dice) =>
    `${path}${dice.pick(["%20b", "%2Fx", "%2fx", "%3Fx", "%23x", "%25x", "%5Cx", "%3Bx", "%c3%a9", "%E9", "%7Ex", "%40", "%0A"])}`,
  (path, dice) =>
    `${path}${dice.pick(["//x", "//", "/./x", "/../x", "/x/..", "/.", "/..", "/.x", "/...", "/%2e%2e/x", "/%2E/x"])}`,
  (path) => `/${path}`,
  (path) => path.replaceAll("/", "//"),
  (path, dice) => dice.pick([`/x/..${path}`, `/.${path}`, `/..${path}`, `/x/%2e%2e${path}`]),
  (path, dice) =>
    `${path}${dice.pick([";v=1", ";", ",x", "@x", ":8", "$1", "(x)", "'", "!", "*", "+x", "~", "|x", "[x]", "\\x", '"x', "<x>", "^", "`", "{x}"])}`,
  (path, dice) => `${path}${dice.pick(["%00", "%zz", "%", "%1", "é", "#f"])}`,
];

/** One character of a path, slashes left alone. */
function at(path: string, dice: Dice, change: (character: string) => string): string {
  const index = 1 + dice.below(Math.max(1, path.length - 1));
  const character = path.charAt(index);
  if (character === "" || character === "/") return path;
  return path.slice(0, index) + change(character) + path.slice(index + 1);
}

function escapedLower(character: string): string {
  return `%${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

/** Headers that clients send, or would like a proxy to believe. */
const USUAL_HEADERS: readonly (readonly [name: string, values: readonly string[]])[] = [
  ["Accept", ["*/*", "text/html", "application/json"]],
  ["Accept-Encoding", ["gzip, br", "identity"]],
  ["Accept-Language", ["de, en;q=0.5"]],
  ["User-Agent", ["curl/8", "Mozilla/5.0 (X11)", ""]],
  ["Cookie", ["a=1; b=2", "session=x"]],
  ["Referer", ["https://elsewhere.test/x"]],
  ["If-None-Match", ['"1"']],
  ["Range", ["bytes=0-1"]],
  ["Cache-Control", ["no-cache"]],
  ["Authorization", ["Bearer token"]],
  ["Origin", ["https://elsewhere.test"]],
  ["X-Request-ID", ["abc-123", "f00d"]],
  ["X-Forwarded-For", ["203.0.113.5", "203.0.113.5, 10.0.0.1"]],
  ["X-Forwarded-Proto", ["https", "http"]],
  ["X-Forwarded-Host", ["forwarded.test", "a.test, b.test"]],
  ["X-Forwarded-Port", ["8443"]],
  ["X-Forwarded-Scheme", ["https"]],
  ["X-Forwarded-Prefix", ["/claimed"]],
  ["X-Scheme", ["https"]],
  ["X-Real-IP", ["203.0.113.6"]],
  ["X-Original-URI", ["/claimed"]],
  ["X-Original-URL", ["/claimed"]],
  ["Forwarded", ["for=203.0.113.5"]],
  ["Proxy", ["http://evil.test"]],
  ["X_Under_Score", ["1"]],
  ["X-Custom", ["one", "two words", "ünï"]],
  ["Connection", ["keep-alive", "X-Custom"]],
  ["TE", ["trailers"]],
  ["X-HTTP-Method-Override", ["DELETE"]],
];
