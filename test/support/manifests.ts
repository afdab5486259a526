import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll } from "vitest";
import { stringify } from "yaml";

const directories: string[] = [];

afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

/** A new directory with these files, gone when the test file has run. */
export function directoryWith(files: Readonly<Record<string, string>> = {}): string {
  const directory = mkdtempSync(join(tmpdir(), "edge-ingress-test-"));
  directories.push(directory);
  for (const [name, text] of Object.entries(files)) {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return directory;
}

/** Puts a text into a file that somebody watches, at once: nobody comes to read it empty. */
export function putAtOnce(directory: string, name: string, text: string): void {
  const path = join(directory, name);
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

/** A Cluster whose ingress is a port on loopback. */
export function clusterAt(name: string, port: number, weight = 1): string {
  return stringify({
    apiVersion: "edge-ingress.dev/v1alpha1",
    kind: "Cluster",
    metadata: { name },
    spec: { endpoint: `http://127.0.0.1:${port}`, weight },
  });
}

export interface IngressSketch {
  readonly name: string;
  /** Every host when absent. */
  readonly host?: string;
  readonly path?: string;
  readonly service?: string;
  readonly tls?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
}

/** An Ingress with one rule. */
export function ingress({ name, host, path = "/", service = name, tls, annotations }: IngressSketch): string {
  const backend = { service: { name: service, port: { number: 80 } } };
  return stringify({
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name, ...(annotations !== undefined && { annotations }) },
    spec: {
      ...(tls === undefined ? {} : { tls: [{ hosts: tls, secretName: `${name}-tls` }] }),
      rules: [{ ...(host === undefined ? {} : { host }), http: { paths: [{ path, pathType: "Prefix", backend }] } }],
    },
  });
}

/** Several documents in one file. */
export function documents(...texts: readonly string[]): string {
  return texts.join("---\n");
}
