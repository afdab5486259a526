import { createConnection, type Socket } from "node:net";
import { connect } from "node:tls";
import { type Message, MessageReader } from "./messages.ts";

/** Where a server listens: a port on loopback, or a socket in the file system. */
export type Address = { readonly port: number } | { readonly path: string };

export interface Sent {
  readonly method: string;
  /** The whole request, a character a byte. */
  readonly bytes: string;
}

/** Requests that are under way on a connection. The server answers them one after the other. */
const WINDOW = 48;

/**
 * The answers of a server to requests that it gets on kept-alive connections, without waiting for one before the next is
 * sent. Null: it closed the connection in the place of an answer.
 */
export async function exchange(
  requests: readonly Sent[],
  address: Address,
  isTls: boolean,
): Promise<(Message | null)[]> {
  const answers: (Message | null)[] = [];
  let window = WINDOW;
  while (answers.length < requests.length) {
    const before = answers.length;
    await onOneConnection(requests, answers, address, isTls, window);
    const isStuck = answers.length === before;
    // Closed before the first answer: it may be for a later request. The next try is with that one alone.
    if (isStuck && window === 1) answers.push(null);
    window = isStuck && window > 1 ? 1 : WINDOW;
  }
  return answers;
}

function onOneConnection(
  requests: readonly Sent[],
  answers: (Message | null)[],
  address: Address,
  isTls: boolean,
  window: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const where = "port" in address ? { ...address, host: "127.0.0.1" } : address;
    const socket: Socket = isTls ? connect({ ...where, rejectUnauthorized: false }) : createConnection(where);
    const first = answers.length;
    const reader = new MessageReader(
      (start, index) => requests[first + index]?.method === "HEAD" || / (?:204|304)(?: |$)/.test(start),
    );
    let sent = first;
    const last = window === 1 ? sent + 1 : requests.length;
    const send = () => {
      const until = Math.min(last, answers.length + window);
      if (sent >= until) return;
      const bytes = requests.slice(sent, until).map((request) => request.bytes);
      sent = until;
      socket.write(bytes.join(""), "latin1");
    };
    socket.setNoDelay(true);
    socket.on("data", (chunk) => {
      answers.push(...reader.push(chunk));
      if (answers.length >= last) socket.destroy();
      // Half a window at a time: a write for each answer costs more than the answer.
      else if (sent - answers.length <= window / 2) send();
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNRESET" || error.code === "EPIPE") return;
      reject(error);
    });
    socket.on("close", () => resolve());
    socket.once(isTls ? "secureConnect" : "connect", send);
  });
}
