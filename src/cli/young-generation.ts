import { setFlagsFromString } from "node:v8";

/** Node's releases that this was tried with, each with compiles of 10,000 Ingresses: 22.12, 24.21 and 26.10. */
const TRIED: ReadonlySet<string> = new Set(["22", "24", "26"]);

/**
 * Leaves the young generation of the heap at what it has, 2 to 4 MB after a start. V8 would let it grow to 96 MB, but a
 * compile keeps most of what it makes: there is little to collect, and a process of a second spends a sixth of it on memory
 * that it touches for the first time. V8 reads the factor as it grows, and takes 1 from a running program, as no growth
 * (`SemiSpaceNewSpace::Grow` in src/heap/new-spaces.cc).
 */
export function keepYoungGeneration(): void {
  const [major = ""] = process.versions.node.split(".");
  if (TRIED.has(major)) growBy(1);
}

/** As V8 does it by itself. For threads, which begin with a young generation of 1 MB: that is too little for large manifests. */
export function growYoungGeneration(): void {
  growBy(2);
}

function growBy(factor: number): void {
  setFlagsFromString(`--semi-space-growth-factor=${factor}`);
}
