import { parseAllDocuments } from "yaml";

/** What the controller watches, as far as it makes locations of it. */
export interface Watched {
  readonly ingresses: readonly Ingress[];
  /** By `namespace/name`: the texts of Secrets and ConfigMaps. */
  readonly secrets: ReadonlyMap<string, Readonly<Record<string, string>>>;
  readonly configMaps: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** The controller's own ConfigMap. */
  readonly config: Readonly<Record<string, string>>;
}

export interface Ingress {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly creationTimestamp: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly defaultBackend?: ServiceBackend;
    readonly tls?: readonly unknown[];
    readonly rules?: readonly Rule[];
  };
}

export interface Rule {
  readonly host?: string;
  readonly http?: { readonly paths: readonly Path[] };
}

export interface Path {
  readonly path?: string;
  readonly pathType: "Exact" | "Prefix" | "ImplementationSpecific";
  readonly backend: ServiceBackend;
}

export interface ServiceBackend {
  readonly service: { readonly name: string; readonly port: { readonly number: number } };
}

/** Reads manifests as they stand, by nothing that the compiler has part in. */
export function watched(manifests: string): Watched {
  const documents = parseAllDocuments(manifests).map((document) => document.toJS() as { kind: string } & Stored);
  const ofKind = <T>(kind: string) => documents.filter((each) => each.kind === kind) as unknown as readonly T[];
  const configMaps = new Map(ofKind<Stored>("ConfigMap").map((each) => [keyOf(each), each.data ?? {}]));
  return {
    ingresses: ofKind<Ingress>("Ingress").toSorted(byCreation),
    secrets: new Map(ofKind<Stored>("Secret").map((each) => [keyOf(each), each.stringData ?? {}])),
    configMaps,
    config: configMaps.get("ingress-nginx/ingress-nginx-controller") ?? {},
  };
}

interface Stored {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly stringData?: Readonly<Record<string, string>>;
}

function keyOf({ metadata: { namespace, name } }: Stored): string {
  return `${namespace}/${name}`;
}

/** Older first; of one age by `namespace/name`, the last of the alphabet first (store.go, sortIngressSlice). */
function byCreation(a: Ingress, b: Ingress): number {
  const [aged, aged2] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp];
  if (aged !== aged2) return aged < aged2 ? -1 : 1;
  return keyOf(a) < keyOf(b) ? 1 : -1;
}
