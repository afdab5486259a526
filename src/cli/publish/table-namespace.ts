import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  ACTIVE,
  HISTORY,
  historyName,
  type Part,
  type Publication,
  TABLE,
  TABLES_NAMESPACE,
  valueName,
  valueNames,
  versionOf,
} from "../../table/publication.ts";
import { kvFlags, type NamespaceFlags } from "../kv-flags.ts";
import { UsageError } from "../output.ts";
import { namesOf, parsePrinted } from "../secrets/store.ts";
import { withTemporaryDirectory } from "../temporary.ts";
import { runWrangler, wranglerOutput } from "../wrangler.ts";
import { hashOf, type Stored } from "./stored-table.ts";

/** Characters of a message that are kept: KV takes 1,024 bytes beside a name. */
const MOST_NOTE = 120;

/** A request of KV takes 100 MB, which are a third more as text. */
const MOST_AT_ONCE = 48 * 1024 * 1024;
/** Programs that read at a time: each takes a second or two. */
const READERS = 6;

type Bytes = Uint8Array<ArrayBuffer>;

/** What a listing says of a publication. Whoever may write to KV may have written it: only the entry itself is signed. */
export interface ListedPublication
  extends Pick<Publication, "version" | "replaces" | "hash" | "publishedAt" | "by" | "commit" | "message"> {
  /** In KV. */
  readonly name: string;
  /** How many its table is in. */
  readonly values?: number;
}

/** The published tables in a KV namespace, by way of wrangler. */
export class TableNamespace {
  readonly #flags: readonly string[];
  readonly #isLocal: boolean;
  /** Parts of tables by their hash, which need not be read. */
  readonly #known = new Map<string, Bytes>();
  /** For messages. */
  readonly title: string;

  constructor(flags: NamespaceFlags) {
    this.#flags = kvFlags(flags, "tables", TABLES_NAMESPACE);
    this.#isLocal = flags.local === true;
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

  /** Names of all values of tables. */
  async tables(): Promise<string[]> {
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

  /** These parts are there, byte for byte: most of two versions are the same. */
  remember(values: Stored["values"]): void {
    for (const { part, bytes } of values) if (part !== null) this.#known.set(part.hash, bytes);
  }

  /** Values of a publication's table as they are there, whatever they are; null for what is not. `null` for the whole one. */
  async values(publication: Publication, parts: readonly (Part | null)[]): Promise<(Bytes | null)[]> {
    const values: (Bytes | null)[] = [];
    const readers = this.#isLocal ? 1 : READERS;
    for (let at = 0; at < parts.length; at += readers) {
      const some = parts.slice(at, at + readers).map((part) => this.#value(publication, part));
      values.push(...(await Promise.all(some)));
    }
    return values;
  }

  async #value(publication: Publication, part: Part | null): Promise<Bytes | null> {
    const known = this.#known.get(part?.hash ?? "");
    if (known !== undefined) return known;
    const read = await this.#bytes(valueName(publication, part));
    const bytes = read === null ? null : new Uint8Array(read);
    // Where it is not what was signed, another version may have it as it was.
    if (bytes !== null && part !== null && hashOf(bytes) === part.hash) this.#known.set(part.hash, bytes);
    return bytes;
  }

  /** Writes a table, in the names of its publication. */
  async putTable(publication: Publication, values: Stored["values"]): Promise<void> {
    for (const { part, bytes } of values) if (part === null) await this.#putWhole(valueName(publication, null), bytes);
    const parts = values.filter(({ part }) => part !== null);
    for (let at = 0; at < parts.length; ) {
      const some: object[] = [];
      for (let size = 0; at < parts.length; at++) {
        const { part, bytes } = parts[at] as Stored["values"][number];
        size += bytes.length;
        if (some.length > 0 && size > MOST_AT_ONCE) break;
        some.push({ key: valueName(publication, part), value: Buffer.from(bytes).toString("base64"), base64: true });
      }
      await this.#putEntries(some);
    }
  }

  #putWhole(name: string, table: Bytes): Promise<void> {
    return withTemporaryDirectory("tables", async (directory) => {
      const file = join(directory, "value");
      writeFileSync(file, table);
      await runWrangler(["kv", "key", "put", name, "--path", file, ...this.#flags]);
    });
  }

  /** Writes a publication into the history. */
  putHistory(publication: Publication, text: string): Promise<void> {
    const { format: _, bytes: __, parts: ___, ...told } = publication;
    const metadata = { ...told, values: valueNames(publication).size };
    return this.#putEntries([{ key: historyName(publication), value: text, metadata }]);
  }

  /** Has a publication served. */
  putActive(text: string): Promise<void> {
    return this.#putEntries([{ key: ACTIVE, value: text }]);
  }

  #putEntries(entries: readonly object[]): Promise<void> {
    return withTemporaryDirectory("tables", async (directory) => {
      const file = join(directory, "value");
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
    ...(typeof told.values === "number" ? { values: told.values } : {}),
  };
}

/** One line, no longer than KV takes it beside a name. */
export function note(text: string): string {
  return [...(text.trim().split(/\r?\n/, 1)[0] ?? "")].slice(0, MOST_NOTE).join("");
}
