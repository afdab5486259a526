import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  ACTIVE,
  HISTORY,
  historyName,
  PIECE_BYTES,
  type Publication,
  pieceNames,
  TABLES_NAMESPACE,
  versionOf,
} from "../../table/publication.ts";
import { kvFlags, type NamespaceFlags } from "../kv-flags.ts";
import { UsageError } from "../output.ts";
import { parsePrinted } from "../secrets/store.ts";
import { withTemporaryDirectory } from "../temporary.ts";
import { runWrangler, wranglerOutput } from "../wrangler.ts";

/** Characters of a message that are kept: KV takes 1,024 bytes beside a name. */
const MOST_NOTE = 120;

/** What a listing says of a publication. Whoever may write to KV may have written it: only the entry itself is signed. */
export type ListedPublication = Pick<Publication, "version" | "hash" | "publishedAt" | "by" | "commit" | "message">;

/** The published tables in a KV namespace, by way of wrangler. */
export class TableNamespace {
  readonly #flags: readonly string[];
  /** For messages. */
  readonly title: string;
  #history: Promise<ListedPublication[]> | null = null;

  constructor(flags: NamespaceFlags) {
    this.#flags = kvFlags(flags, "tables", TABLES_NAMESPACE);
    this.title = `the KV namespace ${this.#flags[1]}${flags.local ? " of dev" : ""}`;
  }

  /** The signed text of the publication that is served; null: there is none. */
  active(): Promise<string | null> {
    return this.#text(ACTIVE);
  }

  /** The signed text of any publication; null: there is none of that number. */
  publication(version: number): Promise<string | null> {
    return this.#text(historyName(version));
  }

  /** The newest first; asked for once. */
  history(): Promise<ListedPublication[]> {
    this.#history ??= this.#list();
    return this.#history;
  }

  async #list(): Promise<ListedPublication[]> {
    const entries = parsePrinted(await runWrangler(["kv", "key", "list", "--prefix", HISTORY, ...this.#flags]));
    if (!Array.isArray(entries)) throw new UsageError("wrangler kv key list printed something that is no list");
    const listed = entries.map(listedPublication).filter((entry) => entry !== null);
    return listed.sort((a, b) => b.version - a.version);
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

  /** The table first, unless it is there already (null), and only then what says that it is served. */
  async put(publication: Publication, table: Uint8Array | null, text: string): Promise<void> {
    await withTemporaryDirectory("tables", async (directory) => {
      const file = join(directory, "value");
      for (const [index, name] of table === null ? [] : pieceNames(publication).entries()) {
        writeFileSync(file, (table as Uint8Array).subarray(index * PIECE_BYTES, (index + 1) * PIECE_BYTES));
        await runWrangler(["kv", "key", "put", name, "--path", file, ...this.#flags]);
      }
      const { format: _, bytes: __, ...metadata } = publication;
      const entries = [
        { key: historyName(publication.version), value: text, metadata },
        { key: ACTIVE, value: text },
      ];
      writeFileSync(file, JSON.stringify(entries));
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
  const version = typeof name === "string" ? versionOf(name) : null;
  if (version === null) return null;
  const told = (typeof metadata === "object" && metadata !== null ? metadata : {}) as Readonly<Record<string, unknown>>;
  const text = (field: string) => (typeof told[field] === "string" ? (told[field] as string) : "");
  return {
    version,
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
