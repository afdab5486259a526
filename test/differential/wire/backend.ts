import type { AddressInfo } from "node:net";
import { createServer, type Server, type Socket } from "node:net";
import { headerOf, type Message, MessageReader } from "./messages.ts";

/** A request as a Service got it. */
export interface Seen {
  readonly service: string;
  readonly method: string;
  /** As it stood in the request line. */
  readonly target: string;
  readonly headers: Message["headers"];
  readonly body: string;
}

/** Names the request, on its way through either proxy. */
export const CASE = "x-case";
/** Names what the Service is to answer: a key of `ANSWERS`. */
export const ANSWER = "x-answer";

interface Answer {
  readonly status: number;
  readonly headers?: readonly string[];
}

/** What Services answer. Every header is there because a proxy may do something about it. */
export const ANSWERS = {
  ok: { status: 200 },
  cookies: {
    status: 200,
    headers: [
      "Set-Cookie: a=1; Domain=backend.internal; Path=/app; HttpOnly",
      "Set-Cookie: b=/app; path=/app/x; domain=.Backend.internal",
      "Set-Cookie: c=2; Secure; Path=/other; Domain=elsewhere.test",
      "Set-Cookie: d=3",
    ],
  },
  toBackend: { status: 302, headers: ["Location: http://backend.internal/app/x?y=1"] },
  toPath: { status: 301, headers: ["Location: /app/there"] },
  refresh: { status: 200, headers: ["Refresh: 5; url=http://backend.internal/app/later"] },
  own: {
    status: 200,
    headers: [
      "X-Powered-By: test",
      "X-Frame-Options: SAMEORIGIN",
      "Cache-Control: max-age=60",
      'ETag: "1"',
      "Vary: Origin",
      "Server: backend/1.0",
    ],
  },
  cors: {
    status: 200,
    headers: [
      "Access-Control-Allow-Origin: https://backend.internal",
      "Access-Control-Allow-Methods: GET",
      "Access-Control-Allow-Credentials: true",
      "Access-Control-Expose-Headers: X-Backend",
    ],
  },
  hsts: { status: 200, headers: ["Strict-Transport-Security: max-age=1"] },
  empty: { status: 204 },
  created: { status: 201, headers: ["Location: /items/1"] },
  badRequest: { status: 400 },
  unauthorized: { status: 401, headers: ['WWW-Authenticate: Basic realm="backend"'] },
  forbidden: { status: 403 },
  notFound: { status: 404, headers: ["X-Backend: says so"] },
  failed: { status: 500 },
  unavailable: { status: 503, headers: ["Retry-After: 7"] },
} as const satisfies Readonly<Record<string, Answer>>;
export type AnswerName = keyof typeof ANSWERS;

/** The Services of all behaviours: a port each, one record of what they were asked. */
export class Backend {
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  #seen = new Map<number, Seen[]>();

  /** Listens for a Service; gives the port. */
  listen(service: string): Promise<number> {
    const server = createServer((socket) => this.#serve(service, socket));
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
    });
  }

  /** What was asked since the last time, by the number of the request. */
  take(): ReadonlyMap<number, readonly Seen[]> {
    const seen = this.#seen;
    this.#seen = new Map();
    return seen;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  #serve(service: string, socket: Socket): void {
    const reader = new MessageReader(() => false);
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk) => {
      for (const message of reader.push(chunk)) {
        const seen = seenOf(service, message);
        this.#record(seen);
        socket.write(answerTo(seen), "latin1");
      }
    });
  }

  #record(seen: Seen): void {
    const number = Number(headerOf(seen.headers, CASE));
    const before = this.#seen.get(number);
    if (before === undefined) this.#seen.set(number, [seen]);
    else before.push(seen);
  }
}

function seenOf(service: string, { start, headers, body }: Message): Seen {
  const [, method = "", target = ""] = /^(\S+) (.*) HTTP\/1\.[01]$/.exec(start) ?? [];
  return { service, method, target, headers, body };
}

/** A Service asked for the page of an error (`X-Code`) has one. */
function answerTo({ service, method, headers }: Seen): string {
  const asked = headerOf(headers, ANSWER) ?? "ok";
  const name = headerOf(headers, "x-code") === undefined && asked in ANSWERS ? (asked as AnswerName) : "ok";
  const { status, headers: more = [] }: Answer = ANSWERS[name];
  const body = status === 204 ? "" : service;
  const framing = status === 204 ? [] : ["Content-Type: text/plain", `Content-Length: ${body.length}`];
  const text = method === "HEAD" ? "" : body;
  return [`HTTP/1.1 ${status} Backend`, ...framing, ...more, "", text].join("\r\n");
}
