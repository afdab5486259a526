import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCli } from "./cli.ts";
import { directoryWith } from "./manifests.ts";

/** What a planted answer says in the place of the name of an Ingress. */
export const PLANTED = "Ingress planted/here";

/** `explain` beside a cache of its own. */
export class Kept {
  readonly directory: string;

  constructor(directory = join(directoryWith(), "cache")) {
    this.directory = directory;
  }

  get env() {
    return { EDGE_INGRESS_CACHE: "", EDGE_INGRESS_CACHE_DIR: this.directory };
  }

  explain(
    args: readonly string[],
    { cwd, env = {}, stdin = "" }: { cwd: string; env?: Record<string, string>; stdin?: string },
  ) {
    return runCli(["explain", ...args], { cwd, stdin, env: { ...this.env, ...env } });
  }

  /** Names of the files. */
  names(): string[] {
    return existsSync(this.answers) ? readdirSync(this.answers).sort() : [];
  }

  get answers(): string {
    return join(this.directory, "answers");
  }

  path(name: string): string {
    return join(this.answers, name);
  }

  /** What stands in a file after its checksum. */
  text(name: string): string {
    return readFileSync(this.path(name), "utf8").replace(/^.*\n/, "");
  }

  /** Makes every answer say by whom it is given, with the checksum of a sound file: whoever says it has used one. */
  plant(): void {
    for (const name of this.names()) {
      const text = this.text(name).replaceAll(/"from":"Ingress [^"]+"/g, `"from":"${PLANTED}"`);
      const checksum = createHash("sha256").update(`${name}\n${text}`).digest("hex");
      writeFileSync(this.path(name), `${checksum}\n${text}`);
    }
  }
}
