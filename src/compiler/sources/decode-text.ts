import { isAscii, isUtf8 } from "node:buffer";
import type { Diagnostic, Position } from "../diagnostics/diagnostic.ts";
import { diagnose } from "../diagnostics/report.ts";

/** The text of a file, or why it has none. A byte order mark at the start is taken off. */
export type Decoded = { readonly text: string } | { readonly diagnostic: Diagnostic };

/** Bytes to text: refuses what is no UTF-8 text, and says at which byte. */
export function decodeText(name: string, bytes: Uint8Array): Decoded {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    const position = { file: name, line: 1, column: 1, length: 1 };
    return { diagnostic: diagnose("EI1010", position, `"${name}" is UTF-16, not UTF-8`) };
  }
  const nul = bytes.indexOf(0);
  if (nul !== -1) {
    const message = `"${name}" is a binary file: byte ${nul} is NUL`;
    return { diagnostic: diagnose("EI1009", positionOf(name, bytes, nul), message) };
  }
  if (isAscii(bytes)) return { text: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1") };
  if (!isUtf8(bytes)) {
    const bad = firstInvalid(bytes);
    const hex = (bytes[bad] ?? 0).toString(16).padStart(2, "0");
    const message = `"${name}" is not UTF-8: byte ${bad} is 0x${hex}, which starts no character there`;
    return { diagnostic: diagnose("EI1010", positionOf(name, bytes, bad), message) };
  }
  return { text: new TextDecoder("utf-8").decode(bytes) };
}

const LINE_FEED = 10;

function positionOf(name: string, bytes: Uint8Array, offset: number): Position {
  let line = 1;
  let lineStart = 0;
  for (let end = bytes.indexOf(LINE_FEED); end !== -1 && end < offset; end = bytes.indexOf(LINE_FEED, end + 1)) {
    line += 1;
    lineStart = end + 1;
  }
  const column = new TextDecoder().decode(bytes.subarray(lineStart, offset)).length + 1;
  return { file: name, line, column, length: 1 };
}

/** The first byte of the first sequence that is no UTF-8. No sequence holds a line feed, so lines can be tried alone. */
function firstInvalid(bytes: Uint8Array): number {
  let start = 0;
  for (;;) {
    const lineFeed = bytes.indexOf(LINE_FEED, start);
    const end = lineFeed === -1 ? bytes.length : lineFeed + 1;
    const line = bytes.subarray(start, end);
    if (!isUtf8(line)) return start + validBytes(line);
    start = end;
  }
}

/** How many bytes stand before the first bad sequence: by halving, as a decoder only says if a prefix is good. */
function validBytes(line: Uint8Array): number {
  let good = 0;
  let bad = line.length + 1;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (decodedPrefix(line.subarray(0, middle)) === null) bad = middle;
    else good = middle;
  }
  return Buffer.byteLength(decodedPrefix(line.subarray(0, good)) ?? "");
}

/** The whole characters of a prefix; the last may be cut off. Null if the bytes can not start a text. */
function decodedPrefix(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes, { stream: true });
  } catch {
    return null;
  }
}
