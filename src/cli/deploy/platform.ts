import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isMapping } from "../../compiler/resources/schema.ts";
import { UsageError } from "../output.ts";
import { namesOf, parsePrinted } from "../secrets/store.ts";
import { withTemporaryDirectory } from "../temporary.ts";
import { runWrangler, WranglerFailed } from "../wrangler.ts";

/** A version and its part of the requests, in per cent. */
export interface Share {
  readonly version: string;
  readonly percentage: number;
}

/** What a Worker serves now. */
export interface Deployed {
  readonly shares: readonly Share[];
  /** The first digits of the hash of each table that has a share, as `deploy` left them; null where it did not. */
  readonly tables: readonly (string | null)[];
  /** The last migration of all versions that have a share; null where `deploy` left none, or they differ. */
  readonly migration: string | null;
}

/** A version that was uploaded. */
export interface Uploaded {
  readonly version: string;
  /** Milliseconds until the Worker is ready, as the platform measured; null where it did not say. */
  readonly startup: number | null;
}

/** What goes with a version: read again as `Deployed`. */
export interface Stamp {
  /** Hash of the table. */
  readonly table: string;
  readonly migration: string;
}

/** Digits of the hash in a message, which may have 100 characters. */
export const DIGITS = 32;
const STAMP = /^edge-ingress table=(?<table>[0-9a-f]{32}) migration=(?<migration>[\w-]+)$/;

const messageOf = ({ table, migration }: Stamp) =>
  `edge-ingress table=${table.slice(0, DIGITS)} migration=${migration}`;

/** One Worker on the platform, by way of wrangler. */
export class Platform {
  readonly #name: string;
  readonly #config: string;

  /** `config`: the generated configuration. */
  constructor(name: string, config: string) {
    this.#name = name;
    this.#config = config;
  }

  /** Null where there is no Worker of this name. */
  async deployed(): Promise<Deployed | null> {
    const shares = await this.shares();
    if (shares === null) return null;
    const stamps = await Promise.all(shares.map(({ version }) => this.#stampOf(version)));
    const [first = null, ...others] = stamps.map(({ migration }) => migration);
    const tables = [...new Set(stamps.map(({ table }) => table))];
    return { shares, tables, migration: others.every((other) => other === first) ? first : null };
  }

  async #stampOf(version: string) {
    const view = jsonIn(await this.#run(["versions", "view", version, "--json"]));
    const message = textAt(view, ["annotations", "workers/message"]) ?? "";
    const { table = null, migration = null } = STAMP.exec(message)?.groups ?? {};
    return { table, migration };
  }

  /** Which versions serve; null where there is no Worker of this name. */
  async shares(): Promise<readonly Share[] | null> {
    const printed = await this.#run(["deployments", "status", "--json"]).catch((error: unknown) => {
      // "This Worker does not exist on your account" (10007), or it has no deployments.
      const isMissing = /\b10007\b|has no deployments/i;
      if (error instanceof WranglerFailed && isMissing.test(error.message)) return null;
      throw error;
    });
    if (printed === null) return null;
    const shares = sharesIn(jsonIn(printed));
    if (shares.length === 0) {
      throw new UsageError("wrangler deployments status printed something that is no deployment");
    }
    return shares;
  }

  /** Names of the Worker's secrets. */
  async secretNames(): Promise<readonly string[]> {
    const names = namesOf(parsePrinted(await this.#run(["secret", "list", "--format", "json"])));
    if (names === null) throw new UsageError("wrangler secret list printed something that is no list");
    return names;
  }

  /** Names in a KV namespace. */
  async keysIn(namespaceId: string): Promise<readonly string[]> {
    const args = ["kv", "key", "list", "--namespace-id", namespaceId, "--remote", "--config", this.#config];
    const names = namesOf(parsePrinted(await runWrangler(args)));
    if (names === null) throw new UsageError("wrangler kv key list printed something that is no list");
    return names;
  }

  /** Uploads a version that takes no request yet. */
  upload(stamp: Stamp, secrets: ReadonlyMap<string, string>): Promise<Uploaded> {
    return this.#push(["versions", "upload"], stamp, secrets);
  }

  /** Uploads, migrates, activates and sets the routes in one go: for a Worker that is new, or has a new class. */
  deploy(stamp: Stamp, secrets: ReadonlyMap<string, string>): Promise<Uploaded> {
    return this.#push(["deploy"], stamp, secrets);
  }

  /** Shares requests out among versions. */
  async activate(shares: readonly Share[], stamp: Stamp | null): Promise<void> {
    const specs = shares.map(({ version, percentage }) => `${version}@${percentage}%`);
    const message = stamp === null ? [] : ["--message", messageOf(stamp)];
    await this.#run(["versions", "deploy", ...specs, "--yes", ...message]);
  }

  /** Sets the routes and Custom Domains of the configuration. */
  async routes(): Promise<void> {
    await this.#run(["triggers", "deploy"]);
  }

  #push(command: readonly string[], stamp: Stamp, secrets: ReadonlyMap<string, string>): Promise<Uploaded> {
    return withTemporaryDirectory("deploy", async (directory) => {
      const output = join(directory, "output.ndjson");
      const file = join(directory, "secrets.json");
      if (secrets.size > 0) writeFileSync(file, JSON.stringify(Object.fromEntries(secrets)), { mode: 0o600 });
      const flags = ["--message", messageOf(stamp), "--tag", stamp.table.slice(0, 12)];
      const withSecrets = secrets.size > 0 ? ["--secrets-file", file] : [];
      const printed = await this.#run([...command, ...flags, ...withSecrets], { WRANGLER_OUTPUT_FILE_PATH: output });
      const version = versionIn(readFileSync(output, "utf8"));
      if (version === null) throw new UsageError(`wrangler ${command.join(" ")} did not say which version it made`);
      const [, startup] = /Worker Startup Time:\s*([\d.]+)\s*ms/i.exec(printed) ?? [];
      return { version, startup: startup === undefined ? null : Number(startup) };
    });
  }

  #run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
    return runWrangler([...args, "--name", this.#name, "--config", this.#config], { env });
  }
}

function sharesIn(value: unknown): Share[] {
  const versions = isMapping(value) ? value.versions : null;
  if (!Array.isArray(versions)) return [];
  return versions.flatMap((each: unknown): Share[] => {
    const id = textAt(each, ["version_id"]);
    const percentage = isMapping(each) ? each.percentage : null;
    return id === null || typeof percentage !== "number" ? [] : [{ version: id, percentage }];
  });
}

/** The id in what wrangler writes for programs, a JSON object a line (WRANGLER_OUTPUT_FILE_PATH). */
function versionIn(lines: string): string | null {
  const entries = lines.split("\n").map(parsePrinted);
  return entries.map((entry) => textAt(entry, ["version_id"])).findLast((id) => id !== null) ?? null;
}

function textAt(value: unknown, path: readonly string[]): string | null {
  let at = value;
  for (const key of path) at = isMapping(at) ? at[key] : null;
  return typeof at === "string" ? at : null;
}

/** The JSON that wrangler printed, behind whatever banner. */
function jsonIn(printed: string): unknown {
  return parsePrinted(printed.slice(Math.max(0, printed.search(/^[[{]/m))));
}
