import { execFileSync } from "node:child_process";
import { linkSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type FileSystem, failureOf, nodeFileSystem } from "../../../src/compiler/sources/file-system.ts";
import { readSources } from "../../../src/compiler/sources/read.ts";
import { directoryOf, places, readIn, values } from "./reading.ts";

const good = { "good.yaml": "good: true\n" };

function errno(code: string): Error {
  return Object.assign(new Error(code), { code });
}

describe("what can not be read is reported, and the other files are still read", () => {
  type Case = readonly [what: string, make: (root: string) => void, path: string, expected: string];
  const cases: readonly Case[] = [
    ["a path that does not exist", () => {}, "no.yaml", "EI1001 -"],
    ["a path below a file", () => {}, "good.yaml/x.yaml", "EI1001 -"],
    ["an empty path", () => {}, "", "EI1001 -"],
    ["a glob without a match", () => {}, "x/**/*.yaml", "EI1002 -"],
    ["a glob that matches other files only", (root) => writeFileSync(join(root, "x.txt"), ""), "*.txt", "EI1002 -"],
    ["a dangling link", (root) => symlinkSync("nowhere", join(root, "x.yaml")), "x.yaml", "EI1005 x.yaml:1:1+1"],
    ["a link to itself", (root) => symlinkSync("x.yaml", join(root, "x.yaml")), "x.yaml", "EI1006 x.yaml:1:1+1"],
    ["a pipe", (root) => execFileSync("mkfifo", [join(root, "x.yaml")]), "x.yaml", "EI1007 x.yaml:1:1+1"],
    ["a device", (root) => symlinkSync("/dev/zero", join(root, "x.yaml")), "x.yaml", "EI1007 x.yaml:1:1+1"],
    [
      "a file of 50 MB",
      (root) => {
        writeFileSync(join(root, "x.yaml"), "a: 1\n");
        truncateSync(join(root, "x.yaml"), 50_000_000);
      },
      "x.yaml",
      "EI1008 x.yaml:1:1+1",
    ],
    ["a binary file", (root) => writeFileSync(join(root, "x.yaml"), "a: 1\nb: \0"), "x.yaml", "EI1009 x.yaml:2:4+1"],
    [
      "a file in another encoding",
      (root) => writeFileSync(join(root, "x.yaml"), Buffer.from("a: 1\nb: é\xe9", "latin1")),
      "x.yaml",
      "EI1010 x.yaml:2:4+1",
    ],
  ];
  test.each(cases)("%s", (_, make, path, expected) => {
    const root = directoryOf(good);
    make(root);
    const result = readIn(root, [path, "good.yaml"]);
    expect(places(result.diagnostics)).toEqual([expected]);
    expect(values(result)).toEqual([{ good: true }]);
  });

  test.each(cases.filter(([, , path]) => path === "x.yaml"))(
    "%s, found by a directory and by a glob",
    (_, make, _path, expected) => {
      const root = directoryOf(good);
      make(root);
      for (const path of [".", "*.yaml", "**"]) {
        const result = readIn(root, [path]);
        expect(places(result.diagnostics)).toEqual([expected]);
        expect(values(result)).toEqual([{ good: true }]);
      }
    },
  );

  test("a socket", async () => {
    const root = directoryOf(good);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(root, "x.yaml"), resolve));
    onTestFinished(() => void server.close());
    const result = readIn(root, ["."]);
    expect(places(result.diagnostics)).toEqual(["EI1007 x.yaml:1:1+1"]);
    expect(values(result)).toEqual([{ good: true }]);
  });

  test("a directory without a manifest is a warning, given by path", () => {
    const root = directoryOf({
      ...good,
      "docs/readme.md": "",
      "docs/.hidden.yaml": "a: 1",
      "docs/node_modules/x.yaml": "a: 1",
    });
    const result = readIn(root, ["docs", "good.yaml"]);
    expect(places(result.diagnostics)).toEqual(["EI1003 docs:1:1+1", "EI1014 docs:1:1+1"]);
    expect(result.diagnostics[0]?.severity).toBe("warning");
    expect(values(result)).toEqual([{ good: true }]);
  });

  test("hidden manifests are counted, in one info for each directory that holds some", () => {
    const root = directoryOf({
      ...good,
      ".b.yaml": "n: 0",
      ".a.YML": "n: 0",
      ".c.json": "{}",
      "d/.x.yaml": "n: 0",
      "e/.gitignore": "",
      "e/.git/config.yaml": "n: 0",
      "e/y.yaml": "n: 1",
    });
    const result = readIn(root, [".", "e", "d"]);
    expect(result.diagnostics.map(({ code, severity, message }) => [code, severity, message])).toEqual([
      ["EI1014", "info", 'the directory "." holds 3 hidden files that are not read: ".a.YML" and 2 more'],
      ["EI1014", "info", 'the directory "d" holds 1 hidden file that is not read: ".x.yaml"'],
    ]);
    expect(places(result.diagnostics)).toEqual(["EI1014 .:1:1+1", "EI1014 d:1:1+1"]);
    expect(values(result)).toEqual([{ n: 1 }, { good: true }]);
  });

  test("a hidden file that is named itself is read and not counted", () => {
    const root = directoryOf({ "d/.x.yaml": "n: 1", "d/y.yaml": "n: 2" });
    symlinkSync("d", join(root, "link"));
    for (const paths of [
      ["d/.x.yaml", "link"],
      ["d", "d/.x.yaml"],
    ]) {
      const result = readIn(root, paths);
      expect([result.diagnostics, values(result).length]).toEqual([[], 2]);
    }
  });

  test("a directory link that leads back up is left out", () => {
    const root = directoryOf({ "a/b/x.yaml": "x: 1" });
    symlinkSync("..", join(root, "a/b/up"));
    const result = readIn(root, ["a"]);
    expect(places(result.diagnostics)).toEqual(["EI1013 a/b/up:1:1+1"]);
    expect(values(result)).toEqual([{ x: 1 }]);
    expect(values(readIn(root, ["**/*.yaml"]))).toEqual([{ x: 1 }]);
  });

  test("a path written in a manifest is reported there", () => {
    const root = directoryOf({ "d/x.md": "" });
    const from = { file: "cluster.yaml", line: 7, column: 5, length: 3 };
    const read = (path: string) => readSources([{ path, base: root, from }], { cwd: root, readStdin: () => "" });
    expect(places(read("no.yaml").diagnostics)).toEqual(["EI1001 cluster.yaml:7:5+3"]);
    expect(places(read("no/*.yaml").diagnostics)).toEqual(["EI1002 cluster.yaml:7:5+3"]);
    expect(read("d").diagnostics[0]?.related).toEqual([{ message: "the path is given here", position: from }]);
  });
});

