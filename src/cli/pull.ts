import type { Command } from "commander";
import type { PullFlags } from "./pull/run.ts";

/** `pull`: what clusters hold, as files. */
export function addPullCommand(program: Command): void {
  program
    .command("pull")
    .summary("write what clusters hold as manifests: Ingresses, Services, classes, policies")
    .description(
      "Reads clusters through the contexts of your kubeconfig and writes a directory of manifests for each, a file a namespace.\n" +
        "Two pulls of the same state write the same bytes. All clusters are written, or none. Never reads a Secret's value.",
    )
    .option(
      "--context <name>",
      "a context, or CONTEXT=NAME to name its Cluster; may be given several times (default: the current one)",
      (value: string, previous: readonly string[]) => [...previous, value],
      [] as readonly string[],
    )
    .option("--kubeconfig <file>", "in the place of KUBECONFIG and ~/.kube/config")
    .option("-o, --output <dir>", "where the directories go", "clusters")
    .option(
      "--controller-config <namespace/name>",
      "the ConfigMap of ingress-nginx, where it has another name than usual",
    )
    .option("--no-controller-config", "ingress-nginx has no ConfigMap")
    .option("--secret-names", "also look whether the Secrets that Ingresses name are there", false)
    .option("--rbac", "print the least rights that a pull needs, as a manifest, and read nothing", false)
    .addHelpText(
      "after",
      `
Exit code: 0 written, 2 a cluster could not be read, and then nothing was written.

Examples:
  $ edge-ingress pull --rbac | kubectl apply -f -
  $ edge-ingress pull --context prod-eu=eu-west --context prod-us=us-east
  $ edge-ingress check -f clusters --ingress-class nginx
`,
    )
    .action(async (flags: PullFlags) => (await import("./pull/run.ts")).runPull(flags));
}
