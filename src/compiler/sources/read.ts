import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnose } from "../diagnostics/report.ts";
import { type Decoded, decodeText } from "./decode-text.ts";
import type { SourceDocument, SourceFile } from "./document.ts";
import { expandLists } from "./expand-lists.ts";
import { type FileSystem, failureOf, nodeFileSystem, roomForFiles } from "./file-system.ts";
import { type FoundFile, findFiles, type SourceInput } from "./find-files.ts";
import { parseYaml } from "./parse-yaml.ts";

export type { SourceInput } from "./find-files.ts";

export interface ReadOptions {
  /** The working directory: names of files are shown relative to it. */
  readonly cwd: string;
  /** Called once at most, and only if an input is `-`. */
  readonly readStdin: () => string | Uint8Array;
  /** Larger files are not read. */
  readonly maxFileBytes?: number;
  /** Real paths that are passed over wherever they are found: what the compile itself writes. */
  readonly ignore?: readonly string[];
  /** Stands in for node:fs, for errors that a test can not make. */
  readonly fs?: FileSystem;
}

export interface ReadResult {
  /** Every file whose text was read, with syntax errors or without. */
  readonly files: readonly SourceFile[];
  readonly documents: readonly SourceDocument[];
  readonly diagnostics: readonly Diagnostic[];
}

const MAX_FILE_BYTES = 32 * 1024 * 1024;

/**
 * Reads files, directories, globs and standard input into documents: one for each object, Lists taken apart. What can
 * not be read becomes a diagnostic, and everything else is still read; nothing is thrown.
 */
export function readSources(inputs: readonly SourceInput[], options: ReadOptions): ReadResult {
  const { cwd, fs = nodeFileSystem, ignore = [] } = options;
  const found = findFiles(inputs, { cwd, fs, ignore });
  const room = found.files.length > 1 ? roomForFiles() : undefined;
  const files: SourceFile[] = [];
  const documents: SourceDocument[] = [];
  const diagnostics: Diagnostic[] = [...found.diagnostics];
  for (const each of found.files) {
    const name = each === null ? "<stdin>" : each.name;
    const decoded = readText(name, each, options, (path, limit) => fs.read(path, limit, room));
    if ("diagnostic" in decoded) {
      diagnostics.push(decoded.diagnostic);
      continue;
    }
    const file: SourceFile = { name, realPath: each === null ? null : each.realPath, text: decoded.text };
    files.push(file);
    const parsed = parseYaml(file);
    const expanded = expandLists(parsed.documents);
    diagnostics.push(...parsed.diagnostics, ...expanded.diagnostics);
    for (const document of expanded.documents) documents.push(document);
  }
  return { files, documents, diagnostics };
}

function readText(name: string, found: FoundFile, options: ReadOptions, read: FileSystem["read"]): Decoded {
  const limit = options.maxFileBytes ?? MAX_FILE_BYTES;
  const position = { file: name, line: 1, column: 1, length: 1 };
  const tooLarge = (size: string): Decoded => ({
    diagnostic: diagnose("EI1008", position, `"${name}" has ${size} bytes; the limit is ${limit}`),
  });
  if (found !== null && found.size > limit) return tooLarge(String(found.size));
  try {
    const raw = found === null ? options.readStdin() : read(found.realPath, limit + 1);
    const bytes = typeof raw === "string" ? Buffer.from(raw) : raw;
    return bytes.length > limit ? tooLarge("more") : decodeText(name, bytes);
  } catch (error) {
    const { code, reason } = failureOf(error);
    return { diagnostic: diagnose(code, position, `"${name}" ${reason}`) };
  }
}
