import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { messageOf, UsageError } from "../output.ts";
import { projectFiles } from "./files.ts";

/** Writes the files of a new project that are not there. What is there stays as it is. */
export function runInit(directory: string): void {
  const files = projectFiles(packageName(directory));
  for (const [path, text] of Object.entries(files)) {
    const place = join(directory, path);
    if (existsSync(place)) {
      process.stderr.write(`kept     ${place}\n`);
      continue;
    }
    try {
      mkdirSync(dirname(place), { recursive: true });
      writeFileSync(place, text, { flag: "wx" });
    } catch (error) {
      throw new UsageError(`${place} can't be written: ${messageOf(error)}`);
    }
    process.stderr.write(`written  ${place}\n`);
  }
  process.stderr.write(`
Next:
  put your Ingresses into manifests/, or \`edge-ingress pull\` them from clusters; say in clusters.yaml where those are
  npm install         edge-ingress and wrangler
  npm run check       what the compiler has to say of them
  npm start           the edge on this machine, with embedded clusters in the place of yours
  npm run deploy      to Cloudflare's network; put your zone in the place of example.com in package.json first
`);
}

/** What npm takes for a name. */
function packageName(directory: string): string {
  const plain = basename(resolve(directory))
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-");
  return plain.replace(/^-+|-+$/g, "") || "edge";
}
