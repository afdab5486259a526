import type { AddressInfo } from "node:net";
import { connect, createServer, type Server } from "node:net";

const END = "the-end";
const RESPONSE = Buffer.from(
  `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${END.length}\r\n\r\n${END}`,
);

/** The cheapest backend there is: answers every request head with the same bytes. */
export function startBackend(): Promise<{ readonly port: number; close(): void }> {
  const sockets = new Set<{ destroy(): void }>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    let rest = "";
    socket.on("data", (chunk) => {
      const heads = (rest + chunk.toString("latin1")).split("\r\n\r\n");
      rest = heads.pop() ?? "";
      for (let count = 0; count < heads.length; count++) socket.write(RESPONSE);
    });
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () =>
      resolve({
        port: (server.address() as AddressInfo).port,
        close() {
          server.close();
          for (const socket of sockets) socket.destroy();
        },
      }),
    );
  });
}

/** What one run of load gave. */
export interface LoadResult {
  /** Requests per second. */
  readonly rate: number;
  /** Latencies in milliseconds, sorted. */
  readonly latencies: readonly number[];
}

/**
 * Sends the same request over keep-alive connections, one at a time on each, for so many seconds. Counts only answers
 * that end as the backend's do, so that an error page never counts as speed.
 */
export function runLoad(port: number, head: string, connections: number, seconds: number): Promise<LoadResult> {
  const request = Buffer.from(head);
  const latencies: number[] = [];
  const start = performance.now();
  const deadline = start + seconds * 1000;
  const one = () =>
    new Promise<void>((resolve, reject) => {
      const socket = connect(port, "127.0.0.1");
      let sent = 0;
      let tail = "";
      const next = () => {
        sent = performance.now();
        if (sent >= deadline) {
          socket.end();
          resolve();
        } else socket.write(request);
      };
      socket.setNoDelay(true);
      socket.on("connect", next);
      socket.on("error", reject);
      socket.on("data", (chunk) => {
        tail = (tail + chunk.toString("latin1")).slice(-1024);
        if (!tail.endsWith(END)) return;
        if (!tail.includes(" 200 ")) return reject(new Error(`not a 200: ${tail}`));
        tail = "";
        latencies.push(performance.now() - sent);
        next();
      });
    });
  return Promise.all(Array.from({ length: connections }, one)).then(() => ({
    rate: latencies.length / ((performance.now() - start) / 1000),
    latencies: latencies.sort((a, b) => a - b),
  }));
}

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
