import { parseRange } from "../../../../table/address.ts";
import { type Access, NO_ACCESS_LISTS } from "../../../ir/access.ts";
import { type Directive, readDirectives } from "./snippet-lines.ts";

const SNIPPET = "nginx.ingress.kubernetes.io/configuration-snippet";

/** One `allow` or `deny` of nginx. */
interface AccessLine {
  readonly allows: boolean;
  readonly ranges: readonly Cidr[];
}

/** The first `bits` of an address of 32 or 128 bits. */
interface Cidr {
  readonly size: 32 | 128;
  readonly first: bigint;
  readonly bits: number;
}

const ALL: readonly Cidr[] = [
  { size: 32, first: 0n, bits: 0 },
  { size: 128, first: 0n, bits: 0 },
];

/** Null for what is neither an address, a CIDR nor `all`. */
export function readAccessLine({ name, args }: Pick<Directive, "name" | "args">): AccessLine | null {
  const [what = "", ...more] = args;
  if (more.length > 0) return null;
  const allows = name === "allow";
  if (what === "all") return { allows, ranges: ALL };
  const range = cidrOf(what);
  return range === null ? null : { allows, ranges: [range] };
}

/** The lines of an Ingress's `configuration-snippet` that can be read. */
export function accessLinesOf(annotations: Readonly<Record<string, string>>): readonly AccessLine[] {
  const directives = readDirectives(annotations[SNIPPET] ?? "") ?? [];
  const lines = directives.filter(({ name, block }) => block === null && (name === "allow" || name === "deny"));
  return lines.map(readAccessLine).filter((line) => line !== null);
}

/**
 * The lists of annotations and the lines of a snippet, which stand in this order in one location: of all lines the first
 * counts that has the client's address (nginx/nginx:src/http/modules/ngx_http_access_module.c).
 */
export function joinedAccess(lists: Pick<Access, "allow" | "deny">, lines: readonly AccessLine[]): Access {
  const listed = (texts: readonly string[], allows: boolean) =>
    texts.map((text): AccessLine => ({ allows, ranges: [cidrOf(text)].filter((each) => each !== null) }));
  const rest = lists.allow.length > 0 ? [{ allows: false, ranges: ALL }] : [];
  const all = [...listed(lists.deny, false), ...listed(lists.allow, true), ...rest, ...lines];
  const end = all.findIndex(({ ranges }) => ranges === ALL);
  const counted = end < 0 ? all : all.slice(0, end);
  const isClosed = end >= 0 && all[end]?.allows === false;
  // Where everybody else is let in, those that are not; where nobody else is, those that are.
  const named = counted.flatMap(({ allows, ranges }, index) =>
    allows === isClosed ? ranges.flatMap((range) => without(range, counted.slice(0, index), !allows)) : [],
  );
  const texts = named.map(cidrText);
  if (!isClosed) return { ...NO_ACCESS_LISTS, deny: texts };
  return texts.length === 0 ? { ...NO_ACCESS_LISTS, deny: ALL.map(cidrText) } : { ...NO_ACCESS_LISTS, allow: texts };
}

/** What is left of a range without those that lines before it say otherwise of. */
function without(range: Cidr, lines: readonly AccessLine[], allows: boolean): readonly Cidr[] {
  const taken = lines.filter((line) => line.allows === allows).flatMap(({ ranges }) => ranges);
  return taken.reduce<readonly Cidr[]>((left, other) => left.flatMap((each) => minus(each, other)), [range]);
}

function minus(range: Cidr, other: Cidr): readonly Cidr[] {
  if (covers(other, range)) return [];
  if (!covers(range, other)) return [range];
  const bits = range.bits + 1;
  const half = { ...range, bits };
  const upper = { ...half, first: range.first | (1n << BigInt(range.size - bits)) };
  return [...minus(half, other), ...minus(upper, other)];
}

function covers(range: Cidr, other: Cidr): boolean {
  const free = BigInt(range.size - range.bits);
  return range.size === other.size && range.bits <= other.bits && range.first >> free === other.first >> free;
}

function cidrOf(text: string): Cidr | null {
  const range = parseRange(text);
  if (range === null) return null;
  const size = range.bytes.length === 4 ? 32 : 128;
  const free = BigInt(size - range.bits);
  const address = range.bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return { size, first: (address >> free) << free, bits: range.bits };
}

function cidrText({ size, first, bits }: Cidr): string {
  const width = size === 32 ? 8 : 16;
  const parts = Array.from({ length: size / width }, (_, index) =>
    ((first >> BigInt(size - width * (index + 1))) & ((1n << BigInt(width)) - 1n)).toString(size === 32 ? 10 : 16),
  );
  return `${parts.join(size === 32 ? "." : ":")}/${bits}`;
}
