import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { type CompileOutput, type DiffInput, formatReport } from "../../compiler/index.ts";
import { isMapping } from "../../compiler/resources/schema.ts";
import { DIRECTORY_OFFSET } from "../../table/layout.ts";
import { openTable } from "../../table/reader.ts";
import { readBuiltTable } from "../built-table.ts";
import { UsageError, writeTogether } from "../output.ts";
import { DIGITS } from "./platform.ts";

/** Beside the built command line. */
const WORKER = fileURLToPath(new URL("./edge/worker.js", import.meta.url));

/** Tables that are kept: two have shares at most, and a few attempts may have failed since. */
const MOST_KEPT = 10;

/** Where a deployment lies below a directory: all of it generated, and none of it worth committing. */
export class DeployFiles {
  readonly #root: string;
  readonly #directory: string;

  constructor(root: string, name: string) {
    this.#root = root;
    this.#directory = join(root, ".wrangler", "edge-ingress", name);
  }

  get configuration(): string {
    return join(this.#directory, "wrangler.json");
  }

  /**
   * The table of a deploy from here, by the first digits of its hash; null: none is kept that is whole and of this hash.
   * What lies there may have been copied or written by anybody since, so its bytes say what it is and not its name.
   */
  deployed(table: string): DiffInput | null {
    try {
      const kept = readBuiltTable(join(this.#kept, table));
      return table !== "" && hashOf(kept).startsWith(table) ? kept : null;
    } catch (error) {
      if (error instanceof UsageError) return null;
      throw error;
    }
  }

  get #kept(): string {
    return join(this.#directory, "deployed");
  }

  /** Throws `UsageError` where what is written would take the place of somebody else's. */
  check(): void {
    const redirect = join(this.#root, ".wrangler", "deploy", "config.json");
    if (existsSync(redirect) && !leadsToUs(readFileSync(redirect, "utf8"))) {
      throw new UsageError(
        `${redirect} leads wrangler to a configuration that another tool made: deploy the edge from a directory of its own`,
      );
    }
  }

  /**
   * Writes the configuration with what it names, and the file by which wrangler finds it: for people and for other
   * commands. Whoever works in this directory may write over it at any time, so `deploy` itself uploads from elsewhere.
   */
  write(bundle: Bundle): void {
    this.check();
    writeTogether(this.#directory, bundle);
    const configPath = `../edge-ingress/${this.#directory.split(/[\\/]/).at(-1)}/wrangler.json`;
    writeTogether(join(this.#root, ".wrangler", "deploy"), { "config.json": `${JSON.stringify({ configPath })}\n` });
  }

  /** Remembers what has requests or is to have them, beside what may have them still. */
  keep({ report }: CompileOutput, bundle: Bundle): void {
    const directory = join(this.#kept, report.contentHash.slice(0, DIGITS));
    writeTogether(directory, { "table.bin": bundle["table.bin"], "report.json": bundle["report.json"] });
    const ageOf = (name: string) => statSync(join(this.#kept, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    const names = readdirSync(this.#kept).map((name) => ({ name, at: ageOf(name) }));
    const old = names.sort((a, b) => b.at - a.at).slice(MOST_KEPT);
    for (const { name } of old) rmSync(join(this.#kept, name), { recursive: true, force: true });
  }
}

/** What is uploaded, by the names of its files, with its report. */
export type Bundle = Readonly<Record<"worker.js" | "table.bin" | "report.json" | "wrangler.json", string | Uint8Array>>;

export function bundleOf(wrangler: Readonly<Record<string, unknown>>, { table, report }: CompileOutput): Bundle {
  return {
    "worker.js": readFileSync(WORKER),
    "table.bin": table,
    "report.json": formatReport(report),
    "wrangler.json": `${JSON.stringify(wrangler, null, 2)}\n`,
  };
}

/** The hash of a table as its bytes make it; empty where it is not a whole table of this report that can be read. */
function hashOf({ table, report }: DiffInput): string {
  const hash = createHash("sha256").update(table.subarray(DIRECTORY_OFFSET)).digest("hex");
  const opened = openTable(table.slice().buffer);
  return opened.ok && opened.table.contentHash === hash && report.contentHash === hash ? hash : "";
}

function leadsToUs(text: string): boolean {
  try {
    const parsed: unknown = JSON.parse(text);
    const path = isMapping(parsed) ? parsed.configPath : "";
    return typeof path === "string" && path.replaceAll("\\", "/").startsWith("../edge-ingress/");
  } catch {
    return false;
  }
}

/** Bytes of the upload after gzip, which the platform counts. */
export function uploadBytes({ table }: Pick<CompileOutput, "table">): number {
  return gzipSync(readFileSync(WORKER)).length + gzipSync(table).length;
}
