import { dirname } from "node:path";
import { byText } from "../by-text.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { EVERY_CLUSTER, type Scope } from "../ir/scope.ts";
import type { SourceDocument, SourceFile } from "./document.ts";
import { type ReadOptions, readSources, type SourceInput } from "./read.ts";

/** Everything that is read for one compile: what `-f` names, and what Clusters name in `spec.manifests`. */
export interface ScopedSources {
  readonly files: readonly SourceFile[];
  readonly documents: readonly SourceDocument[];
  readonly diagnostics: readonly Diagnostic[];
  scopeOf(document: SourceDocument): Scope;
}

/**
 * Reads the inputs, then the manifests that exist in some clusters alone. A file that a Cluster names belongs to that
 * cluster even where a directory given with `-f` holds it too. A Cluster inside such manifests claims no further files.
 */
export function readScopedSources(inputs: readonly SourceInput[], options: ReadOptions): ScopedSources {
  const shared = readSources(inputs, options);
  const claims = shared.documents.flatMap((document) => claimsOf(document, options.cwd));
  const clustersOf = new Map<string, Set<string>>();
  const claimedFiles = new Map<string, SourceFile>();
  const claimedDocuments = new Map<string, readonly SourceDocument[]>();
  const diagnostics = [...shared.diagnostics];
  for (const [cluster, ofCluster] of Map.groupBy(claims, (claim) => claim.cluster)) {
    const read = readSources(
      ofCluster.map((claim) => claim.input),
      options,
    );
    for (const file of read.files) {
      if (file.realPath === null) continue;
      clustersOf.set(file.realPath, (clustersOf.get(file.realPath) ?? new Set()).add(cluster));
      if (claimedFiles.has(file.realPath)) continue;
      claimedFiles.set(file.realPath, file);
      const documents = read.documents.filter((document) => document.file === file);
      claimedDocuments.set(file.realPath, documents);
    }
    diagnostics.push(...read.diagnostics);
  }
  const isClaimed = ({ realPath }: SourceFile) => realPath !== null && clustersOf.has(realPath);
  return {
    files: [...shared.files.filter((file) => !isClaimed(file)), ...claimedFiles.values()],
    documents: [...shared.documents.filter(({ file }) => !isClaimed(file)), ...[...claimedDocuments.values()].flat()],
    diagnostics,
    scopeOf({ file }) {
      const clusters = file.realPath === null ? undefined : clustersOf.get(file.realPath);
      return clusters === undefined ? EVERY_CLUSTER : { kind: "clusters", names: [...clusters].sort(byText) };
    },
  };
}

interface Claim {
  readonly cluster: string;
  readonly input: SourceInput;
}

/** What a document claims if it is a Cluster; whether it is a valid one is found out when resources are loaded. */
function claimsOf(document: SourceDocument, cwd: string): Claim[] {
  const { kind, apiVersion, metadata, spec } = fields(document.value);
  if (kind !== "Cluster" || apiVersion !== "edge-ingress.dev/v1alpha1") return [];
  const { name } = fields(metadata);
  const { manifests } = fields(spec);
  if (typeof name !== "string" || !Array.isArray(manifests)) return [];
  const base = document.file.realPath === null ? cwd : dirname(document.file.realPath);
  return manifests.flatMap((path: unknown, index) => {
    // Standard input is an error of the Cluster, and is not waited for.
    if (typeof path !== "string" || path === "-") return [];
    const from = document.locate(["spec", "manifests", index]);
    return [{ cluster: name, input: { path, base, from } }];
  });
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
