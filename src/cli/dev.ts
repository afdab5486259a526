import { type Command, InvalidArgumentError } from "commander";
import { type InputFlags, withInputOptions } from "./input-options.ts";

interface DevFlags extends InputFlags {
  readonly port: number;
  readonly httpsPort: number | undefined;
  readonly demo: boolean;
}

/** `dev`: the real worker on local workerd, rebuilt on change. */
export function addDevCommand(program: Command): void {
  withInputOptions(program.command("dev"))
    .summary("serve manifests on a local edge, rebuilt on change")
    .description(
      "Runs the real worker on local workerd. Prints one line on stdout when it serves: ready http://127.0.0.1:N\n" +
        "The Host header decides the route, as in production. An invalid change keeps the last good table.",
    )
    .option("--port <n>", "loopback port for HTTP, 0 for a free one", parsePort, 8787)
    .option("--https-port <n>", "loopback port for HTTPS, with a certificate made on the spot", parsePort)
    .option("--demo", "put an embedded demo cluster in the place of every Cluster", false)
    .addHelpText(
      "after",
      `
Examples:
  $ edge-ingress dev -f manifests/ --port 8080
  $ curl -H 'Host: shop.example.com' http://127.0.0.1:8080/cart
  $ edge-ingress dev -f examples --demo --https-port 8443
`,
    )
    .action(async (flags: DevFlags) => {
      // Loaded for this command alone: miniflare takes longer to load than `compile` to run.
      const { runDev } = await import("./dev/run.ts");
      await runDev({ ...flags, httpsPort: flags.httpsPort ?? null });
    });
}

function parsePort(value: string): number {
  const port = Number(value);
  if (!/^\d+$/.test(value) || port > 65_535) throw new InvalidArgumentError("It must be a port: 0 to 65535.");
  return port;
}
