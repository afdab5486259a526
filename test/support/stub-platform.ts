import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll } from "vitest";

/** One request that the platform got. */
export interface Asked {
  readonly method: string;
  /** Below the account or the API, without its query. */
  readonly path: string;
  readonly body: Buffer;
}

export interface Version {
  readonly id: string;
  readonly message: string;
  /** Names of the uploaded modules. */
  readonly modules: readonly string[];
  /** Of the upload. */
  readonly metadata: Record<string, unknown>;
}

/** Cloudflare's API as far as wrangler asks it for one Worker, on loopback: it keeps versions, secrets and routes. */
export interface StubPlatform {
  /** For `runCli`. */
  readonly env: Readonly<Record<string, string>>;
  asked(): readonly Asked[];
  versions(): readonly Version[];
  /** What serves, the last deployment. */
  serving(): readonly { readonly version_id: string; readonly percentage: number }[];
  secrets(): readonly string[];
  routes(): unknown;
  /** From now on requests of this method whose path matches fail so. */
  fail(method: string, path: RegExp, code: number, message: string): void;
  heal(): void;
  /** Shares requests out among versions, as another tool would. */
  split(shares: readonly { readonly version_id: string; readonly percentage: number }[]): void;
  /** Milliseconds that uploads are said to take to start. */
  startup: number;
}

const ACCOUNT = "0123456789abcdef0123456789abcdef";
const ZONE = "fedcba9876543210fedcba9876543210";

