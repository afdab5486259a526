import { relative, resolve, sep } from "node:path";
import { isDynamicPattern } from "tinyglobby";
import type { Code } from "../diagnostics/catalogue/index.ts";
import type { Diagnostic, Position } from "../diagnostics/diagnostic.ts";
import { diagnose } from "../diagnostics/report.ts";
import { errnoOf, type Failure, type FileSystem, failureOf } from "./file-system.ts";
import { matchGlob } from "./match-glob.ts";

/** A path as it was given, and where relative paths start from. */
export interface SourceInput {
  /** A file, a directory, a glob, or `-` for standard input. */
  readonly path: string;
  /** Absolute directory that a relative path or glob starts from. */
  readonly base: string;
  /** Where the path is written, if in a manifest. */
  readonly from?: Position;
}

/** A file to read: known to be a regular one. Null stands for standard input. */
export type FoundFile = { readonly name: string; readonly realPath: string; readonly size: number } | null;

interface Search {
  readonly fs: FileSystem;
  readonly cwd: string;
  readonly files: FoundFile[];
  readonly diagnostics: Diagnostic[];
  readonly seen: Set<string>;
  /** Files with the names of manifests that a search of the directory left out. */
  readonly hidden: Map<string, readonly HiddenFile[]>;
}

interface HiddenFile {
  readonly name: string;
  readonly realPath: string;
}

/** Turns inputs into files, in the order of the inputs, each file once even if links lead to it by several names. */
export function findFiles(
  inputs: readonly SourceInput[],
  options: { readonly cwd: string; readonly fs: FileSystem; readonly ignore?: readonly string[] },
): { readonly files: readonly FoundFile[]; readonly diagnostics: readonly Diagnostic[] } {
  const { cwd, fs, ignore = [] } = options;
  const search: Search = { cwd, fs, files: [], diagnostics: [], seen: new Set(ignore), hidden: new Map() };
  for (const input of inputs) findInput(search, input);
  // At the end, for one of them may have been named by itself.
  for (const [directory, left] of search.hidden) reportHidden(search, directory, left);
  return { files: search.files, diagnostics: search.diagnostics };
}

/** The name that people see for an absolute path. */
function shownName(cwd: string, path: string): string {
  return relative(cwd, path).split(sep).join("/") || ".";
}

/** True for names that are read when a directory or a glob is searched. */
export function isManifestName(name: string): boolean {
  return /\.(?:yaml|yml|json)$/i.test(name);
}

function findInput(search: Search, input: SourceInput): void {
  if (input.path === "-") {
    if (search.files.includes(null)) {
      search.diagnostics.push(diagnose("EI1011", input.from ?? null, "standard input is given more than once"));
    } else search.files.push(null);
    return;
  }
  if (input.path === "") {
    search.diagnostics.push(diagnose("EI1001", input.from ?? null, "an empty path is no file"));
    return;
  }
  const path = resolve(input.base, input.path);
  const missing = whyMissing(search.fs, path);
  if (missing === null) {
    if (visit(search, path, input, []) === "empty") {
      const message = `the directory ${quoted(input.path)} holds no *.yaml, *.yml or *.json file`;
      search.diagnostics.push(diagnose("EI1003", place(search, path), message, related(input)));
    }
  } else if (isDynamicPattern(input.path)) findGlob(search, input);
  else search.diagnostics.push(diagnose(missing.code, input.from ?? null, `${quoted(input.path)} ${missing.reason}`));
}

function findGlob(search: Search, input: SourceInput): void {
  const { paths, unreadable } = matchGlob(search.fs, input.path, input.base);
  for (const { path, failure } of unreadable) report(search, path, failure, input);
  const manifests = paths.filter(isManifestName);
  for (const path of manifests) visit(search, path, input, []);
  if (manifests.length === 0 && unreadable.length === 0) {
    const others = paths.length === 0 ? "" : `: of ${paths.length} matches none ends in .yaml, .yml or .json`;
    const message = `the pattern ${quoted(input.path)} matches no manifest${others}`;
    search.diagnostics.push(diagnose("EI1002", input.from ?? null, message));
  }
}

/** Null where something stands at the path, be it only a dangling link. */
function whyMissing(fs: FileSystem, path: string): Failure | null {
  try {
    fs.lstat(path);
    return null;
  } catch (error) {
    return failureOf(error);
  }
}

