/**
 * Tables in KV, a small one in one value, a large one in parts (`sharding.ts`). They lie under the version and the hash of their publication, which no other one has; the entry `active` says
 * which one is served, and is signed, for whoever may write there could route everything. It is a JWS in compact form (RFC 7515 §7.1) with one header for all: Ed25519
 * (RFC 8037 §3.1), so that nothing in it chooses how it is checked.
 */

/** The binding of the edge's worker, and the id of the namespace of `dev`. */
export const TABLES_NAMESPACE = "EDGE_INGRESS_TABLES";

/** Text binding with the public keys whose publications are served: raw, in base64url, with spaces between. */
export const TABLE_KEYS = "EDGE_INGRESS_TABLE_KEYS";
/** Text binding: a time in ISO 8601; what was published before it is not served. */
export const TABLE_NOT_BEFORE = "EDGE_INGRESS_TABLE_NOT_BEFORE";

/** Of a publication whose table is one value. Counted up where one is to be read in another way. */
export const PUBLICATION_FORMAT = 2;
/** Of one whose table is in parts. */
export const PARTS_FORMAT = 3;

/** A value in KV, as it was signed. */
export interface Part {
  /** SHA-256 of it, 64 hex digits. */
  readonly hash: string;
  readonly bytes: number;
}

/** A sharded table (`sharding.ts`). */
export interface Parts {
  /** That of the whole table. */
  readonly contentHash: string;
  readonly common: Part;
  readonly directory: Part;
  /** A power of two of them. */
  readonly shards: readonly Part[];
}

/** One step in the history of an edge. */
export interface Publication {
  readonly format: typeof PUBLICATION_FORMAT | typeof PARTS_FORMAT;
  /** Greater than that of the publication in whose place it comes; a rollback has a new one too. */
  readonly version: number;
  /** The name in the history of the publication that it was compared with, and in whose place it comes; empty: none. */
  readonly replaces: string;
  /** SHA-256 of the whole table's bytes, 64 hex digits. */
  readonly hash: string;
  readonly bytes: number;
  /** Of `PARTS_FORMAT` alone: what lies in KV. */
  readonly parts?: Parts;
  /** ISO 8601. */
  readonly publishedAt: string;
  /** Who published it, of which commit and why; empty where that is not known. */
  readonly by: string;
  readonly commit: string;
  readonly message: string;
}

/** The name of the publication that is served. */
export const ACTIVE = "active";

/** The prefix of the publications that are kept. */
export const HISTORY = "history/";

/** Digits enough that KV's order of names is that of versions; two that have one version have two names. */
export function historyName(publication: Pick<Publication, "version" | "hash">): string {
  return `${HISTORY}${nameOf(publication)}`;
}

function nameOf({ version, hash }: Pick<Publication, "version" | "hash">): string {
  return `${String(version).padStart(10, "0")}-${hash.slice(0, 16)}`;
}

/** The version that has this name; null: it is none of a publication. */
export function versionOf(name: string): number | null {
  const [, digits] = /^history\/(\d{10})-[0-9a-f]{16}$/.exec(name) ?? [];
  return digits === undefined ? null : Number(digits);
}

/** Which of two publications is to serve: one order for publishers and isolates, whatever KV shows them first. */
export function isNewer(a: Publication, b: Publication): boolean {
  if (a.version !== b.version) return a.version > b.version;
  return a.publishedAt === b.publishedAt ? a.hash > b.hash : a.publishedAt > b.publishedAt;
}

/** Bytes of a table in one value. An isolate has 128 MB for the one that serves, the one that it reads, and all requests. */
export const MOST_IN_ONE = 20 * 1024 * 1024;
/** Bytes of a shard: one is read beside the request that needs it. A host is in one shard. */
export const MOST_IN_SHARD = 8 * 1024 * 1024;

/** The prefix of all tables. */
export const TABLE = "table/";

/** The publication whose table a value is part of; null: it is none. */
export function publicationOfPart(name: string): { readonly name: string; readonly version: number } | null {
  const [, of = "", digits = ""] = /^table\/((\d{10})-[0-9a-f]{16})\/[0-9a-f]+$/.exec(name) ?? [];
  return of === "" ? null : { name: of, version: Number(digits) };
}

/**
 * Where a part lies; null: the whole table in one value. Publishers that split one table in different ways overwrite nothing of each
 * other's.
 */
