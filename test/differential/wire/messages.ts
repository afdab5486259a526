/** One HTTP/1.1 message as it stood on the wire, a character a byte. */
export interface Message {
  /** Request or status line. */
  readonly start: string;
  /** In their order, names as written. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** Takes messages off a connection as they come. Node's own parser would refuse some of them, or make others of them. */
export class MessageReader {
  #unread = "";
  #count = 0;
  readonly #isBodyless: (start: string, index: number) => boolean;

  /** `isBodyless`: whether the message of that number, with that first line, has no body whatever its headers say. */
  constructor(isBodyless: (start: string, index: number) => boolean) {
    this.#isBodyless = isBodyless;
  }

  /** The messages that are whole with this chunk. */
  push(chunk: Buffer): readonly Message[] {
    this.#unread += chunk.toString("latin1");
    const whole: Message[] = [];
    for (let next = this.#next(); next !== null; next = this.#next()) whole.push(next);
    return whole;
  }

  #next(): Message | null {
    const end = this.#unread.indexOf("\r\n\r\n");
    if (end < 0) return null;
    const [start = "", ...lines] = this.#unread.slice(0, end).split("\r\n");
    const headers = lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
    });
    const body = this.#isBodyless(start, this.#count)
      ? { text: "", end: end + 4 }
      : bodyAt(this.#unread, end + 4, headers);
    if (body === null) return null;
    this.#unread = this.#unread.slice(body.end);
    this.#count++;
    return { start, headers, body: body.text };
  }
}

function bodyAt(text: string, from: number, headers: Message["headers"]): { text: string; end: number } | null {
  if (headerOf(headers, "transfer-encoding")?.toLowerCase() === "chunked") return chunksAt(text, from);
  const length = Number(headerOf(headers, "content-length") ?? 0);
  return text.length < from + length ? null : { text: text.slice(from, from + length), end: from + length };
}

function chunksAt(text: string, from: number): { text: string; end: number } | null {
  let whole = "";
  for (let at = from; ; ) {
    const line = text.indexOf("\r\n", at);
    if (line < 0) return null;
    const size = Number.parseInt(text.slice(at, line), 16);
    const end = line + 2 + size;
    if (text.length < end + 2) return null;
    whole += text.slice(line + 2, end);
    at = end + 2;
    if (size === 0) return { text: whole, end: at };
  }
}

/** The first of that name, in lower case. */
export function headerOf(headers: Message["headers"], name: string): string | undefined {
  return headers.find(([each]) => each.toLowerCase() === name)?.[1];
}
