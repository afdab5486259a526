import { join } from "node:path";
import type { KubeApi, KubeObject } from "./api.ts";
import { filesOf, replaceDirectory } from "./files.ts";
import type { PullFlags } from "./run.ts";
import { metadataOf, snapshotOf } from "./snapshot.ts";
import { type Source, writeCluster } from "./sources.ts";

/** Objects that are told one by one. */
const MOST_TOLD = 10;

/** The directory of a cluster, and what was last written there. */
export class ClusterCopy {
  readonly #source: Source;
  readonly #api: KubeApi;
  readonly #flags: PullFlags;
  #objects: ReadonlyMap<string, string> | null = null;
  #warnings = "";

  constructor(source: Source, api: KubeApi, flags: PullFlags) {
    this.#source = source;
    this.#api = api;
    this.#flags = flags;
  }

  /**
   * Writes the state of the cluster as `pull` does, and says what is another in the files; nothing where nothing is. Throws where
   * the cluster can't be read in full, and then nothing was written.
   */
  async take(): Promise<readonly string[]> {
    const { controllerConfig = null, secretNames, output } = this.#flags;
    const options = { controllerConfig, secretNames, progress: () => undefined };
    const { objects, warnings } = await snapshotOf(this.#api, options);
    const files = filesOf(objects);
    const isChanged = replaceDirectory(join(output, this.#source.name), files);
    writeCluster(output, this.#source);
    const before = this.#objects;
    this.#objects = new Map(objects.map((object) => [titleOf(object), JSON.stringify(object)]));
    const told = warnings.join("\n");
    const isNewWarning = told !== this.#warnings;
    this.#warnings = told;
    if (isNewWarning)
      for (const warning of warnings) process.stderr.write(`warning: ${this.#source.name}: ${warning}\n`);
    if (!isChanged) return [];
    const count = `${objects.length} objects of ${files.size} files`;
    return before === null ? [`written: ${count}`] : [...differences(before, this.#objects), `written: ${count}`];
  }
}

function titleOf(object: KubeObject): string {
  const { namespace, name } = metadataOf(object);
  return `${object.kind} ${namespace === "" ? name : `${namespace}/${name}`}`;
}

function differences(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly string[] {
  const titles = [...new Set([...before.keys(), ...after.keys()])].sort();
  const lines = titles.flatMap((title) => {
    if (!after.has(title)) return [`${title} is gone`];
    if (!before.has(title)) return [`${title} is new`];
    return before.get(title) === after.get(title) ? [] : [`${title} is another`];
  });
  return lines.length <= MOST_TOLD ? lines : [...lines.slice(0, MOST_TOLD), `and ${lines.length - MOST_TOLD} more`];
}