describe("errors of the operating system become codes", () => {
  test.each([
    ["ENOENT", "EI1001"],
    ["ENOTDIR", "EI1001"],
    ["EACCES", "EI1004"],
    ["EPERM", "EI1004"],
    ["ELOOP", "EI1006"],
    ["EISDIR", "EI1007"],
    ["ENXIO", "EI1007"],
    ["EIO", "EI1012"],
    ["EMFILE", "EI1012"],
    ["ENAMETOOLONG", "EI1012"],
  ])("%s is %s", (code, expected) => {
    expect(failureOf(errno(code)).code).toBe(expected);
  });

  test("a thrown value that is no error is reported in its own words", () => {
    expect(failureOf("odd")).toEqual({ code: "EI1012", reason: "can not be read (odd)" });
  });

  const failing = (call: "read" | "readdir" | "stat", name: string, code: string): FileSystem => ({
    ...nodeFileSystem,
    [call]: (path: string, limit: number) => {
      if (path.replace(/\/$/, "").endsWith(`/${name}`)) throw errno(code);
      return call === "read" ? nodeFileSystem.read(path, limit) : nodeFileSystem[call](path);
    },
  });

  test.each([
    ["a file that may not be opened", failing("read", "x.yaml", "EACCES"), "EI1004 d/x.yaml:1:1+1"],
    ["a file that may not be looked at", failing("stat", "x.yaml", "EACCES"), "EI1004 d/x.yaml:1:1+1"],
    ["a bad disk", failing("read", "x.yaml", "EIO"), "EI1012 d/x.yaml:1:1+1"],
    ["a file deleted meanwhile", failing("read", "x.yaml", "ENOENT"), "EI1001 d/x.yaml:1:1+1"],
    ["a directory that may not be listed", failing("readdir", "d", "EACCES"), "EI1004 d:1:1+1"],
  ])("%s", (_, fs, expected) => {
    const root = directoryOf({ ...good, "d/x.yaml": "x: 1" });
    for (const path of [".", "**/*.yaml"]) {
      const result = readIn(root, [path], { fs });
      expect(places(result.diagnostics)).toEqual([expected]);
      expect(values(result)).toEqual([{ good: true }]);
    }
  });

  test("a file whose size is over the limit is not even opened", () => {
    const root = directoryOf({ ...good, "x.yaml": "x: 1234567890" });
    const opened: string[] = [];
    const read = (path: string, limit: number) => {
      opened.push(path);
      return nodeFileSystem.read(path, limit);
    };
    readIn(root, ["."], { fs: { ...nodeFileSystem, read }, maxFileBytes: 12 });
    expect(opened).toEqual([join(root, "good.yaml")]);
  });

  test("a file that grows after it was looked at is still limited", () => {
    const root = directoryOf({ ...good, "x.yaml": "x: 1" });
    const stat = (path: string) => Object.assign(nodeFileSystem.stat(path), { size: 1 });
    const result = readIn(root, ["x.yaml"], { fs: { ...nodeFileSystem, stat }, maxFileBytes: 3 });
    expect(places(result.diagnostics)).toEqual(["EI1008 x.yaml:1:1+1"]);
  });

  test("the file itself may have the limit, but not a byte more", () => {
    const root = directoryOf({ "x.yaml": "x: 1" });
    expect(readIn(root, ["x.yaml"], { maxFileBytes: 4 }).diagnostics).toEqual([]);
    expect(places(readIn(root, ["x.yaml"], { maxFileBytes: 3 }).diagnostics)).toEqual(["EI1008 x.yaml:1:1+1"]);
  });
});

