import { createHash } from "node:crypto";
import { type ClientRequest, type IncomingMessage, type RequestOptions, request } from "node:http";
import { Readable } from "node:stream";

/** How much came or went, and what. */
export interface Tally {
  readonly bytes: number;
  readonly hash: string;
}

const CHUNK = 64 * 1024;

/** So many bytes, no two chunks alike: a chunk lost, doubled or moved changes the hash. A multiple of 64 KiB. */
export function payload(bytes: number): Readable {
  return Readable.from(chunks(bytes), { objectMode: false, highWaterMark: 4 * CHUNK });
}

/** The tally of that payload. */
export function payloadTally(bytes: number): Tally {
  const hash = createHash("sha256");
  for (const chunk of chunks(bytes)) hash.update(chunk);
  return { bytes, hash: hash.digest("hex") };
}

/** Reads a stream to its end. Throws where it breaks off. */
export async function tally(stream: Readable): Promise<Tally> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, hash: hash.digest("hex") };
}

/** The whole of a text body. */
export async function textOf(stream: Readable): Promise<string> {
  const read: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) read.push(chunk);
  return Buffer.concat(read).toString("utf8");
}

/** A request that the test writes itself, on a connection of its own, and its answer once the headers are there. */
export function open(
  port: number,
  options: RequestOptions = {},
): { readonly sent: ClientRequest; readonly answer: Promise<IncomingMessage> } {
  const sent = request({ host: "127.0.0.1", port, agent: false, ...options });
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    sent.once("response", resolve);
    sent.on("error", reject);
  });
  // Of interest only where a test awaits it.
  answer.catch(() => undefined);
  return { sent, answer };
}

/** A request without a body and its answer once the headers are there. */
export function get(port: number, options: RequestOptions = {}): Promise<IncomingMessage> {
  const { sent, answer } = open(port, options);
  sent.end();
  return answer;
}

function* chunks(bytes: number): Generator<Buffer> {
  const base = Buffer.alloc(CHUNK, "edge-ingress streams what it is given, ");
  for (let sent = 0; sent < bytes; sent += CHUNK) {
    const chunk = Buffer.from(base.subarray(0, Math.min(CHUNK, bytes - sent)));
    chunk.writeDoubleBE(sent);
    yield chunk;
  }
}
