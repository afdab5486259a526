import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { SECRETS_NAMESPACE } from "../../table/policies/secret-ref.ts";
import { kvFlags, type NamespaceFlags } from "../kv-flags.ts";
import { UsageError } from "../output.ts";
import { withTemporaryDirectory } from "../temporary.ts";
import { runWrangler } from "../wrangler.ts";
import { type Inventory, namesOf, parsePrinted, type SecretStore } from "./store.ts";

/** `namespace/name`, as the edge asks for it. */
const SECRET_NAME = /^[a-z0-9-]+\/[a-z0-9.-]+$/;

/** The KV namespace of the edge, by way of wrangler. */
export class KvStore implements SecretStore {
  readonly title: string;
  readonly mostBytes = 25 * 1024 * 1024;
  readonly #flags: readonly string[];

  constructor(flags: NamespaceFlags) {
    this.#flags = kvFlags(flags, "Secrets", SECRETS_NAMESPACE);
    this.title = `the KV namespace ${this.#flags[1]}${flags.local ? " of dev" : ""}`;
  }

  nameOf({ name }: { readonly name: string }): string {
    return name;
  }

  async look(names: readonly string[]): Promise<Inventory> {
    const listed = namesOf(parsePrinted(await this.#run("key", "list")));
    if (listed === null) throw new UsageError("wrangler kv key list printed something that is no list");
    const held = new Map<string, string>();
    for (const name of names.filter((each) => listed.includes(each))) {
      // It ends what it prints with a line feed; ours ends with a brace.
      held.set(name, (await this.#run("key", "get", name, "--text")).trimEnd());
    }
    return { held, others: listed.filter((name) => SECRET_NAME.test(name) && !names.includes(name)).sort() };
  }

  async put(texts: ReadonlyMap<string, string>): Promise<void> {
    await withTemporaryDirectory("secrets", async (directory) => {
      const file = join(directory, "secrets.json");
      const entries = [...texts].map(([key, value]) => ({ key, value }));
      writeFileSync(file, JSON.stringify(entries), { mode: 0o600 });
      await this.#run("bulk", "put", file);
    });
  }

  removal(name: string): string {
    return ["wrangler kv key delete", name, ...this.#flags].join(" ");
  }

  #run(...args: readonly string[]): Promise<string> {
    return runWrangler(["kv", ...args, ...this.#flags]);
  }
}