describe("what is read, and in which order", () => {
  test("a directory in depth, by code unit, manifests only", () => {
    const root = directoryOf({
      "d/b.yml": "n: 3",
      "d/B.json": '{"n": 1}',
      "d/a/z.yaml": "n: 2",
      "d/c.txt": "n: 0",
      "d/.git/x.yaml": "n: 0",
      "d/node_modules/x.yaml": "n: 0",
      "d/d.YAML": "n: 4",
      "d/e.Yml": "n: 5",
      "d/f.JSON": '{"n": 6}',
      "d/g.yaml.bak": "n: 0",
    });
    const result = readIn(root, ["d"]);
    expect(result.diagnostics).toEqual([]);
    expect(values(result)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }, { n: 5 }, { n: 6 }]);
    const names = ["d/B.json", "d/a/z.yaml", "d/b.yml", "d/d.YAML", "d/e.Yml", "d/f.JSON"];
    expect(result.files.map(({ name }) => name)).toEqual(names);
    expect(readIn(root, ["d/*"]).files.map(({ name }) => name)).toEqual(names.filter((name) => name !== "d/a/z.yaml"));
  });

  test("a file reached twice is read once, under its first name", () => {
    const root = directoryOf({ "d/x.yaml": "n: 1" });
    symlinkSync("d", join(root, "link"));
    symlinkSync("d/x.yaml", join(root, "y.yaml"));
    const result = readIn(root, ["y.yaml", "d", "d/x.yaml", "link", "./d/../d/*.yaml", "**/*.yaml"]);
    expect(result.diagnostics).toEqual([]);
    expect(result.files.map(({ name, realPath }) => [name, realPath])).toEqual([["y.yaml", join(root, "d/x.yaml")]]);
  });

  test("what is wrong in a directory that is reached twice is reported once", () => {
    const root = directoryOf({ "d/x.yaml": "n: 1" });
    symlinkSync("nowhere", join(root, "d/y.yaml"));
    symlinkSync("d", join(root, "link"));
    expect(places(readIn(root, ["d", "d", "link", "."]).diagnostics)).toEqual(["EI1005 d/y.yaml:1:1+1"]);
  });

  test("a glob leaves out node_modules and hidden entries", () => {
    const root = directoryOf({
      "d/x.yaml": "n: 1",
      "node_modules/p/x.yaml": "n: 2",
      "d/.h/x.yaml": "n: 3",
      ".x.yaml": "",
    });
    expect(values(readIn(root, ["**/*.yaml"]))).toEqual([{ n: 1 }]);
  });

  test("links to files and directories are followed", () => {
    const root = directoryOf({ "out/x.yaml": "n: 1", "out/sub/y.yaml": "n: 2", "in/z.yaml": "n: 3" });
    symlinkSync("../out/x.yaml", join(root, "in/a.yaml"));
    symlinkSync("../out/sub", join(root, "in/b"));
    linkSync(join(root, "out/x.yaml"), join(root, "in/hard.txt"));
    for (const path of ["in", "in/**/*.yaml"]) {
      expect(values(readIn(root, [path]))).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    }
  });

  test("a file that is named is read whatever its name, and a name with brackets is no glob if it exists", () => {
    const root = directoryOf({ "a[1].txt": "n: 1", ".b": "n: 2" });
    expect(values(readIn(root, ["a[1].txt", ".b"]))).toEqual([{ n: 1 }, { n: 2 }]);
  });

  test("paths start from their base, names from the working directory", () => {
    const root = directoryOf({ "a/x.yaml": "n: 1", "b/c.txt": "" });
    const inputs = [{ path: "../a/*.yaml", base: join(root, "b") }];
    const { files } = readSources(inputs, { cwd: join(root, "b"), readStdin: () => "" });
    expect(files.map(({ name }) => name)).toEqual(["../a/x.yaml"]);
  });

  test("an empty file is nothing", () => {
    const root = directoryOf({ "a.yaml": "", "b.yaml": "\n# no more\n", "c.yaml": "\ufeff" });
    const result = readIn(root, ["."]);
    expect([result.diagnostics, result.documents, result.files.length]).toEqual([[], [], 3]);
  });
});

