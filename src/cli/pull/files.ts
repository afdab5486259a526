import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { byText } from "../../compiler/by-text.ts";
import { messageOf, UsageError } from "../output.ts";
import type { KubeObject } from "./api.ts";
import { metadataOf } from "./snapshot.ts";

const HEADER = "# Pulled by edge-ingress. The next pull writes this file again: put nothing of your own here.\n";

/** Objects in no namespace. A namespace can't have this name. */
const NO_NAMESPACE = "_cluster";

/** The files of a snapshot, one a namespace, in an order that depends on nothing but the objects. */
export function filesOf(objects: readonly KubeObject[]): ReadonlyMap<string, string> {
  const byFile = Map.groupBy(objects, fileOf);
  const files = [...byFile].map(([file, members]): [string, string] => {
    const sorted = members.toSorted((a, b) => byText(orderOf(a), orderOf(b)));
    const documents = sorted.map((object) =>
      stringify(object, { sortMapEntries: true, lineWidth: 0, aliasDuplicateObjects: false }),
    );
    return [file, HEADER + documents.join("---\n")];
  });
  return new Map(files.toSorted(([a], [b]) => byText(a, b)));
}

/** Throws `UsageError` where an API server says what is no namespace: it could be a path out of the directory. */
function fileOf(object: KubeObject): string {
  const { namespace } = metadataOf(object);
  if (!/^[a-z0-9-]{0,63}$/.test(namespace)) {
    throw new UsageError(`${JSON.stringify(namespace)} can't be a namespace, and the API server says so`);
  }
  return `${namespace || NO_NAMESPACE}.yaml`;
}

/**
 * Puts files in the place of a directory, as a whole: they are written beside it and change places with it. Throws
 * `UsageError` where it can't, or where the directory holds what no pull wrote. False where nothing was another.
 */
export function replaceDirectory(directory: string, files: ReadonlyMap<string, string>): boolean {
  const before = pulledFiles(directory);
  const isSame = before.size === files.size && [...before].every(([name, text]) => files.get(name) === text);
  if (isSame && existsSync(directory)) return false;
  const beside = `${directory}.${process.pid}.new`;
  const old = `${directory}.${process.pid}.old`;
  try {
    mkdirSync(beside, { recursive: true });
    for (const [name, text] of files) writeFileSync(join(beside, name), text);
    if (existsSync(directory)) renameSync(directory, old);
    renameSync(beside, directory);
  } catch (error) {
    if (!existsSync(directory) && existsSync(old)) renameSync(old, directory);
    throw new UsageError(`${directory} is as it was: ${messageOf(error)}`);
  } finally {
    rmSync(beside, { recursive: true, force: true });
    rmSync(old, { recursive: true, force: true });
  }
  return true;
}

/** The files of an earlier pull. Throws `UsageError` where the directory holds anything else: it would be lost. */
export function pulledFiles(directory: string): ReadonlyMap<string, string> {
  const names = existsSync(directory) ? readdirSync(directory) : [];
  return new Map(names.map((name) => [name, pulledText(directory, name)]));
}

function pulledText(directory: string, name: string): string {
  const path = join(directory, name);
  let text = "";
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`${path} is not a file of a pull: ${messageOf(error)}`);
  }
  if (text.startsWith(HEADER)) return text;
  throw new UsageError(`${path} was not written by a pull, and would be lost: move it, or pull into another directory`);
}

function orderOf(object: KubeObject): string {
  const { name } = metadataOf(object);
  return `${object.kind}\0${name}`;
}
