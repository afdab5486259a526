import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll } from "vitest";
import { stringify } from "yaml";

type KubeObject = Readonly<Record<string, unknown>>;

/** What a stub API server has: objects by the path of their collection. */
export interface KubeState {
  collections: Readonly<Record<string, readonly KubeObject[]>>;
  /** Paths that are answered with this status. */
  refused?: Readonly<Record<string, number>>;
  /** Told as the version of every list. */
  version?: number;
  /** True: connections are cut off without an answer. */
  away?: boolean;
  /** Watches from a version before it are told that it has expired: by the status, or in the stream as API servers mostly do. */
  oldest?: number;
  expiresBy?: "status" | "event";
}

/** A watch that the stub was asked for. */
export interface WatchAsked {
  readonly path: string;
  readonly from: number;
  readonly isOpen: boolean;
}

/** A stub of a Kubernetes API server on loopback. */
export interface KubeApiStub {
  readonly state: KubeState;
  readonly port: number;
  /** `path accept` of each request so far. */
  readonly asked: string[];
  /** All watches so far. */
  watches(): readonly WatchAsked[];
  /** Tells all open watches of a collection; resolves when it is on its way: what is dropped before that is lost. */
  tell(path: string, type: string, object: KubeObject): Promise<void>;
  /** Breaks the connections of all open watches. */
  drop(): void;
}

const TOKEN = "token-of-the-stub";
const stubs: { close(): Promise<void> }[] = [];

afterAll(async () => {
  for (const stub of stubs) await stub.close();
});

/** Starts a stub that takes one bearer token, pages its lists by `limit` and is ended with the test file. */
export async function startKubeApi(state: KubeState): Promise<KubeApiStub> {
  const asked: string[] = [];
  const watches: { path: string; from: number; response: ServerResponse; isOpen: boolean }[] = [];
  const server = createServer((request, response) => {
    if (state.away === true) {
      request.destroy();
      return;
    }
    const { pathname, searchParams } = new URL(request.url ?? "", "http://stub");
    if (searchParams.get("watch") === "true" && state.collections[pathname] !== undefined) {
      const from = Number(searchParams.get("resourceVersion"));
      const isExpired = from < (state.oldest ?? 0);
      const gone = { kind: "Status", code: 410, message: "too old resource version" };
      response.writeHead(isExpired && state.expiresBy === "status" ? 410 : 200, { "content-type": "application/json" });
      response.flushHeaders();
      if (isExpired) response.end(`${JSON.stringify({ type: "ERROR", object: gone })}\n`);
      const watch = { path: pathname, from, response, isOpen: !isExpired };
      response.once("close", () => {
        watch.isOpen = false;
      });
      watches.push(watch);
      return;
    }
    const { status, body } = answer(request, state, asked);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stubs.push({
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  });
  const open = (path: string | null) => watches.filter((watch) => watch.isOpen && path === (path && watch.path));
  return {
    state,
    port: (server.address() as AddressInfo).port,
    asked,
    watches: () => watches,
    async tell(path, type, object) {
      const line = `${JSON.stringify({ type, object })}\n`;
      await Promise.all(open(path).map(({ response }) => new Promise((resolve) => response.write(line, resolve))));
    },
    drop() {
      for (const { response } of open(null)) response.destroy();
    },
  };
}

function answer({ url = "", headers }: IncomingMessage, state: KubeState, asked: string[]) {
  const { pathname, searchParams } = new URL(url, "http://stub");
  asked.push(`${pathname} ${headers.accept}`);
  const fail = (status: number, message: string) => ({ status, body: { kind: "Status", status: "Failure", message } });
  if (headers.authorization !== `Bearer ${TOKEN}`) return fail(401, "Unauthorized");
  const refused = state.refused?.[pathname];
  if (refused !== undefined) return fail(refused, `refused by the stub: ${pathname}`);
  const single = Object.entries(state.collections).flatMap(([path, objects]) =>
    objects.filter((object) => `${path}/${nameOf(object)}` === pathname),
  );
  if (single[0] !== undefined) return { status: 200, body: single[0] };
  const all = state.collections[pathname];
  if (all === undefined) return fail(404, "the server could not find the requested resource");
  const field = searchParams.get("fieldSelector")?.replace("metadata.name=", "");
  const items = field === undefined ? all : all.filter((object) => nameOf(object) === field);
  const from = Number(searchParams.get("continue") ?? 0);
  const to = from + Number(searchParams.get("limit") ?? items.length);
  const { apiVersion, kind } = all[0] ?? {};
  const bare = items.slice(from, to).map(({ apiVersion: _, kind: __, ...rest }) => rest);
  const metadata = {
    resourceVersion: `${state.version ?? 1}`,
    ...(to < items.length && { continue: `${to}` }),
  };
  return { status: 200, body: { apiVersion, kind: `${kind}List`, metadata, items: bare } };
}

function nameOf({ metadata }: KubeObject): unknown {
  return (metadata as KubeObject | undefined)?.name;
}

/** A kubeconfig whose contexts lead to stubs on these ports. */
export function kubeconfig(ports: Readonly<Record<string, number>>, token = TOKEN): string {
  const names = Object.keys(ports);
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": names[0],
    clusters: names.map((name) => ({
      name,
      cluster: { server: `http://127.0.0.1:${ports[name]}`, "insecure-skip-tls-verify": true },
    })),
    users: [{ name: "user", user: { token } }],
    contexts: names.map((name) => ({ name, context: { cluster: name, user: "user" } })),
  });
}
