import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { EndpointUrl, WorkerAnswer } from "../../compiler/index.ts";

type Arrival = NonNullable<WorkerAnswer["arrived"]>;

/** Stand-ins for clusters that answer 200 to everything and remember what came, by the request's id. */
export class EchoClusters {
  readonly #servers = new Map<string, Server>();
  readonly #arrivals = new Map<string, Arrival>();

  /** Starts one on a free port of loopback for each name that has none. */
  async start(names: readonly string[]): Promise<void> {
    for (const name of names.filter((each) => !this.#servers.has(each))) {
      const server = createServer((request, response) => {
        const headers = new Headers(
          Object.entries(request.headersDistinct).map(([key, all = []]) => [key, all.join(", ")]),
        );
        const id = headers.get("x-request-id") ?? "";
        this.#arrivals.set(id, { cluster: name, host: headers.get("host") ?? "", path: request.url ?? "", headers });
        request.resume();
        response.writeHead(200, { "content-type": "text/plain" }).end(`${name}\n`);
      });
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(0, "127.0.0.1", resolve);
      });
      this.#servers.set(name, server);
    }
  }

  endpoints(): ReadonlyMap<string, EndpointUrl> {
    return new Map(
      [...this.#servers].map(([name, server]) => {
        const { port } = server.address() as AddressInfo;
        return [name, { scheme: "http", hostname: "127.0.0.1", port }];
      }),
    );
  }

  /** What the last cluster that was asked with this request id got. */
  arrivalOf(requestId: string): Arrival | null {
    return this.#arrivals.get(requestId) ?? null;
  }

  async close(): Promise<void> {
    for (const server of this.#servers.values()) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }
}
