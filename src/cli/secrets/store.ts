/** What a store knows of the Secrets that it was asked for. */
export interface Inventory {
  /** By the name in the store: the text, or null where it is there and can't be read. */
  readonly held: ReadonlyMap<string, string | null>;
  /** Names that look like Secrets and were not asked for, sorted. */
  readonly others: readonly string[];
}

/** Where the edge reads Secrets. */
export interface SecretStore {
  /** In words, for messages. */
  readonly title: string;
  /** The most bytes that one value may take. */
  readonly mostBytes: number;
  /** How a Secret is called there. */
  nameOf(secret: { readonly name: string; readonly binding: string }): string;
  /** `names`: those that are needed. */
  look(names: readonly string[]): Promise<Inventory>;
  /** Texts by the name in the store: all or none of them. */
  put(texts: ReadonlyMap<string, string>): Promise<void>;
  /** The command that removes a name. */
  removal(name: string): string;
}

/** What wrangler printed as JSON, whatever it printed before. Null where it is none. */
export function parsePrinted(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The `name` of each entry of a list. */
export function namesOf(entries: unknown): string[] | null {
  if (!Array.isArray(entries)) return null;
  return entries.flatMap((entry: unknown) => {
    const name = typeof entry === "object" && entry !== null && "name" in entry ? entry.name : null;
    return typeof name === "string" ? [name] : [];
  });
}
