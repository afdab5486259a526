import { dirname, join } from "node:path";
import { type CompileOutput, clusterBindings, compile, type UsedSecret } from "../../compiler/index.ts";
import { type AskedAbout, type ConsentFlags, consentTo, REFUSED } from "../consent.ts";
import { compileOptions, type InputFlags } from "../input-options.ts";
import { messageOf, printDiagnostics, UsageError, writeTogether } from "../output.ts";
import { withTemporaryDirectory } from "../temporary.ts";
import { runWrangler } from "../wrangler.ts";
import {
  bindsSecretsInKv,
  type Configuration,
  configurationOf,
  followsPublished,
  LAST_MIGRATION,
} from "./configuration.ts";
import { type Bundle, bundleOf, DeployFiles, uploadBytes } from "./files.ts";
import { compareWith, givenBases } from "./guards.ts";
import { type Deployed, Platform, type Share, type Stamp } from "./platform.ts";
import { rollOut } from "./rollout.ts";
import { readWritten, writtenConfiguration } from "./user-config.ts";

export interface DeployFlags extends InputFlags, ConsentFlags {
  readonly name: string | undefined;
  readonly env: string | undefined;
  readonly config: string | undefined;
  readonly customDomain: readonly string[];
  readonly kv: ReadonlyMap<string, string>;
  readonly against: readonly string[];
  readonly dryRun: boolean;
  readonly gradual: readonly number[] | undefined;
  readonly probe: readonly string[];
  /** Milliseconds. */
  readonly stepTime: number;
  /** Per cent. */
  readonly maxErrors: number;
  /** Bytes after gzip. */
  readonly maxSize: number;
  /** Milliseconds. */
  readonly maxStartup: number;
}

/** Exit codes: 0 deployed, 1 errors in the manifests or a step that failed, 2 wrong use, 3 refused. */
export async function runDeploy(flags: DeployFlags): Promise<void> {
  const options = compileOptions(flags, "cloudflare");
  const { output, diagnostics, files, resources } = compile(flags.filename, options);
  printDiagnostics(
    diagnostics.filter(({ severity }) => severity !== "info"),
    files,
  );
  if (output === null) {
    process.exitCode = 1;
    return;
  }
  const { written, root } = await handWritten(flags);
  const name = nameOf(flags, written);
  const configuration = configurationOf(output, {
    name,
    zones: options.zones,
    customDomains: flags.customDomain,
    kv: flags.kv,
    bindings: clusterBindings(resources),
    written,
    now: new Date(),
  });
  for (const note of configuration.notes) say(`note: ${note}`);
  const bytes = uploadBytes(output);
  const problems = [...configuration.problems, ...sizeProblems(bytes, flags)];
  if (problems.length > 0) {
    for (const problem of problems) say(`error: ${problem}`);
    process.exitCode = 1;
    return;
  }
  const local = new DeployFiles(root, name);
  local.check();
  const { hosts, rules } = output.report.totals;
  say(`${rules} rules of ${hosts} hosts, ${Math.ceil(bytes / 1024)} KiB gzip`);
  const bundle = bundleOf(configuration.wrangler, output);
  // Of this process alone: what is compared and consented to is what is uploaded, whoever works beside it.
  await withTemporaryDirectory("deploy", async (directory) => {
    writeTogether(directory, bundle);
    const config = join(directory, "wrangler.json");
    if (!flags.dryRun) return deploy(flags, { name, output, configuration, config, bundle, local });
    local.write(bundle);
    say(`the configuration is in ${local.configuration}`);
    await runWrangler(["deploy", "--dry-run", "--config", config]);
    say(
      "wrangler accepts the configuration; the platform was asked nothing, so nothing is compared with what is deployed",
    );
  });
}

