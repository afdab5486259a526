import { createHash } from "node:crypto";
import { join } from "node:path";
import { Log, LogLevel, Miniflare } from "miniflare";
import { makeSigningKey, type Signer, signerOf } from "../../src/cli/publish/signing-key.ts";
import {
  ACTIVE,
  PUBLICATION_FORMAT,
  type Publication,
  TABLES_NAMESPACE,
  valueName,
} from "../../src/table/publication.ts";

/** How a publication is spoilt. */
export interface Unservable {
  readonly damage?: (bytes: Uint8Array) => Uint8Array;
  readonly claim?: Readonly<Record<string, unknown>>;
}

/** The KV namespace of a `dev`, written from beside it as `wrangler kv --local` does, and by its fastest hand. */
export interface Publisher {
  readonly publicKey: string;
  /** `damage` changes the table's bytes after they were signed, `claim` what is signed. */
  publish(table: Uint8Array<ArrayBuffer>, version: number, how?: Unservable): Promise<void>;
  close(): Promise<void>;
}

/** `directory`: where `dev` runs. */
export async function startPublisher(directory: string): Promise<Publisher> {
  const file = join(directory, "signing-key.pem");
  const publicKey = makeSigningKey(file);
  const signer: Signer = await signerOf({ signingKey: file }, {});
  const miniflare = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    enableDevRegistry: false,
    log: new Log(LogLevel.NONE),
    resourcePersistencePath: join(directory, ".wrangler/state/v3"),
    workers: [
      {
        config: {
          name: "publisher",
          compatibilityDate: "2026-04-01",
          manifest: {
            mainModule: "idle.js",
            modules: { "idle.js": { type: "esm", contents: "export default { fetch: () => new Response() };" } },
          },
          env: { [TABLES_NAMESPACE]: { type: "kv", id: TABLES_NAMESPACE } },
        },
      },
    ],
  });
  const namespace = await miniflare.getKVNamespace(TABLES_NAMESPACE);
  return {
    publicKey,
    async publish(table, version, { damage = (bytes) => bytes, claim = {} }: Unservable = {}) {
      const publication = {
        format: PUBLICATION_FORMAT,
        version,
        hash: createHash("sha256").update(table).digest("hex"),
        bytes: table.length,
        publishedAt: new Date().toISOString(),
        by: "publish-load",
        commit: "",
        message: "",
        ...claim,
      } as Publication;
      await namespace.put(valueName(publication, null), new Uint8Array(damage(table)).buffer);
      await namespace.put(ACTIVE, signer.sign(publication));
    },
    close: () => miniflare.dispose(),
  };
}
