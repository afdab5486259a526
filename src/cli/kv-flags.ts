import type { Command } from "commander";
import { UsageError } from "./output.ts";

/** Which KV namespace is meant, in the words of wrangler. */
export interface NamespaceFlags {
  readonly local: boolean;
  readonly remote: boolean;
  readonly binding: string | undefined;
  readonly namespaceId: string | undefined;
  readonly config: string | undefined;
  readonly env: string | undefined;
}

/** Adds the flags to a command. `what`: `the keys`; `usual`: the binding of the edge's worker. */
export function withNamespaceOptions(command: Command, what: string, usual: string): Command {
  return command
    .option("--local", `${what} of \`dev\`, below .wrangler in this directory`, false)
    .option("--remote", `${what} in Cloudflare's network`, false)
    .option("--binding <name>", `the namespace by its name in the wrangler configuration (with --remote: ${usual})`)
    .option("--namespace-id <id>", "the namespace by its id")
    .option("-c, --config <file>", "the wrangler configuration")
    .option("-e, --env <name>", "its environment");
}

/** The flags for `wrangler kv`. Throws `UsageError` where they don't say which namespace is meant. */
export function kvFlags(flags: NamespaceFlags, what: string, usual: string): readonly string[] {
  const { local, remote, binding, namespaceId } = flags;
  // wrangler's own default is local: what is changed there leaves the real edge as it is.
  if (local === remote) throw new UsageError(`say which ${what} are meant: --local, those of \`dev\`, or --remote`);
  if (binding !== undefined && namespaceId !== undefined) {
    throw new UsageError("give one of --binding and --namespace-id");
  }
  const id = namespaceId ?? (local && binding === undefined ? usual : undefined);
  const which = id === undefined ? ["--binding", binding ?? usual] : ["--namespace-id", id];
  return [...which, local ? "--local" : "--remote", ...workerFlags(flags)];
}

/** The flags for any command of wrangler: which configuration, and which of its environments. */
export function workerFlags({ config, env }: Pick<NamespaceFlags, "config" | "env">): readonly string[] {
  return [config === undefined ? [] : ["--config", config], env === undefined ? [] : ["--env", env]].flat();
}
