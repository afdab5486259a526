import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Metafile } from "esbuild";

/**
 * What the licences of bundled packages ask to go along with them: each package with its version and the text of its
 * licence. Throws for a package that has none, and where no package is found.
 */
export function noticesOf(metafiles: readonly Metafile[]): string {
  const inputs = metafiles.flatMap(({ outputs }) => Object.values(outputs).flatMap((output) => used(output.inputs)));
  const directories = new Map(
    inputs.flatMap((path) => {
      const [directory, name] = PACKAGE.exec(path) ?? [];
      return directory === undefined || name === undefined ? [] : [[name, directory] as const];
    }),
  );
  if (directories.size === 0) throw new Error("no package is bundled, which can't be");
  const notices = [...directories].sort().map(([name, directory]) => {
    const { version } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as { version: string };
    const file = readdirSync(directory).find((entry) => /^licen[cs]e(?:\.|$)/i.test(entry));
    if (file === undefined) throw new Error(`${name} is bundled and has no licence file`);
    return `${name} ${version}\n\n${readFileSync(join(directory, file), "utf8").trim()}\n`;
  });
  return `edge-ingress holds these packages.\n\n${notices.join(`\n${"-".repeat(80)}\n\n`)}`;
}

/** Up to the package itself, also where another one holds it, or a link leads to it. */
const PACKAGE = /^.*\bnode_modules\/((?:@[^/]+\/)?[^/]+)/;

function used(inputs: Metafile["outputs"][string]["inputs"]): string[] {
  return Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : []));
}