async function handWritten({ config, env }: DeployFlags) {
  const found = config === undefined ? writtenConfiguration(process.cwd()) : null;
  if (found !== null) {
    throw new UsageError(
      `${found} may be another Worker's: give --config ${found} to build on it, or deploy from a directory of its own`,
    );
  }
  if (config === undefined) return { written: {}, root: process.cwd() };
  return { written: await readWritten(config, env), root: dirname(join(process.cwd(), config)) };
}

function nameOf({ name, env, config }: DeployFlags, written: Readonly<Record<string, unknown>>): string {
  const own = typeof written.name === "string" ? written.name : undefined;
  const base = name ?? own ?? "edge-ingress";
  // A configuration says itself how the Worker of an environment is called.
  return env === undefined || (config !== undefined && name === undefined && own !== undefined)
    ? base
    : `${base}-${env}`;
}

function sizeProblems(bytes: number, { maxSize }: DeployFlags): string[] {
  if (bytes <= maxSize) return [];
  return [`the Worker takes ${bytes} bytes after gzip, more than the ${maxSize} of --max-size`];
}

interface Plan {
  readonly name: string;
  readonly output: CompileOutput;
  readonly configuration: Configuration;
  /** Where the configuration lies that is deployed, with what it names. */
  readonly config: string;
  readonly bundle: Bundle;
  readonly local: DeployFiles;
}

async function deploy(flags: DeployFlags, { name, output, configuration, config, bundle, local }: Plan): Promise<void> {
  const platform = new Platform(name, config);
  const deployed = await platform.deployed();
  const bases = { given: givenBases(flags.against, deployed, flags), kept: (table: string) => local.deployed(table) };
  const comparison = compareWith(bases, deployed, output);
  process.stdout.write(`${comparison.text}\n`);
  // It may serve in the place of the deployed one, and no longer after this deploy.
  const follows = followsPublished(configuration);
  if (follows) {
    say("note: a published table may serve, and is not compared with here: `edge-ingress publish --dry-run` does that");
  }
  const asks: AskedAbout[] = follows ? [...comparison.asks, "unknown"] : [...comparison.asks];
  const refusal = await consentTo(asks, flags, `Deploy ${name}`);
  if (refusal !== null) {
    say(refusal);
    process.exitCode = REFUSED;
    return;
  }
  const secrets = await secretsFor(output.secrets, platform, configuration, deployed);
  if (secrets === null) {
    process.exitCode = 1;
    return;
  }
  const stamp: Stamp = { table: output.report.contentHash, migration: LAST_MIGRATION };
  // A version can't bring a new class, and there is none beside a Worker that does not exist.
  const isWhole = deployed === null || deployed.migration !== stamp.migration;
  // Before it has a request: a rollout that is cut off leaves it with a share of them.
  local.keep(output, bundle);
  const isDone = isWhole
    ? await deployWhole(platform, stamp, secrets, deployed, flags)
    : await deployVersion(platform, stamp, secrets, deployed, flags, name);
  if (!isDone) {
    process.exitCode = 1;
    return;
  }
  say(`deployed: ${name} serves table ${stamp.table.slice(0, 12)}`);
  try {
    local.write(bundle);
  } catch (error) {
    say(`note: the files of it are not in ${dirname(local.configuration)}: ${messageOf(error)}`);
  }
}

/** Texts to upload by binding; null where a Secret is neither at the edge nor among the manifests, which is printed. */
async function secretsFor(
  secrets: readonly UsedSecret[],
  platform: Platform,
  configuration: Configuration,
  deployed: Deployed | null,
): Promise<ReadonlyMap<string, string> | null> {
  const texts = new Map<string, string>();
  const absent: UsedSecret[] = [];
  for (const secret of secrets) {
    const text = secret.payload();
    if (text === null) absent.push(secret);
    else texts.set(secret.binding, text);
  }
  if (absent.length === 0) return texts;
  const atWorker = new Set(deployed === null ? [] : await platform.secretNames());
  const namespace = bindsSecretsInKv(configuration);
  const inKv = new Set(namespace ? await platform.keysIn(namespace) : []);
  const missing = absent.filter(({ name, binding }) => !atWorker.has(binding) && !inKv.has(name));
  for (const { name, neededBy } of missing) {
    say(
      `error: Secret ${name} is neither among the manifests nor at the edge, and is needed by ${neededBy.join(", ")}`,
    );
  }
  if (missing.length > 0) say("put them there: edge-ingress secrets sync, with their manifests");
  return missing.length > 0 ? null : texts;
}

