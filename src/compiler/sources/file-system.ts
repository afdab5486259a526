import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  statSync,
} from "node:fs";
import type { Code } from "../diagnostics/catalogue/index.ts";

/** What an entry of the file system is, links followed or not. */
export interface EntryKind {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

/** The few calls that reading needs. Each throws an error with an errno `code`, as node:fs does. */
export interface FileSystem {
  lstat(path: string): EntryKind;
  stat(path: string): EntryKind & { readonly size: number };
  realpath(path: string): string;
  readdir(path: string): readonly (EntryKind & { readonly name: string })[];
  /**
   * The first `limit` bytes; fewer where the file ends before. Never waits for a pipe. They may stand in `room`: who gives it
   * has done with them before it is given again.
   */
  read(path: string, limit: number, room?: Uint8Array): Uint8Array;
}

export const nodeFileSystem: FileSystem = {
  lstat: (path) => lstatSync(path),
  stat: (path) => statSync(path),
  realpath: (path) => realpathSync(path),
  readdir: (path) => readdirSync(path, { withFileTypes: true }),
  read(path, limit, room = NO_ROOM) {
    // A file can be swapped for a pipe between stat and open: then this fails or reads nothing, but never waits.
    const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      return readUpTo(descriptor, limit, room);
    } finally {
      closeSync(descriptor);
    }
  },
};

const ROOM_BYTES = 1 << 20;

/** Room for one file after the other, but for large ones: to take new memory for each takes longer than to read it. */
export function roomForFiles(): Uint8Array {
  return Buffer.allocUnsafeSlow(ROOM_BYTES);
}

const CHUNK_BYTES = 1 << 16;
const NO_ROOM = new Uint8Array(0);

function readUpTo(descriptor: number, limit: number, room: Uint8Array): Uint8Array {
  const chunks: Uint8Array[] = [];
  // Mostly all of it in one piece; the size may be wrong, or change.
  let most = fstatSync(descriptor).size + 1;
  for (let left = limit; left > 0; most = CHUNK_BYTES) {
    const wanted = Math.min(left, most);
    const isRoomy = chunks.length === 0 && wanted <= room.length;
    const chunk = isRoomy ? room.subarray(0, wanted) : Buffer.allocUnsafe(wanted);
    const length = fill(chunk, descriptor);
    chunks.push(chunk.subarray(0, length));
    if (length < wanted) break;
    left -= length;
  }
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
}

/** Reads until it is full or the file ends; how much it read. */
function fill(chunk: Uint8Array, descriptor: number): number {
  let length = 0;
  while (length < chunk.length) {
    const more = readSync(descriptor, chunk, length, chunk.length - length, null);
    if (more === 0) break;
    length += more;
  }
  return length;
}

/** Why an access failed: the code it is reported under, and words that follow the path in a sentence. */
export interface Failure {
  readonly code: Code;
  readonly reason: string;
}

const failures: Readonly<Record<string, Failure>> = {
  ENOENT: { code: "EI1001", reason: "does not exist" },
  ENOTDIR: { code: "EI1001", reason: "does not exist: a part of its path is a file" },
  EACCES: { code: "EI1004", reason: "can not be read: permission is denied" },
  EPERM: { code: "EI1004", reason: "can not be read: the operation is not permitted" },
  ELOOP: { code: "EI1006", reason: "is a symbolic link that leads back to itself" },
  EISDIR: { code: "EI1007", reason: "is a directory, not a file" },
  ENXIO: { code: "EI1007", reason: "is a pipe, a socket or a device, not a file" },
};

/** The one place where errors of the operating system become codes of ours. */
export function failureOf(error: unknown): Failure {
  const errno = errnoOf(error);
  return failures[errno] ?? { code: "EI1012", reason: `can not be read (${errno})` };
}

/** The errno code of a thrown value (`ENOENT`); its message where it has none. */
export function errnoOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}
