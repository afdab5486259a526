import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { Duplex } from "node:stream";
import { type DevProcess, startDev } from "./cli.ts";
import { closeServer, listen } from "./echo.ts";
import { clusterAt, directoryWith, documents, ingress } from "./manifests.ts";

/** A cluster on loopback whose behaviour each test sets. */
export interface Backend {
  readonly port: number;
  handle: RequestListener;
  upgrade: (request: IncomingMessage, socket: Duplex) => void;
  close(): Promise<void>;
}

/** Starts one; until a test sets another behaviour, it answers 200 and takes no WebSocket. */
export async function startBackend(): Promise<Backend> {
  const server = createServer((request, response) => backend.handle(request, response));
  const sockets = new Set<Duplex>();
  server.on("upgrade", (request, socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    backend.upgrade(request, socket);
  });
  const backend: Backend = {
    port: await listen(server),
    handle: (request, response) => {
      request.resume();
      response.end("ok");
    },
    upgrade: (_, socket) => socket.destroy(),
    close: () => {
      for (const socket of sockets) socket.destroy();
      return closeServer(server);
    },
  };
  return backend;
}

/** A real `dev` that sends every host and path to these clusters, each with its weight. `beside`: more manifests. */
export function startDevBefore(
  clusters: Readonly<Record<string, { readonly port: number; readonly weight?: number }>>,
  { beside = [], ...options }: { readonly https?: boolean; readonly beside?: readonly string[] } = {},
): Promise<DevProcess> {
  const written = Object.entries(clusters).map(([name, { port, weight }]) => clusterAt(name, port, weight));
  const directory = directoryWith({ "all.yaml": documents(...written, ingress({ name: "everything" }), ...beside) });
  return startDev(["-f", directory], options);
}
