import { join } from "node:path";
import { messageOf, UsageError } from "../output.ts";
import { KubeApi } from "./api.ts";
import { filesOf, pulledFiles, replaceDirectory } from "./files.ts";
import { type Snapshot, snapshotOf } from "./snapshot.ts";
import { checkControllerConfig, configFor, loadConfig, type Source, sourcesOf, writeCluster } from "./sources.ts";
import { rbacManifest } from "./wanted.ts";

export interface PullFlags {
  readonly context: readonly string[];
  readonly kubeconfig: string | undefined;
  readonly output: string;
  /** Undefined: by its usual name; false: there is none; a text: that one. */
  readonly controllerConfig: string | false | undefined;
  readonly secretNames: boolean;
  readonly rbac: boolean;
}

/** Writes snapshots of clusters, all of them or none. */
export async function runPull(flags: PullFlags): Promise<void> {
  if (flags.rbac) {
    process.stdout.write(rbacManifest({ secretNames: flags.secretNames, watches: false }));
    return;
  }
  if (typeof flags.controllerConfig === "string") checkControllerConfig(flags.controllerConfig);
  const config = loadConfig(flags.kubeconfig);
  const sources = sourcesOf(flags.context, config);
  const snapshots = await Promise.all(sources.map((source) => take(source, flags)));
  const written = snapshots.map(({ objects }) => filesOf(objects));
  for (const { name } of sources) pulledFiles(join(flags.output, name));
  for (const [index, source] of sources.entries()) {
    const snapshot = snapshots[index] as Snapshot;
    const directory = join(flags.output, source.name);
    const files = written[index] as ReadonlyMap<string, string>;
    const isChanged = replaceDirectory(directory, files);
    const isNew = writeCluster(flags.output, source);
    for (const warning of snapshot.warnings) process.stderr.write(`warning: ${source.name}: ${warning}\n`);
    const count = `${snapshot.objects.length} objects of ${files.size} files`;
    process.stderr.write(`${directory}: ${count}${isChanged ? "" : ", nothing new"}\n`);
    if (isNew)
      process.stderr.write(`${directory}.yaml: a Cluster that has them; say there where its load balancer is\n`);
  }
}

async function take(source: Source, flags: PullFlags): Promise<Snapshot> {
  const { context, name } = source;
  const progress = (text: string) => {
    if (process.stderr.isTTY) process.stderr.write(`${name}: ${text}\n`);
  };
  const { controllerConfig = null, secretNames } = flags;
  try {
    return await snapshotOf(new KubeApi(configFor(source, flags.kubeconfig)), {
      controllerConfig,
      secretNames,
      progress,
    });
  } catch (error) {
    throw new UsageError(`context ${context}: ${messageOf(error)}\nnothing was written`);
  }
}