/** Adds the file, or the files of the directory. `above` are the real paths of the directories that led here. */
function visit(search: Search, path: string, input: SourceInput, above: readonly string[]): "some" | "empty" {
  try {
    const entry = search.fs.stat(path);
    if (entry.isDirectory()) return visitDirectory(search, path, input, above);
    if (!entry.isFile()) {
      report(search, path, { code: "EI1007", reason: "is a pipe, a socket or a device, not a file" }, input);
      return "some";
    }
    const realPath = search.fs.realpath(path);
    if (!search.seen.has(realPath)) {
      search.seen.add(realPath);
      search.files.push({ name: shownName(search.cwd, path), realPath, size: entry.size });
    }
  } catch (error) {
    report(search, path, isDangling(search.fs, path, error) ? dangling : failureOf(error), input);
  }
  return "some";
}

function visitDirectory(search: Search, path: string, input: SourceInput, above: readonly string[]): "some" | "empty" {
  const realPath = search.fs.realpath(path);
  if (above.includes(realPath)) {
    report(search, path, { code: "EI1013", reason: "leads back to a directory above it" }, input);
    return "empty";
  }
  if (search.seen.has(realPath)) return "some";
  const entries = [...search.fs.readdir(path)].sort((a, b) => (a.name < b.name ? -1 : 1));
  search.seen.add(realPath);
  const hidden = entries.filter(
    (entry) => entry.name.startsWith(".") && isManifestName(entry.name) && !entry.isDirectory(),
  );
  search.hidden.set(
    path,
    hidden.map(({ name }) => ({ name, realPath: resolve(realPath, name) })),
  );
  let found: "some" | "empty" = "empty";
  for (const entry of entries) {
    if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
    const child = resolve(path, entry.name);
    const wanted = isManifestName(entry.name) || entry.isDirectory() || leadsOn(search.fs, child, entry);
    if (wanted && visit(search, child, input, [...above, realPath]) === "some") found = "some";
  }
  return found;
}

/** Files alone: hidden directories are tools' own (`.git`, `.github`), and what they hold is not even looked at. */
function reportHidden(search: Search, directory: string, left: readonly HiddenFile[]): void {
  const unread = left.filter(({ realPath }) => !search.seen.has(realPath));
  const [first, ...more] = unread;
  if (first === undefined) return;
  const count = more.length === 0 ? "1 hidden file that is" : `${unread.length} hidden files that are`;
  const others = more.length === 0 ? "" : ` and ${more.length} more`;
  const where = `the directory ${quoted(shownName(search.cwd, directory))}`;
  const says = `${where} holds ${count} not read: ${quoted(first.name)}${others}`;
  search.diagnostics.push(diagnose("EI1014", place(search, directory), says));
}

/** A link whose own name is not a manifest's counts if it leads to a directory, or to nothing that could be looked at. */
function leadsOn(fs: FileSystem, path: string, entry: { isSymbolicLink(): boolean }): boolean {
  if (!entry.isSymbolicLink()) return false;
  try {
    return fs.stat(path).isDirectory();
  } catch {
    return true;
  }
}

const dangling: Failure = { code: "EI1005", reason: "is a symbolic link to something that does not exist" };

function isDangling(fs: FileSystem, path: string, error: unknown): boolean {
  if (errnoOf(error) !== "ENOENT") return false;
  try {
    return fs.lstat(path).isSymbolicLink();
  } catch {
    return false;
  }
}

function report(search: Search, path: string, failure: { code: Code; reason: string }, input: SourceInput): void {
  const message = `${quoted(shownName(search.cwd, path))} ${failure.reason}`;
  search.diagnostics.push(diagnose(failure.code, place(search, path), message, related(input)));
}

/** There is no text to point into: the start of the file stands for the whole of it. */
function place(search: Search, path: string): Position {
  return { file: shownName(search.cwd, path), line: 1, column: 1, length: 1 };
}

function related(input: SourceInput): { related: Diagnostic["related"] } {
  return { related: input.from === undefined ? [] : [{ message: "the path is given here", position: input.from }] };
}

function quoted(path: string): string {
  return `"${path}"`;
}
