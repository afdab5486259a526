import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { encodeTable } from "../../../src/compiler/table/encode.ts";
import { createEdge } from "../../../src/edge/app.ts";
import {
  ACTIVE,
  PIECE_BYTES,
  PUBLICATION_FORMAT,
  type Publication,
  pieceNames,
  signedText,
  signingInput,
} from "../../../src/table/publication.ts";
import { type RouterSketch, routerOf } from "../../support/router.ts";

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
  const hash = Buffer.from(await crypto.subtle.digest("SHA-256", table)).toString("hex");
  const publishedAt = new Date(Date.UTC(2026, 5, 1) + version * 1_000).toISOString();
  const note = { replaces: "", by: "someone", commit: "", message: "" };
  return { format: PUBLICATION_FORMAT, version, hash, bytes: table.length, publishedAt, ...note, ...more };
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
  const state = { fails: false, hangs: false, reads: [] as string[] };
  const namespace = {
    async get(name: string) {
      state.reads.push(name);
      if (state.hangs) await new Promise(() => undefined);
      if (state.fails) throw new Error("KV GET failed");
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
  const send = async (url: string, init: RequestInit = {}) => {
    const context = createExecutionContext();
    const response = await app.fetch(new Request(url, init), env, context);
    return { response, behind: () => waitOnExecutionContext(context) };
  };
  const ask = async () => {
    const { response, behind } = await send("http://shop.test/");
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
      for (const [index, name] of pieceNames(publication).entries()) {
        entries.set(name, table.slice(index * PIECE_BYTES, (index + 1) * PIECE_BYTES).buffer);
      }
      entries.set(ACTIVE, await sign(publication, keys));
      return publication;
    },
    async status() {
      const { response, behind } = await send("http://shop.test/.edge-ingress/status", {
        headers: { authorization: "Bearer token" },
      });
      const { published } = (await response.json()) as {
        published: { version: number | null; problem: string | null; bindings: string[] };
      };
      await behind();
      return published;
    },
  };
}
