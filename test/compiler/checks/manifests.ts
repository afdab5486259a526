import type { CompileOptions, CompileResult } from "../../../src/compiler/compile.ts";
import { cluster, compiled } from "../../support/compiled.ts";

export interface IngressSketch {
  readonly name: string;
  readonly namespace?: string;
  /** Paths by host; one that begins with `=` is Exact, with `~` ImplementationSpecific, others are Prefix. */
  readonly hosts: Readonly<Record<string, readonly string[]>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly tls?: readonly { readonly hosts: readonly string[]; readonly secretName: string }[];
}

/** An Ingress of ingress-nginx in a few lines, as JSON: each path leads to a Service of the Ingress's name. */
export function ingress({ name, namespace = "shop", hosts, annotations = {}, tls = [] }: IngressSketch): string {
  const rules = Object.entries(hosts).map(([host, paths]) => ({
    ...(host !== "*" && { host }),
    http: { paths: paths.map((path) => ({ ...pathOf(path), backend: { service: { name, port: { number: 80 } } } })) },
  }));
  const named = Object.entries(annotations).map(([key, value]) => [`nginx.ingress.kubernetes.io/${key}`, value]);
  const metadata = { name, namespace, annotations: Object.fromEntries(named) };
  return `${JSON.stringify({ apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata, spec: { rules, tls } })}\n`;
}

function pathOf(written: string) {
  if (written.startsWith("=")) return { path: written.slice(1), pathType: "Exact" };
  if (written.startsWith("~")) return { path: written.slice(1), pathType: "ImplementationSpecific" };
  return { path: written, pathType: "Prefix" };
}

/** Compiles Ingresses in the dialect of ingress-nginx, with a cluster that has all Services. */
export function checked(ingresses: readonly string[], options: Partial<CompileOptions> = {}): CompileResult {
  return compiled([...ingresses, cluster("eu")].join("\n---\n"), { dialect: "ingress-nginx", ...options });
}

/** Messages of one code, in the order of their places. */
export function messages({ diagnostics }: Pick<CompileResult, "diagnostics">, code: string): string[] {
  return diagnostics.filter((one) => one.code === code).map(({ message }) => message);
}
