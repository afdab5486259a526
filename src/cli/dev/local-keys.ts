import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KEYS_NAMESPACE } from "../keys/namespace.ts";

/** The API keys of a local edge: those that `edge-ingress keys --local` makes in the same directory. */
export class LocalKeys {
  readonly #state: string;
  #storage: string | null = null;

  /** `directory`: where `.wrangler` is. */
  constructor(directory: string) {
    this.#state = join(directory, ".wrangler/state/v3/kv");
  }

  /** What a worker needs for them. */
  readonly env = { [KEYS_NAMESPACE]: { type: "kv", id: KEYS_NAMESPACE } } as const;

  /**
   * A directory for miniflare's storage, of which KV alone lies where wrangler has it: miniflare knows one place for
   * everything, and the health object's must not outlive this process.
   */
  storage(): string {
    this.#storage ??= mkdtempSync(join(tmpdir(), "edge-ingress-dev-"));
    mkdirSync(this.#state, { recursive: true });
    const link = join(this.#storage, "kv");
    if (!existsSync(link)) symlinkSync(this.#state, link, "junction");
    return this.#storage;
  }

  close(): void {
    if (this.#storage !== null) rmSync(this.#storage, { recursive: true, force: true, maxRetries: 3 });
  }
}
