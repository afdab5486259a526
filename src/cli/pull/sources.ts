import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { isControllerConfigName } from "../../compiler/frontends/ingress/controller-config-map.ts";
import { messageOf, UsageError } from "../output.ts";

/** A context, and the name of the cluster and directory that its objects go to. */
export interface Source {
  readonly context: string;
  readonly name: string;
}

/** Throws `UsageError` where the compiler would not know a ConfigMap of that name. */
export function checkControllerConfig(written: string): void {
  const [, namespace, name = ""] = /^([a-z0-9-]+)\/([a-z0-9.-]+)$/.exec(written) ?? [];
  if (namespace === undefined) throw new UsageError("--controller-config must look like namespace/name");
  if (isControllerConfigName(name)) return;
  throw new UsageError(`the compiler would not know ${name}: it takes names that end in ingress-nginx-controller`);
}

/** The kubeconfig of a path, else the usual one, without slashes behind its servers. */
export function loadConfig(path: string | undefined): KubeConfig {
  const config = new KubeConfig();
  try {
    if (path === undefined) config.loadFromDefault();
    else config.loadFromFile(path);
  } catch (error) {
    throw new UsageError(`the kubeconfig can't be read: ${messageOf(error)}`);
  }
  if (path === undefined && isMadeUp(config)) {
    throw new UsageError(
      "there is no kubeconfig: KUBECONFIG names none, ~/.kube/config is not there, and this is no pod. Name one with --kubeconfig FILE",
    );
  }
  config.clusters = config.clusters.map((cluster) => ({ ...cluster, server: cluster.server.replace(/\/+$/, "") }));
  return config;
}

/** The Kubernetes client makes one of localhost where it finds none (`loadFromDefault` in its config.ts). */
function isMadeUp(config: KubeConfig): boolean {
  const { clusters, contexts } = config;
  return contexts[0]?.name === "loaded-context" && clusters[0]?.server === "http://localhost:8080";
}

/** What is asked for, else the current context. Throws `UsageError`. */
export function sourcesOf(contexts: readonly string[], config: KubeConfig): readonly Source[] {
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

/** A configuration of its own, whose current context is that one. */
export function configFor({ context }: Source, kubeconfig: string | undefined): KubeConfig {
  const config = loadConfig(kubeconfig);
  config.setCurrentContext(context);
  return config;
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
export function writeCluster(output: string, { context, name }: Source): boolean {
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
