import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { type CompileOutput, type DiffInput, formatReport } from "../../compiler/index.ts";
import { isMapping } from "../../compiler/resources/schema.ts";
import { isBuiltTable, readBuiltTable } from "../built-table.ts";
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

  /** The table of a deploy from here, by the first digits of its hash; null: none is kept. */
  deployed(table: string): DiffInput | null {
    const directory = join(this.#kept, table);
    return isBuiltTable(directory) ? readBuiltTable(directory) : null;
  }

  get #kept(): string {
    return join(this.#directory, "deployed");
  }

  /**
   * Writes the configuration with what it names, and the file by which wrangler finds it. Throws `UsageError` where that
   * leads to somebody else's configuration already.
   */
  write(wrangler: Readonly<Record<string, unknown>>, { table, report }: CompileOutput): void {
    const redirect = join(this.#root, ".wrangler", "deploy", "config.json");
    if (existsSync(redirect) && !leadsToUs(readFileSync(redirect, "utf8"))) {
      throw new UsageError(
        `${redirect} leads wrangler to a configuration that another tool made: deploy the edge from a directory of its own`,
      );
    }
    writeTogether(this.#directory, {
      "worker.js": readFileSync(WORKER),
      "table.bin": table,
      "report.json": formatReport(report),
      "wrangler.json": `${JSON.stringify(wrangler, null, 2)}\n`,
    });
    const configPath = `../edge-ingress/${this.#directory.split(/[\\/]/).at(-1)}/wrangler.json`;
    writeTogether(join(this.#root, ".wrangler", "deploy"), { "config.json": `${JSON.stringify({ configPath })}\n` });
  }

  /** Remembers what was written, which has requests or is to have them, beside what may have them still. */
  keep(table: string): void {
    const directory = join(this.#kept, table.slice(0, DIGITS));
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    for (const name of ["table.bin", "report.json"]) cpSync(join(this.#directory, name), join(directory, name));
    const names = readdirSync(this.#kept).map((name) => ({ name, at: statSync(join(this.#kept, name)).mtimeMs }));
    const old = names.sort((a, b) => b.at - a.at).slice(MOST_KEPT);
    for (const { name } of old) rmSync(join(this.#kept, name), { recursive: true, force: true });
  }
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