export async function startStubPlatform(): Promise<StubPlatform> {
  const asked: Asked[] = [];
  const versions: Version[] = [];
  const deployments: { id: string; versions: { version_id: string; percentage: number }[] }[] = [];
  const secrets = new Set<string>();
  const failures: { method: string; path: RegExp; code: number; message: string }[] = [];
  let routes: unknown = null;
  const state = { startup: 12 };

  function answer({ method, path, body }: Asked): unknown {
    const of = `${method} ${path.replace(/^\/accounts\/[0-9a-f]+/, "")}`;
    const script = "/workers/scripts/edge";
    const exists = versions.length > 0;
    const missing = { error: { code: 10007, message: "This Worker does not exist on your account." } };
    if (of === "GET /zones") return [{ id: ZONE, name: "example.com", account: { id: ACCOUNT } }];
    if (of === `PUT ${script}` || of === `POST ${script}/versions`) return uploaded(body, of.startsWith("PUT"));
    if (path.includes("/edge") && !exists) return missing;
    if (of === `GET ${script}/deployments`) return { deployments: deployments.toReversed().map(described) };
    if (of === `POST ${script}/deployments`) {
      const { versions: shares } = JSON.parse(body.toString());
      deployments.push({ id: randomUUID(), versions: shares });
      return { id: deployments.at(-1)?.id };
    }
    if (of === `GET ${script}/versions`) return { items: versions.toReversed().map(versionJson) };
    const [, id] = /^GET \/workers\/scripts\/edge\/versions\/([0-9a-f-]+)$/.exec(of) ?? [];
    if (id !== undefined) {
      const version = versions.find((each) => each.id === id);
      return version === undefined ? { error: { code: 10100, message: "no such version" } } : versionJson(version);
    }
    if (of === `GET ${script}/secrets`) return [...secrets].map((name) => ({ name, type: "secret_text" }));
    if (of === "GET /workers/services/edge") {
      const last = versions.at(-1)?.metadata.migrations as { new_tag?: string } | undefined;
      const tag = last?.new_tag ?? "limits";
      const made = { created_on: "2026-11-28T00:00:00Z", modified_on: "2026-11-28T00:00:00Z" };
      const told = { last_deployed_from: "wrangler", migration_tag: tag, tag: "t", etag: "e", ...made };
      return { default_environment: { environment: "production", script: told, ...made } };
    }
    if (of === `PUT ${script}/routes`) {
      routes = JSON.parse(body.toString());
      return (routes as { pattern: string }[]).map(({ pattern }) => pattern);
    }
    if (of === `GET ${script}/subdomain` || of === `POST ${script}/subdomain`)
      return { enabled: false, previews_enabled: false };
    if (path.endsWith("/workers/workers/edge")) {
      return {
        id: "edge",
        name: "edge",
        subdomain: { enabled: false, previews_enabled: false },
        observability: {},
        tags: [],
      };
    }
    if (/workers\/(routes|domains)/.test(of)) return [];
    return {};
  }

  function uploaded(body: Buffer, isDeployed: boolean): unknown {
    const text = body.toString("latin1");
    const metadata = JSON.parse(/name="metadata"[\s\S]*?\r\n\r\n([\s\S]*?)\r\n--/.exec(text)?.[1] ?? "{}");
    const modules = [...text.matchAll(/filename="([^"]+)"/g)]
      .map(([, name = ""]) => name)
      .filter((name) => name !== "blob");
    const message = metadata.annotations?.["workers/message"] ?? "";
    for (const { type, name } of metadata.bindings ?? []) if (type === "secret_text") secrets.add(name);
    const version = { id: randomUUID(), message, modules, metadata };
    versions.push(version);
    if (isDeployed) deployments.push({ id: randomUUID(), versions: [{ version_id: version.id, percentage: 100 }] });
    const { id } = version;
    const times = { startup_time_ms: state.startup, created_on: "2026-11-28T00:00:00Z" };
    return isDeployed
      ? { id: "edge", deployment_id: id, etag: "e", entry_point: "worker.js", ...times }
      : { ...versionJson(version), ...times };
  }

  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const path = (request.url ?? "").split("?")[0] ?? "";
      const one = { method: request.method ?? "", path, body: Buffer.concat(chunks) };
      asked.push(one);
      const failure = failures.find((each) => each.method === one.method && each.path.test(path));
      const result = failure === undefined ? answer(one) : { error: failure };
      const error = typeof result === "object" && result !== null && "error" in result ? result.error : null;
      const page = { page: 1, per_page: 100, count: 1, total_count: 1, total_pages: 1 };
      const told =
        error === null
          ? { success: true, errors: [], messages: [], result, result_info: page }
          : { success: false, errors: [error], messages: [], result: null };
      response.writeHead(error === null ? 200 : 400, { "content-type": "application/json" }).end(JSON.stringify(told));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  afterAll(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return Object.assign(state, {
    env: {
      CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${port}`,
      CLOUDFLARE_API_TOKEN: "a-token-of-the-test",
      CLOUDFLARE_ACCOUNT_ID: ACCOUNT,
      WRANGLER_SEND_METRICS: "false",
      CI: "1",
    },
    asked: () => asked,
    versions: () => versions,
    serving: () => deployments.at(-1)?.versions ?? [],
    secrets: () => [...secrets].sort(),
    routes: () => routes,
    fail: (method: string, path: RegExp, code: number, message: string) =>
      void failures.push({ method, path, code, message }),
    heal: () => void failures.splice(0),
    split: (shares: readonly { readonly version_id: string; readonly percentage: number }[]) =>
      void deployments.push({ id: randomUUID(), versions: [...shares] }),
  });
}

function described({ id, versions }: { id: string; versions: unknown }) {
  return {
    id,
    versions,
    strategy: "percentage",
    source: "wrangler",
    author_email: "a@b.test",
    created_on: "2026-11-28T00:00:00Z",
    annotations: {},
  };
}

function versionJson({ id, message, metadata }: Version) {
  return {
    id,
    number: 1,
    annotations: { "workers/message": message },
    metadata: {
      created_on: "2026-11-28T00:00:00Z",
      modified_on: "2026-11-28T00:00:00Z",
      source: "wrangler",
      author_email: "a@b.test",
      hasPreview: false,
    },
    resources: {
      bindings:
        (metadata.bindings as { type: string }[] | undefined)?.filter(({ type }) => type !== "secret_text") ?? [],
      script: { etag: "e", handlers: ["fetch"], last_deployed_from: "wrangler" },
      script_runtime: { usage_model: "standard" },
    },
  };
}
