import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/** What a frame is (RFC 6455 §5.2). */
export const OPCODE = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A message: a text or binary one with its fragments joined, or a control frame. */
export interface Message {
  readonly opcode: number;
  readonly payload: Buffer;
}

/**
 * The server's end of a WebSocket, as bare as the protocol: nothing is answered that a test does not answer. Once a
 * close frame has gone each way it ends the connection, as servers have to (RFC 6455 §7.1.1).
 */
export interface ServerSocket {
  onMessage: (message: Message) => void;
  /** Called when the connection below is gone, with a close frame before or without. */
  onGone: () => void;
  send(opcode: number, payload: Buffer | string): void;
  sendClose(code: number, reason: string): void;
  /** Cuts the connection without a close frame. */
  cut(): void;
}

/** Accepts the handshake of an upgrade request (RFC 6455 §4.2.2). */
export function acceptWebSocket(request: IncomingMessage, socket: Duplex, protocol?: string): ServerSocket {
  const key = `${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const lines = [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${createHash("sha1").update(key).digest("base64")}`,
    ...(protocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
  ];
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  const closed = new Set<"sent" | "received">();
  const endAfter = (which: "sent" | "received") => {
    closed.add(which);
    if (closed.size === 2) socket.end();
  };
  const server: ServerSocket = {
    onMessage: () => undefined,
    onGone: () => undefined,
    send: (opcode, payload) => void socket.write(frame(opcode, Buffer.from(payload))),
    sendClose: (code, reason) => {
      server.send(OPCODE.close, closePayload(code, reason));
      endAfter("sent");
    },
    cut: () => socket.destroy(),
  };
  let rest: Buffer = Buffer.alloc(0);
  let message: { opcode: number; parts: Buffer[] } | null = null;
  socket.on("data", (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (let read = unframe(rest); read !== null; read = unframe(rest)) {
      rest = rest.subarray(read.size);
      const { opcode, payload, last } = read;
      if (opcode === OPCODE.close) endAfter("received");
      if (opcode >= 8) server.onMessage({ opcode, payload });
      else {
        message ??= { opcode, parts: [] };
        message.parts.push(payload);
        if (!last) continue;
        const whole = { opcode: message.opcode, payload: Buffer.concat(message.parts) };
        message = null;
        server.onMessage(whole);
      }
    }
  });
  socket.on("end", () => socket.end());
  socket.on("close", () => server.onGone());
  return server;
}

/** The code and reason of a close frame. */
export function closeOf({ payload }: Message): { readonly code: number; readonly reason: string } {
  return { code: payload.readUInt16BE(0), reason: payload.subarray(2).toString("utf8") };
}

function closePayload(code: number, reason: string): Buffer {
  const payload = Buffer.alloc(2 + Buffer.byteLength(reason));
  payload.writeUInt16BE(code);
  payload.write(reason, 2);
  return payload;
}

function frame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = 0x80 | opcode;
  if (length < 126) head[1] = length;
  else if (length < 65_536) {
    head[1] = 126;
    head.writeUInt16BE(length, 2);
  } else {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([head, payload]);
}

/** The first frame of the bytes, unmasked; null where it is not whole yet. */
function unframe(bytes: Buffer): { opcode: number; payload: Buffer; last: boolean; size: number } | null {
  if (bytes.length < 2) return null;
  const [first = 0, second = 0] = bytes;
  const short = second & 0x7f;
  const start = (short < 126 ? 2 : short === 126 ? 4 : 10) + (second & 0x80 ? 4 : 0);
  if (bytes.length < start) return null;
  const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (bytes.length < start + length) return null;
  const payload = Buffer.from(bytes.subarray(start, start + length));
  if (second & 0x80) {
    const mask = bytes.subarray(start - 4, start);
    for (let index = 0; index < length; index++) payload[index] = (payload[index] ?? 0) ^ (mask[index & 3] ?? 0);
  }
  return { opcode: first & 0x0f, payload, last: (first & 0x80) !== 0, size: start + length };
}
