import { readFileSync } from "node:fs";

/** package.json, one directory above the built CLI. */
const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  readonly version: string;
  readonly engines: { readonly node: string };
};

export const { version } = manifest;

/** Releases of Node that the command line runs on, as a range of npm's. bin/edge-ingress.js refuses others. */
export const nodeRange = manifest.engines.node;
