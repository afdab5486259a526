#!/usr/bin/env node
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(`edge-ingress needs Node 22.19 or later; this is ${process.versions.node}.\n`);
  process.exit(2);
}
await import("../dist/cli.js");
