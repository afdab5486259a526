import { build } from "esbuild";
import { findBoundaryViolations, findForeignInputs, findImpurities, readSourceTree } from "./boundaries.ts";
import { workerBundle } from "./bundles.ts";

const { metafile } = await build({ ...workerBundle, write: false, metafile: true });
const tree = readSourceTree("src");
const problems = [
  ...findBoundaryViolations(tree),
  ...findImpurities(tree),
  ...findForeignInputs(Object.keys(metafile.inputs)),
];
for (const problem of problems) console.error(problem);
console.error(
  problems.length === 0 ? "imports go cli → compiler → table ← edge" : `${problems.length} files or imports go astray`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
