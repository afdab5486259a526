import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Metafile } from "esbuild";

/**
 * What the licences of bundled packages ask to go along with them: each package with its version and the text of its
 * licence. Throws for a package that has none.
 */
export function noticesOf(metafiles: readonly Metafile[]): string {
  const inputs = metafiles.flatMap(({ outputs }) => Object.values(outputs).flatMap((output) => used(output.inputs)));
  const names = new Set(inputs.flatMap((path) => PACKAGE.exec(path)?.[1] ?? []));
  const notices = [...names].sort().map((name) => {
    const directory = join("node_modules", name);
    const { version } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as { version: string };
    const file = readdirSync(directory).find((entry) => /^licen[cs]e(?:\.|$)/i.test(entry));
    if (file === undefined) throw new Error(`${name} is bundled and has no licence file`);
    return `${name} ${version}\n\n${readFileSync(join(directory, file), "utf8").trim()}\n`;
  });
  return `edge-ingress holds these packages.\n\n${notices.join(`\n${"-".repeat(80)}\n\n`)}`;
}

const PACKAGE = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//;

function used(inputs: Metafile["outputs"][string]["inputs"]): string[] {
  return Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : []));
}
