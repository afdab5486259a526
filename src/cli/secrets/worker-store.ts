import { type NamespaceFlags, workerFlags } from "../kv-flags.ts";
import { UsageError } from "../output.ts";
import { runWrangler } from "../wrangler.ts";
import { type Inventory, namesOf, parsePrinted, type SecretStore } from "./store.ts";

export interface WorkerFlags extends Pick<NamespaceFlags, "config" | "env"> {
  /** Of the Worker; undefined: the configuration says. */
  readonly name: string | undefined;
}

/** The secrets of a Worker, by way of wrangler. Nobody can read them again. */
export class WorkerStore implements SecretStore {
  readonly title: string;
  readonly mostBytes = 5 * 1024;
  readonly #flags: readonly string[];

  constructor(flags: WorkerFlags) {
    this.#flags = [...(flags.name === undefined ? [] : ["--name", flags.name]), ...workerFlags(flags)];
    this.title = `the secrets of the Worker${flags.name === undefined ? "" : ` ${flags.name}`}`;
  }

  nameOf({ binding }: { readonly binding: string }): string {
    return binding;
  }

  async look(names: readonly string[]): Promise<Inventory> {
    const listed = namesOf(parsePrinted(await runWrangler(["secret", "list", "--format", "json", ...this.#flags])));
    if (listed === null) throw new UsageError("wrangler secret list printed something that is no list");
    const held = new Map(names.filter((name) => listed.includes(name)).map((name) => [name, null] as const));
    return { held, others: listed.filter((name) => /^SECRET_/.test(name) && !names.includes(name)).sort() };
  }

  async put(texts: ReadonlyMap<string, string>): Promise<void> {
    await runWrangler(["secret", "bulk", ...this.#flags], { stdin: JSON.stringify(Object.fromEntries(texts)) });
  }

  removal(name: string): string {
    return ["wrangler secret delete", name, ...this.#flags].join(" ");
  }
}
