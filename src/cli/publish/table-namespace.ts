import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  ACTIVE,
  HISTORY,
  historyName,
  PIECE_BYTES,
  type Publication,
  pieceNames,
  TABLE,
  TABLES_NAMESPACE,
  versionOf,
} from "../../table/publication.ts";
import { kvFlags, type NamespaceFlags } from "../kv-flags.ts";
import { UsageError } from "../output.ts";
import { namesOf, parsePrinted } from "../secrets/store.ts";
import { withTemporaryDirectory } from "../temporary.ts";
import { runWrangler, wranglerOutput } from "../wrangler.ts";

/** Characters of a message that are kept: KV takes 1,024 bytes beside a name. */
const MOST_NOTE = 120;

/** What a listing says of a publication. Whoever may write to KV may have written it: only the entry itself is signed. */
export interface ListedPublication
  extends Pick<Publication, "version" | "replaces" | "hash" | "publishedAt" | "by" | "commit" | "message"> {
  /** In KV. */
  readonly name: string;
}

/** The published tables in a KV namespace, by way of wrangler. */
export class TableNamespace {
  readonly #flags: readonly string[];
  /** For messages. */
  readonly title: string;

  constructor(flags: NamespaceFlags) {
    this.#flags = kvFlags(flags, "tables", TABLES_NAMESPACE);
    this.title = `the KV namespace ${this.#flags[1]}${flags.local ? " of dev" : ""}`;
  }

  /** The signed text of the publication that is served; null: there is none. */
  active(): Promise<string | null> {
    return this.#text(ACTIVE);
  }

  /** The signed text of a publication of the history; null: there is none of that name. */
  publication(name: string): Promise<string | null> {
    return this.#text(name);
  }

  /** The newest first, as KV shows it now. */
  async history(): Promise<ListedPublication[]> {
    const listed = (await this.#list(HISTORY)).map(listedPublication).filter((entry) => entry !== null);
    return listed.sort((a, b) => (a.name < b.name ? 1 : -1));
  }

  /** Names of all pieces of tables. */
  async pieces(): Promise<string[]> {
    const names = namesOf(await this.#list(TABLE));
    if (names === null) throw new UsageError("wrangler kv key list printed something that is no list");
    return names;
  }

  async #list(prefix: string): Promise<unknown[]> {
    const entries = parsePrinted(await runWrangler(["kv", "key", "list", "--prefix", prefix, ...this.#flags]));
    if (!Array.isArray(entries)) throw new UsageError("wrangler kv key list printed something that is no list");
    return entries;
  }

  /** Takes entries away; those that are not there are none. */
  remove(names: readonly string[]): Promise<void> {
    return withTemporaryDirectory("tables", async (directory) => {
      const file = join(directory, "names");
      writeFileSync(file, JSON.stringify(names));
      await runWrangler(["kv", "bulk", "delete", file, "--force", ...this.#flags]);
    });
  }

  /** The bytes as they are there, whatever they are; null where a piece is not there. */
  async table(publication: Publication): Promise<Uint8Array<ArrayBuffer> | null> {
    const pieces: Buffer[] = [];
    for (const name of pieceNames(publication)) {
      const piece = await this.#bytes(name);
      if (piece === null) return null;
      pieces.push(piece);
    }
    return new Uint8Array(Buffer.concat(pieces));
  }

  /** Writes a table, in the names of its publication. */
  async putTable(publication: Publication, table: Uint8Array): Promise<void> {
    await withTemporaryDirectory("tables", async (directory) => {
      const file = join(directory, "value");
      for (const [index, name] of pieceNames(publication).entries()) {
        writeFileSync(file, table.subarray(index * PIECE_BYTES, (index + 1) * PIECE_BYTES));
        await runWrangler(["kv", "key", "put", name, "--path", file, ...this.#flags]);
      }
    });
  }

  /** Writes a publication into the history. */
  putHistory(publication: Publication, text: string): Promise<void> {
    const { format: _, bytes: __, ...metadata } = publication;
    return this.#putEntry({ key: historyName(publication), value: text, metadata });
  }

  /** Has a publication served. */
  putActive(text: string): Promise<void> {
    return this.#putEntry({ key: ACTIVE, value: text });
  }

  #putEntry(entry: object): Promise<void> {
    return withTemporaryDirectory("tables", async (directory) => {
      const file = join(directory, "value");
      writeFileSync(file, JSON.stringify([entry]));
      await runWrangler(["kv", "bulk", "put", file, ...this.#flags]);
    });
  }

  async #text(name: string): Promise<string | null> {
    return (await this.#bytes(name))?.toString().trim() ?? null;
  }

  async #bytes(name: string): Promise<Buffer | null> {
    try {
      const bytes = await wranglerOutput(["kv", "key", "get", name, ...this.#flags]);
      // What wrangler prints of a local namespace, with exit code 0, for a name that does not exist.
      return bytes.length < 64 && bytes.toString().trim() === "Value not found" ? null : bytes;
    } catch (error) {
      if (error instanceof UsageError && /- 404: /.test(error.message)) return null;
      throw error;
    }
  }
}

function listedPublication(entry: unknown): ListedPublication | null {
  if (typeof entry !== "object" || entry === null) return null;
  const { name, metadata } = entry as { readonly name?: unknown; readonly metadata?: unknown };
  if (typeof name !== "string") return null;
  const version = versionOf(name);
  if (version === null) return null;
  const told = (typeof metadata === "object" && metadata !== null ? metadata : {}) as Readonly<Record<string, unknown>>;
  const text = (field: string) => (typeof told[field] === "string" ? (told[field] as string) : "");
  return {
    name,
    version,
    replaces: text("replaces"),
    hash: text("hash"),
    publishedAt: text("publishedAt"),
    by: text("by"),
    commit: text("commit"),
    message: text("message"),
  };
}

/** One line, no longer than KV takes it beside a name. */
export function note(text: string): string {
  return [...(text.trim().split(/\r?\n/, 1)[0] ?? "")].slice(0, MOST_NOTE).join("");
}
