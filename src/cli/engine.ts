import { setFlagsFromString } from "node:v8";

/** Node's releases that this was tried with, each with compiles of 10,000 Ingresses: 22.12, 24.21, 26.10 and 26.12. */
const TRIED: ReadonlySet<string> = new Set(["22", "24", "26"]);

const [MAJOR = ""] = process.versions.node.split(".");

/** Whether there is Maglev, the compiler before TurboFan. */
const HAS_MAGLEV = ["24", "26"].includes(MAJOR) && ["x64", "arm64"].includes(process.arch);

/**
 * Sets V8 up for a process that compiles once and ends.
 *
 * The young generation of the heap stays at what it has, 2 to 4 MB after a start. V8 would let it grow to 96 MB, but a
 * compile keeps most of what it makes: there is little to collect, and a process of a second spends a sixth of it on memory
 * that it touches for the first time. V8 reads the factor as it grows, and takes 1 from a running program, as no growth
 * (`SemiSpaceNewSpace::Grow` in src/heap/new-spaces.cc).
 *
 * Functions are compiled by Maglev and not once more by TurboFan, whose work pays in processes that last: a tenth less time
 * for 1,000 Ingresses, and a tenth less CPU for 10,000.
 */
export function expectOneCompile(): void {
  if (TRIED.has(MAJOR)) growBy(1);
  if (HAS_MAGLEV) setFlagsFromString("--no-turbofan");
}

/** As V8 compiles by itself: for commands that run until they are ended. */
export function expectManyCompiles(): void {
  if (HAS_MAGLEV) setFlagsFromString("--turbofan");
}

/** As V8 does it by itself. For threads, which begin with a young generation of 1 MB: that is too little for large manifests. */
export function growYoungGeneration(): void {
  growBy(2);
}

function growBy(factor: number): void {
  setFlagsFromString(`--semi-space-growth-factor=${factor}`);
}
