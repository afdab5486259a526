import { type AddressInfo, connect, type Socket } from "node:net";
import { createServer } from "node:tls";
import { generate } from "selfsigned";
import { PortUnavailable } from "./ports.ts";

/** Ends TLS with a certificate made on the spot and hands the bytes on; closes by ending every connection. */
export interface HttpsFront {
  readonly port: number;
  /** Has a certificate for these hosts from now on, in new connections. */
  cover(hosts: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * Listens for TLS on a loopback port, 0: a free one. The certificate is self-signed, lasts 30 days and names the given
 * hosts and loopback. Bytes go through untouched, WebSockets and streams included. Rejects with `PortUnavailable`.
 */
export async function startHttpsFront(port: number, backPort: number, hosts: readonly string[]): Promise<HttpsFront> {
  const open = new Set<Socket>();
  const server = createServer({ ...(await certificateFor(hosts)), ALPNProtocols: ["http/1.1"] });
  const track = (socket: Socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
  };
  // Also those that never shake hands: the server waits for them when it closes.
  server.on("connection", track);
  server.on("secureConnection", (client) => {
    const back = connect(backPort, "127.0.0.1");
    track(client);
    track(back);
    client.on("error", () => back.destroy());
    back.on("error", () => client.destroy());
    client.pipe(back).pipe(client);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", ({ code }: NodeJS.ErrnoException) => reject(new PortUnavailable(port, code)));
    server.listen(port, "127.0.0.1", resolve);
  });
  const { port: own } = server.address() as AddressInfo;
  let covered = hosts.join();
  return {
    port: own,
    async cover(names) {
      if (names.join() === covered) return;
      server.setSecureContext(await certificateFor(names));
      covered = names.join();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

async function certificateFor(hosts: readonly string[]): Promise<{ readonly key: string; readonly cert: string }> {
  const names = ["localhost", ...hosts.filter((host) => host !== "*")];
  const certificate = await generate([{ name: "commonName", value: "edge-ingress dev" }], {
    keyType: "ec",
    notAfterDate: new Date(Date.now() + 30 * 24 * 3_600_000),
    extensions: [
      {
        name: "subjectAltName",
        altNames: [...names.map((value) => ({ type: 2 as const, value })), { type: 7 as const, ip: "127.0.0.1" }],
      },
    ],
  });
  return { key: certificate.private, cert: certificate.cert };
}
