import { readFileSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { CompileOptions, Dialect } from "../compiler/index.ts";
import { parseRange } from "../table/address.ts";

/** What every command is told of manifests, as commander hands it over. */
export interface ManifestFlags {
  readonly ingressClass: readonly string[];
  readonly controller: readonly string[];
  readonly dialect: Dialect | null;
  readonly defaultBackend: CompileOptions["defaultBackend"];
  readonly zone: readonly string[];
  readonly trustedProxy: readonly string[];
  readonly externalSecrets: boolean;
  readonly lenient: boolean;
}

/** The same with the manifests themselves. */
export interface InputFlags extends ManifestFlags {
  readonly filename: readonly string[];
}

/** Adds those options and `-f` to a command. `required`: it can't do without manifests. */
export function withInputOptions(command: Command, { required = true } = {}): Command {
  const filename = new Option(
    "-f, --filename <path...>",
    "manifests: files, directories (recursive), globs, or - for stdin",
  );
  return withManifestOptions(command.addOption(required ? filename.makeOptionMandatory() : filename));
}

/** Adds what every command may be told of manifests. */
export function withManifestOptions(command: Command): Command {
  return command
    .addOption(
      repeatable("--ingress-class <name>", "serve the Ingresses of this class; without it, those that have no class"),
    )
    .addOption(repeatable("--controller <name>", "serve the Ingresses whose IngressClass has this spec.controller"))
    .addOption(
      new Option("--dialect <name>", "whose habits the Ingresses that are served count on")
        .choices(["ingress-nginx", "kubernetes"])
        .default(null, "by their class"),
    )
    .addOption(
      new Option("--default-backend <namespace/service:port>", "where everything goes that no rule takes")
        .default(null, "404")
        .argParser(parseServicePort),
    )
    .addOption(
      repeatable("--zone <name>", "a DNS zone of the Worker's account: lets the edge keep the client's Host in it"),
    )
    .addOption(
      repeatable("--trusted-proxy <cidr>", "believe X-Forwarded-* headers of these peers").argParser(
        (value: string, previous: readonly string[]) => {
          if (parseRange(value) === null) throw new InvalidArgumentError("It must be an IP address or a CIDR.");
          return [...previous, value];
        },
      ),
    )
    .option(
      "--external-secrets",
      "Secrets that are not among the manifests will be at the edge at run time (edge-ingress secrets)",
      false,
    )
    .option(
      "--lenient",
      "do with annotation values that ingress-nginx does not take what its controller does, with a warning",
      false,
    );
}

/** An option that may be given several times. */
export function repeatable(flags: string, description: string): Option {
  return new Option(flags, `${description} (repeatable)`)
    .default([], "none")
    .argParser((value: string, previous: readonly string[]) => [...previous, value]);
}

const SERVICE_PORT = /^(?<namespace>[a-z0-9-]+)\/(?<name>[a-z0-9-]+):(?<port>[a-z0-9-]+)$/;

function parseServicePort(value: string): CompileOptions["defaultBackend"] {
  const parts = SERVICE_PORT.exec(value)?.groups;
  const { namespace, name, port } = parts ?? {};
  if (namespace === undefined || name === undefined || port === undefined) {
    throw new InvalidArgumentError("It must look like namespace/service:port.");
  }
  return { namespace, name, port: /^\d+$/.test(port) ? Number(port) : port };
}

let standardInput: Buffer | undefined;

/** It can be read once only, and `dev` compiles again and again. */
function readStandardInput(): Buffer {
  standardInput ??= readFileSync(0);
  return standardInput;
}

/** What the compiler is told, from the command line and the process. */
export function compileOptions(flags: InputFlags, platform: CompileOptions["platform"]): CompileOptions {
  return {
    cwd: process.cwd(),
    readStdin: readStandardInput,
    ingressClass: flags.ingressClass,
    controller: flags.controller,
    dialect: flags.dialect,
    defaultBackend: flags.defaultBackend,
    platform,
    zones: flags.zone.map((zone) => zone.toLowerCase().replace(/\.$/, "")),
    trustedProxies: flags.trustedProxy,
    externalSecrets: flags.externalSecrets,
    lenient: flags.lenient,
  };
}