/** A Worker that is new, or has a new class: all at once. */
async function deployWhole(
  platform: Platform,
  stamp: Stamp,
  secrets: ReadonlyMap<string, string>,
  deployed: Deployed | null,
  flags: DeployFlags,
): Promise<boolean> {
  const why = deployed === null ? "it is new" : "it has a new Durable Object class";
  if (flags.gradual !== undefined) say(`at once and not step by step, for ${why}`);
  if (!(await servesStill(platform, deployed?.shares ?? null))) {
    say("somebody else deployed meanwhile: nothing was changed. Run the same command again");
    return false;
  }
  try {
    const { version, startup } = await platform.deploy(stamp, secrets);
    say(`version ${version} serves${startup === null ? "" : `, ready in ${startup} ms`}`);
    return true;
  } catch (error) {
    say(messageOf(error));
    const left =
      deployed === null
        ? "no route leads to it unless wrangler says so above"
        : `${sharesText(deployed.shares)} unless wrangler says otherwise above`;
    say(`the deploy failed: ${left}. Put right what it says, and run the same command again`);
    return false;
  }
}

/** Uploaded, measured, and then given requests: what fails before that leaves the version that serves as it is. */
async function deployVersion(
  platform: Platform,
  stamp: Stamp,
  secrets: ReadonlyMap<string, string>,
  deployed: Deployed,
  flags: DeployFlags,
  name: string,
): Promise<boolean> {
  const serves = sharesText(deployed.shares);
  const uploaded = await platform.upload(stamp, secrets).catch((error: unknown) => {
    say(messageOf(error));
    say(`the upload failed: ${serves}. Put right what it says, and run the same command again`);
    return null;
  });
  if (uploaded === null) return false;
  const { version, startup } = uploaded;
  say(`version ${version} is uploaded${startup === null ? "" : `, ready in ${startup} ms`}`);
  if (startup !== null && startup > flags.maxStartup) {
    say(`it takes ${startup} ms to start, more than the ${flags.maxStartup} of --max-startup: ${serves}`);
    return false;
  }
  if (!(await servesStill(platform, deployed.shares))) {
    say(`somebody else deployed meanwhile: version ${version} got no request. Run the same command again`);
    return false;
  }
  const { gradual, probe: probes, stepTime, maxErrors } = flags;
  const steps = gradual ?? [100];
  const rollout = await rollOut(
    platform,
    version,
    deployed.shares,
    stamp,
    { steps, probes, stepTime, maxErrors, name },
    say,
  );
  if (!rollout.ok) {
    say(rollout.why);
    const by = deployed.shares.map(({ version: id, percentage }) => `${id}@${percentage}%`).join(" ");
    say(
      rollout.back
        ? `version ${version} was not kept: ${serves}`
        : `nobody knows what serves now. Go back by hand: wrangler versions deploy ${by} --name ${name} --yes`,
    );
    return false;
  }
  try {
    await platform.routes();
    return true;
  } catch (error) {
    say(messageOf(error));
    say(`version ${version} serves on the routes as they were; the new ones are not set. Run the same command again`);
    return false;
  }
}

/** Whether that serves which was compared with. */
async function servesStill(platform: Platform, before: readonly Share[] | null): Promise<boolean> {
  const now = await platform.shares();
  return now === null || before === null ? now === before : sharesText(now) === sharesText(before);
}

function sharesText(shares: readonly Share[]): string {
  return shares.map(({ version, percentage }) => `version ${version} serves ${percentage} % as before`).join(", ");
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
