import { type CompileOptions, type CompileResult, compile } from "../../src/compiler/compile.ts";

/** Compiles files below a directory, for self-hosting where nothing else is said. */
export function compiledIn(
  cwd: string,
  paths: readonly string[],
  options: Partial<CompileOptions> = {},
): CompileResult {
  return compile(paths, {
    cwd,
    readStdin: () => "",
    ingressClass: [],
    controller: [],
    defaultBackend: null,
    platform: "workerd",
    zones: [],
    trustedProxies: [],
    ...options,
  });
}

/** The same of manifests that stand in one text. */
export function compiled(text: string, options: Partial<CompileOptions> = {}): CompileResult {
  return compiledIn(process.cwd(), ["-"], { readStdin: () => text, ...options });
}

export interface PolicySketch {
  readonly name?: string;
  readonly namespace?: string;
  /** YAML of `targetRefs`. */
  readonly targets: string;
  /** YAML of the other fields, each with its name. */
  readonly sets?: string;
}

/** An EdgePolicy in a few lines of YAML. */
export function edgePolicy({
  name = "policy",
  namespace = "shop",
  targets,
  sets = "retry: { attempts: 1 }",
}: PolicySketch) {
  return `apiVersion: edge-ingress.dev/v1alpha1
kind: EdgePolicy
metadata: { name: ${name}, namespace: ${namespace} }
spec: { targetRefs: [${targets}], ${sets} }
`;
}

/** A Cluster; `spec` is YAML after its endpoint. */
export function cluster(name: string, spec = ""): string {
  return `apiVersion: edge-ingress.dev/v1alpha1
kind: Cluster
metadata: { name: ${name} }
spec: { endpoint: "http://${name}.test"${spec === "" ? "" : `, ${spec}`} }
`;
}
