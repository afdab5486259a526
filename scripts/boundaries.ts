import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";

/**
 * Who may import whom: `cli → compiler → table ← edge` (docs/architecture.md). `packages`: null allows any.
 * `cloudflare:workers` is the runtime itself.
 */
const ROOMS: Readonly<
  Record<string, { readonly rooms: readonly string[]; readonly packages: readonly string[] | null }>
> = {
  cli: { rooms: ["cli", "compiler", "table"], packages: null },
  compiler: { rooms: ["compiler", "table"], packages: null },
  table: { rooms: ["table"], packages: [] },
  edge: { rooms: ["edge", "table"], packages: ["hono", "jose", "cloudflare:workers"] },
};

/** Front ends stand side by side: what two of them share belongs beside them, under an idea's name. */
const FRONT_ENDS = "compiler/frontends/";

const IMPORT = /\bfrom\s*["']([^"'\s]+)["']|\bimport\s*\(?\s*["']([^"'\s]+)["']/g;

/** The imports that go against the direction, as sentences. `files`: text by path below `src/`. */
export function findBoundaryViolations(files: Readonly<Record<string, string>>): string[] {
  return Object.entries(files).flatMap(([path, text]) =>
    importsOf(text).flatMap((name) => {
      const problem = judge(path, name);
      return problem === null ? [] : [`src/${path} imports "${name}": ${problem}`];
    }),
  );
}

function importsOf(text: string): string[] {
  return [...text.matchAll(IMPORT)].map(([, from, dynamic]) => (from ?? dynamic) as string);
}

function judge(path: string, specifier: string): string | null {
  const room = roomOf(path);
  const allowed = ROOMS[room];
  if (allowed === undefined) return `src/${room} is no room of the design`;
  if (!specifier.startsWith(".")) {
    const name = specifier.split("/")[0] as string;
    const ok = allowed.packages === null || allowed.packages.includes(name);
    return ok ? null : `${room} may use ${allowed.packages?.join(", ") || "no packages"}`;
  }
  const target = posix.normalize(posix.join(posix.dirname(path), specifier));
  if (!allowed.rooms.includes(roomOf(target))) return `${room} may import ${allowed.rooms.join(", ")}`;
  if (path.startsWith(FRONT_ENDS) && target.startsWith(FRONT_ENDS) && frontEndOf(path) !== frontEndOf(target)) {
    return "a front end may not import another";
  }
  return null;
}

function roomOf(path: string): string {
  return path.split("/")[0] as string;
}

function frontEndOf(path: string): string {
  return path.slice(FRONT_ENDS.length).split("/")[0] as string;
}

/** Source files below a directory, by path relative to it. */
export function readSourceTree(root: string): Record<string, string> {
  const names = readdirSync(root, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    names
      .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        return [relative(root, path), readFileSync(path, "utf8")];
      }),
  );
}

/** The one file of the compiler that asks the disk. */
const FILE_SYSTEM = "compiler/sources/file-system.ts";

/** Modules of Node that tell nothing of the machine, the process or the time. */
const PURE = ["node:buffer", "node:crypto", "node:net", "node:path", "node:util"];

const ASKS = /\b(?:process\.\w+|Date\.now|new Date\(\)|Math\.random|performance\.\w+|random(?:UUID|Bytes|Int)\b)/;
/** What asks nothing when it runs. */
const COMMENT_OR_TYPE = /\/\*[\s\S]*?\*\/|\/\/.*|\bimport\s+type\b[^;]*;/g;

/**
 * Where the compiler asks for more than its options and its `FileSystem`, as sentences: what it comes to would be another thing
 * the next time, and the answers that `explain` keeps would be wrong.
 */
export function findImpurities(files: Readonly<Record<string, string>>): string[] {
  return Object.entries(files).flatMap(([path, text]) => {
    if (roomOf(path) !== "compiler" || path === FILE_SYSTEM) return [];
    const code = text.replaceAll(COMMENT_OR_TYPE, "");
    const asked = importsOf(code).filter((name) => name.startsWith("node:") && !PURE.includes(name));
    const global = ASKS.exec(code)?.[0];
    return [...asked, ...(global === undefined ? [] : [global])].map(
      (what) => `src/${path} asks ${what}: the compiler knows its options and its FileSystem alone`,
    );
  });
}

/** The modules of a bundle that the edge must not hold; `inputs` are paths of an esbuild metafile. */
export function findForeignInputs(inputs: readonly string[]): string[] {
  const allowed = /^(?:src\/(?:edge|table)\/|node_modules\/(?:hono|jose)\/)/;
  return inputs
    .filter((input) => !allowed.test(input))
    .map((input) => `the worker bundle holds ${dirname(input)}: ${input}`);
}
