import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { afterEach, beforeEach, vi } from "vitest";
import { encodeTable } from "../../../src/compiler/table/encode.ts";
import { type ShardSizes, splitTable } from "../../../src/compiler/table/shards.ts";
import { createEdge } from "../../../src/edge/app.ts";
import {
  ACTIVE,
  PARTS_FORMAT,
  type Part,
  PUBLICATION_FORMAT,
  type Publication,
  signedText,
  signingInput,
  TABLE,
  valueName,
} from "../../../src/table/publication.ts";
import { openTable } from "../../../src/table/reader.ts";
import { type RouterSketch, routerOf } from "../../support/router.ts";

/** Each test of a file begins at one moment, and the clock stands still between `pass`. Warnings are not shown. */
export function inTheirOwnTime(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"] });
    vi.setSystemTime("2026-07-01T00:00:00Z");
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
}

export const pass = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds);

export type Edge = Awaited<ReturnType<typeof followingEdge>>;

/** A pair of keys, the public one as the worker has it. */
export async function keyPair() {
  const pair = (await crypto.subtle.generateKey({ name: "Ed25519" }, true, ["sign", "verify"])) as CryptoKeyPair;
  const raw = (await crypto.subtle.exportKey("raw", pair.publicKey)) as ArrayBuffer;
  return { privateKey: pair.privateKey, publicKey: Buffer.from(raw).toString("base64url") };
}

export type Keys = Awaited<ReturnType<typeof keyPair>>;

export async function sign(publication: Publication, { privateKey }: Keys): Promise<string> {
  const input = signingInput(publication);
  const signature = await crypto.subtle.sign("Ed25519", privateKey, new TextEncoder().encode(input));
  return signedText(input, new Uint8Array(signature));
}

/** The publication of a table. */
export async function publicationOf(
  table: Uint8Array<ArrayBuffer>,
  version: number,
  more: Partial<Publication> = {},
): Promise<Publication> {
  const hash = await hashOf(table);
  const publishedAt = new Date(Date.UTC(2026, 5, 1) + version * 1_000).toISOString();
  const note = { replaces: "", by: "someone", commit: "", message: "" };
  return { format: PUBLICATION_FORMAT, version, hash, bytes: table.length, publishedAt, ...note, ...more };
}

const hashOf = async (bytes: Uint8Array<ArrayBuffer>) =>
  Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex");

/** A table in shards of so many bytes: what is signed of it, and the values. */
export async function partsOf(table: Uint8Array<ArrayBuffer>, sizes: ShardSizes) {
  const opened = openTable(table.slice().buffer);
  const split = opened.ok ? splitTable(opened.table, table.length, sizes) : null;
  if (!opened.ok || split === null) throw new Error("it can't be split");
  const values = new Map<string, Uint8Array<ArrayBuffer>>();
  const partOf = async (bytes: Uint8Array<ArrayBuffer>): Promise<Part> => {
    const hash = await hashOf(bytes);
    values.set(hash, bytes);
    return { hash, bytes: bytes.length };
  };
  const { common, directory, shards } = split;
  const parts = {
    contentHash: opened.table.contentHash,
    common: await partOf(common),
    directory: await partOf(directory),
    shards: await Promise.all(shards.map(partOf)),
  };
  return { parts, values };
}

/** A table whose every request to `shop.test` goes to the endpoint of that name. */
export function tableTo(endpoint: string, more: Partial<RouterSketch["rules"][number]> = {}): Uint8Array<ArrayBuffer> {
  return encodeTable(
    routerOf({ rules: [{ hostname: "shop.test", path: "/", service: "web", targets: { [endpoint]: 1 }, ...more }] }),
  );
}

/** An edge whose bundled table leads to `bundled`, and the KV namespace that it follows. */
export async function followingEdge(more: Readonly<Record<string, unknown>> = {}) {
  const keys = await keyPair();
  const entries = new Map<string, string | ArrayBuffer>();
  const state = {
    fails: false,
    hangs: false,
    gate: null as Promise<void> | null,
    /** Milliseconds that a part of a table takes. */
    slow: 0,
    reads: [] as string[],
    /** How many parts of tables were read at a time. */
    atATime: 0,
  };
  let reading = 0;
  const namespace = {
    async get(name: string) {
      state.reads.push(name);
      if (state.gate !== null) await state.gate;
      if (state.hangs) await new Promise(() => undefined);
      if (state.fails) throw new Error("KV GET failed");
      if (!name.startsWith(TABLE)) return entries.get(name) ?? null;
      state.atATime = Math.max(state.atATime, ++reading);
      await new Promise((resolve) => (state.slow === 0 ? resolve(null) : setTimeout(resolve, state.slow)));
      reading--;
      return entries.get(name) ?? null;
    },
  };
  const endpoints = ["bundled", "one", "two"].map((name) => [name, { fetch: async () => new Response(name) }]);
  const env: Record<string, unknown> = {
    ...Object.fromEntries(endpoints),
    EDGE_INGRESS_TABLES: namespace,
    EDGE_INGRESS_TABLE_KEYS: keys.publicKey,
    EDGE_INGRESS_TABLE_REFRESH: "1000",
    EDGE_INGRESS_TABLE_HEADER: "x-table",
    EDGE_INGRESS_STATUS_TOKEN: "token",
    ...more,
  };
  const app = createEdge(tableTo("bundled").buffer);
  const put = (name: string, bytes: Uint8Array<ArrayBuffer>) => entries.set(name, bytes.slice().buffer);
  const send = async (url: string, init: RequestInit = {}) => {
    const context = createExecutionContext();
    const response = await app.fetch(new Request(url, init), env, context);
    return { response, behind: () => waitOnExecutionContext(context) };
  };
  const ask = async (url = "http://shop.test/") => {
    const { response, behind } = await send(url);
    const answer = { status: response.status, body: await response.text(), table: response.headers.get("x-table") };
    await behind();
    return answer;
  };
  return {
    keys,
    env,
    state,
    entries,
    send,
    ask,
    /** Puts a table and its signed publication there. */
    async publish(table: Uint8Array<ArrayBuffer>, version: number, changed: Partial<Publication> = {}) {
      const publication = await publicationOf(table, version, changed);
      put(valueName(publication, null), table);
      entries.set(ACTIVE, await sign(publication, keys));
      return publication;
    },
    /** The same in shards of so many bytes. */
    async publishShards(
      table: Uint8Array<ArrayBuffer>,
      version: number,
      { average = 300, most = 2 ** 20, ...changed }: Partial<Publication & ShardSizes> = {},
    ) {
      const { parts, values } = await partsOf(table, { average, most });
      const publication = await publicationOf(table, version, { format: PARTS_FORMAT, parts, ...changed });
      for (const [hash, bytes] of values) put(valueName(publication, { hash, bytes: bytes.length }), bytes);
      entries.set(ACTIVE, await sign(publication, keys));
      return publication;
    },
    async status() {
      const { response, behind } = await send("http://shop.test/.edge-ingress/status", {
        headers: { authorization: "Bearer token" },
      });
      const { published } = (await response.json()) as {
        published: {
          version: number | null;
          problem: string | null;
          bindings: string[];
          shards: { count: number; kept: number; bytes: number } | null;
        };
      };
      await behind();
      return published;
    },
  };
}
