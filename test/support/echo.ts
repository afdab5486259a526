import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** What a backend saw of a request. */
export interface Seen {
  readonly backend: string;
  readonly method: string;
  /** The request target as it came over the wire. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** A backend on loopback that answers every request with what it saw, as JSON, and keeps count. */
export interface EchoServer {
  readonly name: string;
  readonly port: number;
  readonly requests: Seen[];
  close(): Promise<void>;
}

export async function startEcho(name: string): Promise<EchoServer> {
  const requests: Seen[] = [];
  const server = createServer((request, response) => {
    const seen = seenOf(name, request);
    requests.push(seen);
    request.resume();
    request.on("end", () => {
      const body = JSON.stringify(seen);
      response.writeHead(200, {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
        server: "echo",
      });
      response.end(request.method === "HEAD" ? undefined : body);
    });
  });
  return { name, requests, port: await listen(server), close: () => closeServer(server) };
}

function seenOf(backend: string, { method = "", url = "", headers }: IncomingMessage): Seen {
  return { backend, method, path: url, headers };
}

/** Listens on a free loopback port and gives it. */
export function listen(server: Server, port = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

/** Ends a server and every connection it has. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
