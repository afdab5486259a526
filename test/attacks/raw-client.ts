import { connect, type Socket } from "node:net";

/** A request as bytes that no library has looked at. */
export interface RawRequest {
  /** The request target: a path, or a whole URL. */
  readonly target: string;
  readonly host: string;
  /** Comes back in the backend's record. */
  readonly id: number;
}

/** Sends requests over several connections, each after the other's answer; gives their statuses, null where none came. */
export async function sendAll(
  port: number,
  requests: readonly RawRequest[],
  connections = 8,
): Promise<readonly (number | null)[]> {
  const statuses = new Array<number | null>(requests.length).fill(null);
  let next = 0;
  const work = async () => {
    let line: Line | null = null;
    while (next < requests.length) {
      const index = next++;
      line ??= await Line.to(port);
      const status = await line.send(requests[index] as RawRequest);
      statuses[index] = status;
      if (status === null || line.closed) {
        line.end();
        line = null;
      }
    }
    line?.end();
  };
  await Promise.all(Array.from({ length: connections }, work));
  return statuses;
}

const HEAD = /^HTTP\/1\.1 (\d{3})[\s\S]*?\r\n\r\n/;

class Line {
  closed = false;
  readonly #socket: Socket;
  #received = "";
  #waiting: ((status: number | null) => void) | null = null;

  static to(port: number): Promise<Line> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1", () => resolve(new Line(socket)));
      socket.once("error", reject);
    });
  }

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("latin1");
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.closed = true;
      this.#settle(null);
    });
    socket.on("data", (text: string) => {
      this.#received += text;
      this.#read();
    });
  }

  send({ target, host, id }: RawRequest): Promise<number | null> {
    if (this.closed) return Promise.resolve(null);
    return new Promise((resolve) => {
      this.#waiting = resolve;
      this.#socket.write(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nx-spelling: ${id}\r\n\r\n`);
    });
  }

  end(): void {
    this.#socket.destroy();
  }

  #read(): void {
    const head = HEAD.exec(this.#received);
    if (head === null) return;
    const [whole, status = ""] = head;
    const rest = this.#received.slice(whole.length);
    const length = /^content-length: (\d+)\r$/im.exec(whole)?.[1];
    const isChunked = /^transfer-encoding: chunked\r$/im.test(whole);
    const end = isChunked ? rest.indexOf("0\r\n\r\n") + 5 : Number(length ?? 0);
    if (isChunked ? end < 5 : rest.length < end) return;
    this.#received = rest.slice(end);
    if (/^connection: close\r$/im.test(whole)) this.closed = true;
    this.#settle(Number(status));
  }

  #settle(status: number | null): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.(status);
  }
}
