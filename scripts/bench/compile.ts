import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";

const INGRESSES = 10_000;

/** Compiles 10,000 Ingresses of two paths as a whole process, beside the time the YAML parser alone takes for them. */
export async function benchCompile(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "bench-compile-"));
  try {
    const manifests = Array.from({ length: INGRESSES }, (_, index) => ingress(index)).join("---\n");
    writeFileSync(join(directory, "ingresses.yaml"), manifests);
    writeFileSync(join(directory, "clusters.yaml"), CLUSTERS);
    const parse = timed(() => {
      if (parseAllDocuments(manifests).length !== INGRESSES) throw new Error("the parser lost documents");
    });
    const args = [
      "bin/edge-ingress.js",
      "compile",
      "-f",
      directory,
      "-o",
      join(directory, "out"),
      "--zone",
      "example.com",
    ];
    const runs = Array.from({ length: 3 }, () =>
      timed(() => {
        const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
        if (status !== 0) throw new Error(stderr.slice(-2000));
      }),
    ).sort((a, b) => a - b);
    const seconds = runs[1] as number;
    const { size } = statSync(join(directory, "out", "table.bin"));
    console.log(`${INGRESSES} Ingresses, ${(manifests.length / 1e6).toFixed(1)} MB of YAML`);
    console.log(
      `compile, whole process: ${seconds.toFixed(2)} s (median of ${runs.map((run) => run.toFixed(2)).join(", ")}; at most 5)`,
    );
    console.log(`YAML parser alone:      ${parse.toFixed(2)} s; ratio ${(seconds / parse).toFixed(2)}`);
    console.log(`table: ${(size / 1e6).toFixed(2)} MB, ${Math.round(size / INGRESSES)} bytes an Ingress`);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function timed(run: () => void): number {
  const start = performance.now();
  run();
  return (performance.now() - start) / 1000;
}

const CLUSTERS = ["eu-west", "us-east", "ap-south"]
  .map(
    (name) => `apiVersion: edge-ingress.dev/v1alpha1
kind: Cluster
metadata: { name: ${name} }
spec: { endpoint: "https://${name}.lb.example.com" }
`,
  )
  .join("---\n");

function ingress(index: number): string {
  const path = (prefix: string) => `          - path: /${prefix}
            pathType: Prefix
            backend:
              service:
                name: ${prefix}-${index}
                port:
                  number: 80
`;
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: ingress-${index}
  namespace: team-${index % 50}
spec:
  rules:
    - host: host-${index}.example.com
      http:
        paths:
${path("api")}${path("web")}`;
}
