import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { isControllerConfigName } from "../../compiler/frontends/ingress/controller-config-map.ts";
import { messageOf, UsageError } from "../output.ts";
import { KubeApi } from "./api.ts";
import { filesOf, pulledFiles, replaceDirectory } from "./files.ts";
import { type Snapshot, snapshotOf } from "./snapshot.ts";
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

/** A context, and the name of the cluster and directory that its objects go to. */
interface Source {
  readonly context: string;
  readonly name: string;
}

/** Writes snapshots of clusters, all of them or none. */
export async function runPull(flags: PullFlags): Promise<void> {
  if (flags.rbac) {
    process.stdout.write(rbacManifest({ secretNames: flags.secretNames }));
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

async function take({ context, name }: Source, flags: PullFlags): Promise<Snapshot> {
  // One of its own: the current context is a property of the whole configuration.
  const config = loadConfig(flags.kubeconfig);
  config.setCurrentContext(context);
  const progress = (text: string) => {
    if (process.stderr.isTTY) process.stderr.write(`${name}: ${text}\n`);
  };
  const { controllerConfig = null, secretNames } = flags;
  try {
    return await snapshotOf(new KubeApi(config), { controllerConfig, secretNames, progress });
  } catch (error) {
    throw new UsageError(`context ${context}: ${messageOf(error)}\nnothing was written`);
  }
}

function checkControllerConfig(written: string): void {
  const [, namespace, name = ""] = /^([a-z0-9-]+)\/([a-z0-9.-]+)$/.exec(written) ?? [];
  if (namespace === undefined) throw new UsageError("--controller-config must look like namespace/name");
  if (isControllerConfigName(name)) return;
  throw new UsageError(`the compiler would not know ${name}: it takes names that end in ingress-nginx-controller`);
}

function loadConfig(path: string | undefined): KubeConfig {
  const config = new KubeConfig();
  try {
    if (path === undefined) config.loadFromDefault();
    else config.loadFromFile(path);
  } catch (error) {
    throw new UsageError(`the kubeconfig can't be read: ${messageOf(error)}`);
  }
  return config;
}

function sourcesOf(contexts: readonly string[], config: KubeConfig): readonly Source[] {
  const known = config.getContexts().map(({ name }) => name);
  const asked = contexts.length > 0 ? contexts : [config.getCurrentContext()];
  const sources = asked.map((text) => sourceOf(text, known));
  const names = sources.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new UsageError(
      `two contexts would be written to ${twice}: give one another name, as in --context CONTEXT=NAME`,
    );
  }
  return sources;
}

/** `CONTEXT` or `CONTEXT=NAME`; names of contexts are anything, those of Clusters are DNS names. */
function sourceOf(text: string, known: readonly string[]): Source {
  const cut = known.includes(text) ? -1 : text.lastIndexOf("=");
  const context = cut === -1 ? text : text.slice(0, cut);
  if (!known.includes(context)) {
    const others = known.length === 0 ? "it has none" : `it has ${known.join(", ")}`;
    throw new UsageError(`the kubeconfig has no context ${JSON.stringify(context)}: ${others}`);
  }
  const name =
    cut === -1
      ? context
          .toLowerCase()
          .replace(/[^a-z0-9-]+/g, "-")
          .replace(/^-+|-+$/g, "")
      : text.slice(cut + 1);
  if (/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) return { context, name };
  throw new UsageError(
    `${JSON.stringify(name)} can't be a Cluster's name: give one, as in --context ${context}=eu-west`,
  );
}

/** The Cluster is people's to edit, so it is written once. */
function writeCluster(output: string, { context, name }: Source): boolean {
  const path = join(output, `${name}.yaml`);
  if (existsSync(path)) return false;
  writeFileSync(
    path,
    `# Context ${JSON.stringify(context)}. Written once by edge-ingress pull: this file is yours.
# yaml-language-server: $schema=./node_modules/edge-ingress/schemas/cluster-v1alpha1.json
apiVersion: edge-ingress.dev/v1alpha1
kind: Cluster
metadata: { name: ${name} }
spec:
  # Without an endpoint the addresses are those of status.loadBalancer.
  # endpoint: https://${name}.lb.example.com
  manifests: [./${name}]
`,
  );
  return true;
}
