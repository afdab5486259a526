import { createServer, type IncomingMessage } from "node:http";
import { closeServer, listen } from "./echo.ts";

/** A stub of the KV part of Cloudflare's API on loopback, as far as wrangler asks for it. */
export interface KvApi {
  /** For a process that runs wrangler. */
  readonly env: Readonly<Record<string, string>>;
  readonly values: ReadonlyMap<string, Buffer>;
  /** Method and path below the namespace of each request. */
  readonly requests: string[];
  close(): Promise<void>;
}

const TOKEN = "stub-token";
const ACCOUNT = "0123456789abcdef0123456789abcdef";

export async function startKvApi(namespace: string): Promise<KvApi> {
  const values = new Map<string, Buffer>();
  const metadata = new Map<string, unknown>();
  const requests: string[] = [];
  const prefix = `/accounts/${ACCOUNT}/storage/kv/namespaces/${namespace}/`;
  const server = createServer((request, response) => {
    void (async () => {
      const body = await bodyOf(request);
      const url = new URL(request.url ?? "", "http://stub");
      const json = (result: unknown, status = 200) =>
        response
          .writeHead(status, { "content-type": "application/json" })
          .end(JSON.stringify({ success: status === 200, errors: [], messages: [], result, result_info: {} }));
      if (request.headers.authorization !== `Bearer ${TOKEN}`) return json(null, 403);
      if (!url.pathname.startsWith(prefix)) return json(null, 404);
      const path = url.pathname.slice(prefix.length);
      requests.push(`${request.method} ${path}`);
      const name = decodeURIComponent(path.replace(/^values\//, ""));
      if (path === "keys") {
        const wanted = url.searchParams.get("prefix") ?? "";
        const names = [...values.keys()].filter((one) => one.startsWith(wanted)).sort();
        return json(names.map((one) => ({ name: one, metadata: metadata.get(one) })));
      }
      if (path === "bulk" && request.method === "PUT") {
        for (const { key, value, base64, metadata: told } of JSON.parse(body.toString())) {
          values.set(key, Buffer.from(value, base64 ? "base64" : "utf8"));
          metadata.set(key, told);
        }
        return json({});
      }
      if (path === "bulk/delete") {
        for (const gone of JSON.parse(body.toString())) values.delete(gone);
        return json({});
      }
      if (path.startsWith("values/") && request.method === "PUT") {
        values.set(name, body);
        return json({});
      }
      const value = values.get(name);
      if (value === undefined) return json(null, 404);
      return response.writeHead(200).end(value);
    })();
  });
  const port = await listen(server);
  return {
    env: {
      CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${port}`,
      CLOUDFLARE_API_TOKEN: TOKEN,
      CLOUDFLARE_ACCOUNT_ID: ACCOUNT,
      WRANGLER_SEND_METRICS: "false",
      CI: "1",
    },
    values,
    requests,
    close: () => closeServer(server),
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
