import { join } from "node:path";
import { Log, LogLevel, Miniflare } from "miniflare";
import { makeSigningKey, type Signer, signerOf } from "../../src/cli/publish/signing-key.ts";
import { hashOf, type Stored, storedAs } from "../../src/cli/publish/stored-table.ts";
import {
  ACTIVE,
  PUBLICATION_FORMAT,
  type Publication,
  TABLES_NAMESPACE,
  valueName,
} from "../../src/table/publication.ts";
import { openTable } from "../../src/table/reader.ts";

/** How a publication is spoilt. */
export interface Unservable {
  readonly damage?: (bytes: Uint8Array) => Uint8Array;
  readonly claim?: Readonly<Record<string, unknown>>;
}

/** The KV namespace of a `dev`, written from beside it as `wrangler kv --local` does, and by its fastest hand. */
export interface Publisher {
  readonly publicKey: string;
  /** `damage` changes the bytes of each value after they were signed, `claim` what is signed. */
  publish(table: Uint8Array<ArrayBuffer>, version: number, how?: Unservable): Promise<void>;
  close(): Promise<void>;
}

/** `directory`: where `dev` runs. `shardBytes`: of each shard; undefined: tables are whole. */
export async function startPublisher(directory: string, shardBytes: number | undefined): Promise<Publisher> {
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
      const { signed, values } = stored(table, shardBytes);
      const publication = {
        ...signed,
        version,
        publishedAt: new Date().toISOString(),
        by: "publish-load",
        commit: "",
        message: "",
        ...claim,
      } as Publication;
      for (const { part, bytes } of values) {
        await namespace.put(valueName(publication, part), new Uint8Array(damage(bytes)).buffer);
      }
      await namespace.put(ACTIVE, signer.sign(publication));
    },
    close: () => miniflare.dispose(),
  };
}

/** What is no table to this edge-ingress is published all the same, in one value. */
function stored(table: Uint8Array<ArrayBuffer>, shardBytes: number | undefined): Pick<Stored, "signed" | "values"> {
  if (openTable(table.slice().buffer).ok) return storedAs(table, shardBytes);
  const signed = { format: PUBLICATION_FORMAT, hash: hashOf(table), bytes: table.length } as const;
  return { signed, values: [{ part: null, bytes: table }] };
}