describe("standard input", () => {
  test("is read once", () => {
    let reads = 0;
    const readStdin = () => {
      reads += 1;
      return "n: 1";
    };
    const result = readIn("/", ["-", "-"], { readStdin });
    expect([reads, places(result.diagnostics), values(result)]).toEqual([1, ["EI1011 -"], [{ n: 1 }]]);
    expect(result.files).toEqual([{ name: "<stdin>", realPath: null, text: "n: 1" }]);
  });

  test.each<readonly [string, () => string | Uint8Array, string]>([
    ["too large", () => "a: 12345678", "EI1008 <stdin>:1:1+1"],
    ["binary", () => "a: \0", "EI1009 <stdin>:1:4+1"],
    ["not UTF-8", () => Uint8Array.of(0x61, 0xc3), "EI1010 <stdin>:1:2+1"],
    [
      "closed",
      () => {
        throw errno("EIO");
      },
      "EI1012 <stdin>:1:1+1",
    ],
  ])("that is %s is reported, and files are still read", (_, readStdin, expected) => {
    const root = directoryOf({ "x.yaml": "n: 1" });
    const result = readIn(root, ["-", "x.yaml"], { readStdin, maxFileBytes: 10 });
    expect(places(result.diagnostics)).toEqual([expected]);
    expect(values(result)).toEqual([{ n: 1 }]);
  });
});
