import {
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { errnoOf, type FileSystem, nodeFileSystem } from "../../../src/compiler/sources/file-system.ts";
import { type FileTrace, isUnchanged, TracingFileSystem } from "../../../src/compiler/sources/file-trace.ts";
import { fc } from "../../support/properties.ts";
import { directoryOf, readIn } from "./reading.ts";

const FILES = { "a.yaml": "a: 1\n", "b.yaml": "b: 1\n", "deep/c.yaml": "c: 1\n", "notes.txt": "n" };

/** The files, and links among them. */
function world(): string {
  const root = directoryOf(FILES);
  symlinkSync("a.yaml", join(root, "link.yaml"));
  symlinkSync("nowhere", join(root, "dangling.yaml"));
  return root;
}

/** What was seen on the way to all documents of a directory. */
function traceOf(root: string, paths: readonly string[] = ["."], fs: FileSystem = nodeFileSystem): FileTrace {
  const tracing = new TracingFileSystem(fs);
  readIn(root, paths, { fs: tracing });
  return JSON.parse(JSON.stringify(tracing.trace)) as FileTrace;
}

/** All that comes of reading a path. */
function summaryOf(root: string, path: string): string {
  const { files, diagnostics, documents } = readIn(root, [path]);
  return JSON.stringify([files, diagnostics, documents.map(({ value }) => value)]).replaceAll(root, "");
}

describe("a trace no longer holds", () => {
  test.each<[string, (root: string) => void]>([
    ["a byte of a file is another", (root) => writeFileSync(join(root, "b.yaml"), "b: 2\n")],
    ["a file grows", (root) => writeFileSync(join(root, "b.yaml"), "b: 1\n# more\n")],
    ["a file is cut", (root) => truncateSync(join(root, "b.yaml"), 2)],
    ["a file is added", (root) => writeFileSync(join(root, "z.yaml"), "")],
    ["a file is added deeper", (root) => writeFileSync(join(root, "deep/z.yaml"), "")],
    ["a hidden file is added, which is counted", (root) => writeFileSync(join(root, ".z.yaml"), "")],
    ["a directory is added", (root) => mkdirSync(join(root, "more"))],
    ["a file is removed", (root) => unlinkSync(join(root, "b.yaml"))],
    ["a directory is removed", (root) => rmSync(join(root, "deep"), { recursive: true })],
    ["a file has another name", (root) => renameSync(join(root, "b.yaml"), join(root, "z.yaml"))],
    [
      "two files change places",
      (root) => {
        renameSync(join(root, "a.yaml"), join(root, "x"));
        renameSync(join(root, "b.yaml"), join(root, "a.yaml"));
        renameSync(join(root, "x"), join(root, "b.yaml"));
      },
    ],
    [
      "a file is a directory now",
      (root) => {
        unlinkSync(join(root, "b.yaml"));
        mkdirSync(join(root, "b.yaml"));
      },
    ],
    [
      "a file is a link to its own content now",
      (root) => {
        renameSync(join(root, "b.yaml"), join(root, "b.txt"));
        symlinkSync("b.txt", join(root, "b.yaml"));
      },
    ],
    [
      "a link leads to another file with the same content",
      (root) => {
        writeFileSync(join(root, "copy.txt"), FILES["a.yaml"]);
        unlinkSync(join(root, "link.yaml"));
        symlinkSync("copy.txt", join(root, "link.yaml"));
      },
    ],
    ["a link leads to something at last", (root) => writeFileSync(join(root, "nowhere"), "n: 1\n")],
  ])("where %s", (_, change) => {
    for (const path of [".", "**/*.yaml"]) {
      const root = world();
      const [read, trace] = [summaryOf(root, path), traceOf(root, [path])];
      expect(isUnchanged(trace, nodeFileSystem)).toBe(true);
      change(root);
      // A glob looks at what fits it alone.
      if (path === "." || summaryOf(root, path) !== read) expect(isUnchanged(trace, nodeFileSystem)).toBe(false);
    }
  });

  test("where a path that did not exist does", () => {
    const root = world();
    const trace = traceOf(root, ["missing"]);
    expect(isUnchanged(trace, nodeFileSystem)).toBe(true);
    mkdirSync(join(root, "missing"));
    expect(isUnchanged(trace, nodeFileSystem)).toBe(false);
  });

  test("where an operation fails, and where it fails in another way", () => {
    const root = world();
    const failing = (name: keyof FileSystem, code: string): FileSystem => ({
      ...nodeFileSystem,
      [name]: () => {
        throw Object.assign(new Error("any words"), { code });
      },
    });
    const sound = traceOf(root);
    for (const name of ["stat", "realpath", "readdir", "read"] as const) {
      expect(isUnchanged(sound, failing(name, "EACCES"))).toBe(false);
      const failed = traceOf(root, ["."], failing(name, "EACCES"));
      expect(isUnchanged(failed, failing(name, "EACCES"))).toBe(true);
      expect(isUnchanged(failed, failing(name, "EIO"))).toBe(false);
      expect(isUnchanged(failed, nodeFileSystem)).toBe(false);
    }
  });
});

test("a trace holds whatever the times of files are, and where they are written again as they were", () => {
  const root = world();
  const trace = traceOf(root);
  utimesSync(join(root, "a.yaml"), new Date(0), new Date(0));
  writeFileSync(join(root, "b.yaml"), FILES["b.yaml"]);
  expect(isUnchanged(trace, nodeFileSystem)).toBe(true);
});

test("who is traced reads what others read", () => {
  const root = world();
  for (const path of [".", "*.yaml", "**", "missing", "link.yaml", "deep"]) {
    const { documents, ...rest } = readIn(root, [path]);
    const traced = readIn(root, [path], { fs: new TracingFileSystem(nodeFileSystem) });
    expect(traced.documents.map(({ file, value }) => ({ file, value }))).toEqual(
      documents.map(({ file, value }) => ({ file, value })),
    );
    expect({ files: traced.files, diagnostics: traced.diagnostics }).toEqual(rest);
  }
});

test("files of any size are read whole, when the questions are asked again too", () => {
  const sizes = [0, 1, (1 << 16) - 1, 1 << 16, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3_000_000];
  const root = directoryOf(Object.fromEntries(sizes.map((size) => [`${size}.yaml`, `#${"x".repeat(size)}`])));
  const trace = traceOf(root);
  expect(isUnchanged(trace, nodeFileSystem)).toBe(true);
  for (const size of sizes) {
    const path = join(root, `${size}.yaml`);
    const text = `#${"x".repeat(size)}`;
    expect(Buffer.from(nodeFileSystem.read(path, 1e8)).toString()).toBe(text);
    writeFileSync(path, `${text.slice(0, -1)}${text === "#" ? " " : "y"}`);
    expect(isUnchanged(trace, nodeFileSystem)).toBe(false);
    writeFileSync(path, text);
  }
  expect(isUnchanged(trace, nodeFileSystem)).toBe(true);
});

test("a question keeps its limit, and no answer has more than its digest", () => {
  const root = world();
  const path = join(root, "a.yaml");
  const fs = new TracingFileSystem(nodeFileSystem);
  expect(Buffer.from(fs.read(path, 2)).toString()).toBe("a:");
  expect(Object.keys(fs.stat(path)).sort()).toEqual(["isDirectory", "isFile", "isSymbolicLink", "size"]);
  expect(fs.trace.questions).toEqual([
    ["read", path, 2],
    ["stat", path],
  ]);
  writeFileSync(path, "a:!1\n");
  expect(isUnchanged(fs.trace, nodeFileSystem)).toBe(true);
  writeFileSync(path, "A: 1\n");
  expect(isUnchanged(fs.trace, nodeFileSystem)).toBe(false);
});

test("an error keeps what it is told by", () => {
  const fs = new TracingFileSystem(nodeFileSystem);
  const codes = ["/nowhere/at/all", "/dev/null/below"].map((path) => {
    try {
      fs.stat(path);
      return null;
    } catch (error) {
      return errnoOf(error);
    }
  });
  expect(codes).toEqual(["ENOENT", "ENOTDIR"]);
});

test("other answers make another digest, wherever one ends and the next begins", () => {
  const texts = fc.array(fc.constantFrom("", "a", "ab", "b", "1 bytes\n", '"a"\n', "\n"), { maxLength: 4 });
  const digestOf = (answers: readonly string[]) => {
    const fs = new TracingFileSystem({
      ...nodeFileSystem,
      read: (path) => Buffer.from(answers[Number(path)] ?? ""),
      realpath: (path) => answers[Number(path)] ?? "",
    });
    for (const index of answers.keys()) index % 2 === 0 ? fs.read(`${index}`, 9) : fs.realpath(`${index}`);
    return fs.trace.digest;
  };
  fc.assert(
    fc.property(texts, texts, (one, other) => {
      expect(digestOf(one) === digestOf(other)).toBe(JSON.stringify(one) === JSON.stringify(other));
    }),
    { numRuns: 2_000 },
  );
});