export function valueName(publication: Pick<Publication, "version" | "hash">, part: Part | null): string {
  return `${TABLE}${nameOf(publication)}/${part === null ? 0 : part.hash.slice(0, 32)}`;
}

/** Where all of its table lies. Parts that are the same are one value. */
export function valueNames(publication: Pick<Publication, "version" | "hash" | "parts">): ReadonlySet<string> {
  const { parts } = publication;
  const all = parts === undefined ? [null] : [parts.common, parts.directory, ...parts.shards];
  return new Set(all.map((part) => valueName(publication, part)));
}

/** `{"alg":"EdDSA","typ":"edge-ingress-table"}` */
const HEADER = "eyJhbGciOiJFZERTQSIsInR5cCI6ImVkZ2UtaW5ncmVzcy10YWJsZSJ9";

/** What is signed. */
export function signingInput(publication: Publication): string {
  return `${HEADER}.${toBase64Url(new TextEncoder().encode(JSON.stringify(publication)))}`;
}

/** The publication with its signature, as KV holds it. */
export function signedText(input: string, signature: Uint8Array): string {
  return `${input}.${toBase64Url(signature)}`;
}

/** A key that checks signatures. */
export type TrustedKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** Public keys of a text as `TABLE_KEYS` has it. Throws where one is none. */
export async function importKeys(text: string): Promise<TrustedKey[]> {
  const keys = text.split(/[\s,]+/).filter((key) => key !== "");
  return Promise.all(
    keys.map((key) => crypto.subtle.importKey("raw", fromBase64Url(key), { name: "Ed25519" }, false, ["verify"])),
  );
}

export type ReadPublication =
  | { readonly ok: true; readonly publication: Publication }
  | { readonly ok: false; readonly reason: string };

/** Reads what KV holds, and believes it where one of the keys signed it. */
export async function readPublication(text: string, keys: readonly TrustedKey[]): Promise<ReadPublication> {
  const [header, payload = "", signature = "", ...more] = text.split(".");
  if (header !== HEADER || more.length > 0) return { ok: false, reason: "it is no signed publication" };
  try {
    const input = new TextEncoder().encode(`${header}.${payload}`);
    const sent = fromBase64Url(signature);
    const checks = await Promise.all(keys.map((key) => crypto.subtle.verify("Ed25519", key, sent, input)));
    if (!checks.includes(true)) return { ok: false, reason: "its signature is not that of a key that is trusted here" };
    return judge(JSON.parse(new TextDecoder().decode(fromBase64Url(payload))));
  } catch {
    return { ok: false, reason: "it is no signed publication" };
  }
}

/** What is signed is believed, but may be of another version of edge-ingress. */
function judge(value: unknown): ReadPublication {
  const { format, version, hash, bytes, parts, publishedAt } = value as Partial<Publication>;
  if (format !== PUBLICATION_FORMAT && format !== PARTS_FORMAT) {
    return { ok: false, reason: "it is of another format: deploy the worker of the edge-ingress that published it" };
  }
  if (format === PUBLICATION_FORMAT && (bytes as number) > MOST_IN_ONE) {
    return { ok: false, reason: "its table is in pieces, as an older edge-ingress wrote it: publish it again" };
  }
  const isWhole =
    Number.isSafeInteger(version) &&
    isPart({ hash, bytes }) &&
    (format === PUBLICATION_FORMAT || areParts(parts)) &&
    !Number.isNaN(Date.parse(publishedAt ?? ""));
  return isWhole
    ? { ok: true, publication: value as Publication }
    : { ok: false, reason: "what is signed is no publication" };
}

function areParts(parts: Partial<Parts> = {}): boolean {
  const { contentHash = "", common, directory, shards = [] } = parts;
  const { length } = shards;
  const isPowerOfTwo = length > 0 && (length & (length - 1)) === 0;
  return isPowerOfTwo && [{ hash: contentHash, bytes: 0 }, common, directory, ...shards].every(isPart);
}

function isPart(part: { readonly hash?: string | undefined; readonly bytes?: number | undefined } = {}): boolean {
  return Number.isSafeInteger(part.bytes) && /^[0-9a-f]{64}$/.test(part.hash ?? "");
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function toBase64Url(bytes: Uint8Array): string {
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
