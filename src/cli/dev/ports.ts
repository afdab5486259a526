import { createServer } from "node:net";

/** A port on loopback that can't be had; the message is a sentence without its end. */
export class PortUnavailable extends Error {
  readonly port: number;

  /** `code`: what the operating system says (`EADDRINUSE`), where it says anything. */
  constructor(port: number, code: string | undefined) {
    const why = code === undefined ? "" : ` (${code})`;
    super(`port ${port} of 127.0.0.1 ${code === "EADDRINUSE" ? "is in use" : `can't be listened on${why}`}`);
    this.port = port;
  }
}

/**
 * Makes sure that a loopback port can be listened on, and gives it back; 0 finds a free one. Throws `PortUnavailable`.
 * Between this and the real listener another process may take it: who listens reports that too.
 */
export function claimPort(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", ({ code }: NodeJS.ErrnoException) => reject(new PortUnavailable(port, code)));
    probe.listen(port, "127.0.0.1", () => {
      const address = probe.address();
      const claimed = typeof address === "object" && address !== null ? address.port : port;
      probe.close(() => resolve(claimed));
    });
  });
}

/** The port of an http URL: that of the scheme is not written there (WHATWG URL, "default port"). */
export function portIn({ port }: URL): number {
  return port === "" ? 80 : Number(port);
}
