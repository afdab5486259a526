import {
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { runCli } from "../../support/cli.ts";
import { Kept, PLANTED } from "../../support/kept-answers.ts";
import { clusterAt, directoryWith, documents, ingress } from "../../support/manifests.ts";

const FORMATS = fileURLToPath(new URL("../formats/", import.meta.url));
const CLUSTER = clusterAt("one", 8080);
const VALID = documents(
  CLUSTER,
  ingress({ name: "first", host: "a.test", path: "/x" }),
  ingress({ name: "second", host: "b.test" }),
);
const URL_OF_IT = "http://a.test/x";
const ASK = ["-f", "all.yaml", URL_OF_IT];
const isRoot = process.getuid?.() === 0;

/** Manifests, and an answer for their host that says when it is used. */
async function planted(files: Readonly<Record<string, string>> = { "all.yaml": VALID }, ask: readonly string[] = ASK) {
  const [cwd, kept] = [directoryWith(files), new Kept()];
  await kept.explain(ask, { cwd });
  kept.plant();
  const again = await kept.explain(ask, { cwd });
  expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining(PLANTED), stderr: "" });
  return { cwd, kept };
}

describe("for the first time, again, and without a cache: the same", () => {
  const ask = ["-f", "before.yaml", "--ingress-class", "nginx", "-X", "POST", "https://shop.example.com/admin"];
  test.each(["text", "json", "sarif", "markdown"])("as %s", async (format) => {
    const kept = new Kept();
    const args = [...ask, "--format", format];
    const first = await kept.explain(args, { cwd: FORMATS });
    expect(kept.names()).toHaveLength(1);
    expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining("admin"), stderr: "" });
    expect(await kept.explain(args, { cwd: FORMATS })).toEqual(first);
    expect(await kept.explain([...args, "--no-cache"], { cwd: FORMATS })).toEqual(first);
  });

  test("other paths, methods and headers of the host, by one answer", async () => {
    const { cwd, kept } = await planted();
    for (const more of [
      ["-X", "POST", "http://a.test/x/y"],
      ["-H", "x-a: b", "https://A.test:8443/x?y=1"],
    ]) {
      const { stdout } = await kept.explain(["-f", "all.yaml", ...more], { cwd });
      expect(stdout).toContain(PLANTED);
    }
    expect(kept.names()).toHaveLength(1);
  });
});

describe("an answer is not used any more", () => {
  const outside = {
    "in/c.yaml": `${CLUSTER.trimEnd()}\n  manifests: [../out]\n`,
    "out/i.yaml": ingress({ name: "first", host: "a.test" }),
  };
  test.each<[string, Readonly<Record<string, string>>, string, (cwd: string) => void]>([
    [
      "where a byte is another",
      { "all.yaml": VALID },
      "all.yaml",
      (cwd) => writeFileSync(join(cwd, "all.yaml"), VALID.replace("name: first", "name: fir5t")),
    ],
    [
      "where a file is added",
      { "in/all.yaml": VALID },
      "in",
      (cwd) => writeFileSync(join(cwd, "in/more.yaml"), ingress({ name: "third", host: "a.test", path: "/x/y" })),
    ],
    [
      "where a file is removed",
      { "in/all.yaml": VALID, "in/more.yaml": "" },
      "in",
      (cwd) => unlinkSync(join(cwd, "in/more.yaml")),
    ],
    [
      "where a directory is added that a glob looks into",
      { "in/all.yaml": VALID },
      "in/**/*.yaml",
      (cwd) => mkdirSync(join(cwd, "in/deep")),
    ],
    [
      "where a file changes that a Cluster names",
      outside,
      "in",
      (cwd) => writeFileSync(join(cwd, "out/i.yaml"), ingress({ name: "other", host: "a.test" })),
    ],
    [
      "where a file is added that a Cluster names",
      outside,
      "in",
      (cwd) => writeFileSync(join(cwd, "out/j.yaml"), ingress({ name: "other", host: "a.test", path: "/x" })),
    ],
    [
      "where errors come in",
      { "all.yaml": VALID },
      "all.yaml",
      (cwd) => writeFileSync(join(cwd, "all.yaml"), VALID.replaceAll("Prefix", "Sideways")),
    ],
    ["where the manifests are gone", { "all.yaml": VALID }, "all.yaml", (cwd) => unlinkSync(join(cwd, "all.yaml"))],
  ])("%s", async (_, files, path, change) => {
    const ask = ["-f", path, URL_OF_IT];
    const { cwd, kept } = await planted(files, ask);
    change(cwd);
    const changed = await kept.explain(ask, { cwd });
    expect(changed.stdout).not.toContain(PLANTED);
    expect(changed).toEqual(await kept.explain([...ask, "--no-cache"], { cwd }));
  });

  test("where a link leads to another file, be it with the same content", async () => {
    const [cwd, kept] = [directoryWith({ "one/all.yaml": VALID, "two/all.yaml": VALID }), new Kept()];
    symlinkSync("one", join(cwd, "now"));
    const ask = ["-f", "now", URL_OF_IT];
    await kept.explain(ask, { cwd });
    kept.plant();
    expect((await kept.explain(ask, { cwd })).stdout).toContain(PLANTED);
    unlinkSync(join(cwd, "now"));
    symlinkSync("two", join(cwd, "now"));
    expect((await kept.explain(ask, { cwd })).stdout).not.toContain(PLANTED);
  });

  test("and the next one is kept in its place", async () => {
    const { cwd, kept } = await planted();
    const [before] = kept.names();
    writeFileSync(join(cwd, "all.yaml"), VALID.replace("name: first", "name: fir5t"));
    await kept.explain(ASK, { cwd });
    kept.plant();
    expect((await kept.explain(ASK, { cwd })).stdout).toContain(PLANTED);
    expect(kept.names()).toEqual([before]);
  });

  test("but whatever the times of files are, it is", async () => {
    const { cwd, kept } = await planted();
    utimesSync(join(cwd, "all.yaml"), new Date(0), new Date(0));
    expect((await kept.explain(ASK, { cwd })).stdout).toContain(PLANTED);
  });
});

describe("an answer to another question is not used", () => {
  let world: Awaited<ReturnType<typeof planted>>;
  beforeAll(async () => {
    world = await planted({ "all.yaml": VALID, "deep/none.txt": "" });
  });

  test.each([
    ["--ingress-class", "nginx"],
    ["--controller", "example.com/x"],
    ["--dialect", "ingress-nginx"],
    ["--default-backend", "default/first:80"],
    ["--zone", "example.com"],
    ["--trusted-proxy", "10.0.0.0/8"],
    ["--platform", "workerd"],
    ["--external-secrets"],
    ["--lenient"],
    ["-f", "./all.yaml"],
  ])("%s %s", async (...flag) => {
    const { cwd, kept } = world;
    const ask = [...ASK, ...flag];
    const said = await kept.explain(ask, { cwd });
    expect(said.stdout).not.toContain(PLANTED);
    expect(said).toEqual(await kept.explain([...ask, "--no-cache"], { cwd }));
  });

  test("another working directory", async () => {
    const { cwd, kept } = world;
    const ask = ["-f", join(cwd, "all.yaml"), URL_OF_IT];
    await kept.explain(ask, { cwd });
    kept.plant();
    expect((await kept.explain(ask, { cwd })).stdout).toContain(PLANTED);
    const { stdout } = await kept.explain(ask, { cwd: join(cwd, "deep") });
    expect(stdout).not.toContain(PLANTED);
    expect(stdout).toContain("at ../all.yaml:");
  });

  test("another host", async () => {
    const { cwd, kept } = world;
    const { stdout } = await kept.explain(["-f", "all.yaml", "http://b.test/x"], { cwd });
    expect(stdout).toContain("Ingress default/second");
  });
});

describe("nothing is kept, and nothing used", () => {
  const TYPO = VALID.replaceAll("Prefix", "Sideways");
  const FROM_INPUT = `${CLUSTER.trimEnd()}\n  manifests: ["-"]\n`;
  test.each<[string, Readonly<Record<string, string>>, readonly string[], number, string?]>([
    ["with errors in the manifests", { "all.yaml": TYPO }, ASK, 1],
    ["of standard input", {}, ["-f", "-", URL_OF_IT], 0, VALID],
    [
      "where a Cluster names standard input",
      { "all.yaml": documents(FROM_INPUT, ingress({ name: "first", host: "a.test" })) },
      ASK,
      1,
      ingress({ name: "first", host: "a.test" }),
    ],
    ["where no rule takes the request", { "all.yaml": VALID }, ["-f", "all.yaml", "http://a.test/y"], 0],
    ["where no rule is for the host", { "all.yaml": VALID }, ["-f", "all.yaml", "http://c.test/"], 0],
    ["where the request is refused", { "all.yaml": VALID }, ["-f", "all.yaml", "http://a.test/%zz"], 0],
    ["with --no-cache", { "all.yaml": VALID }, [...ASK, "--no-cache"], 0],
    ["of a running edge", { "all.yaml": VALID }, [...ASK, "--live", "http://127.0.0.1:1", "--token", "x"], 2],
  ])("%s", async (_, files, ask, code, stdin = "") => {
    const [cwd, kept] = [directoryWith(files), new Kept()];
    expect((await kept.explain(ask, { cwd, stdin })).code).toBe(code);
    expect(kept.names()).toEqual([]);
  });

  test("where the environment says so", async () => {
    const { cwd, kept } = await planted();
    const env = { EDGE_INGRESS_CACHE: "off" };
    expect((await kept.explain(ASK, { cwd, env })).stdout).not.toContain(PLANTED);
    expect((await kept.explain([...ASK, "--lenient"], { cwd, env })).code).toBe(0);
    expect(kept.names()).toHaveLength(1);
  });

  test("of a built table, and with --no-cache", async () => {
    const { cwd, kept } = await planted();
    await runCli(["compile", "-f", "all.yaml", "-o", "out"], { cwd });
    for (const args of [
      ["--table", "out", URL_OF_IT],
      [...ASK, "--no-cache"],
    ]) {
      const { code, stdout } = await kept.explain(args, { cwd });
      expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining("Ingress default/first") });
    }
    expect(kept.names()).toHaveLength(1);
  });

  test("where another path of the host is taken by no rule: what is left out is told, as ever", async () => {
    const left = ingress({ name: "left", host: "a.test" }).replace("spec:", "spec:\n  ingressClassName: other");
    const { cwd, kept } = await planted({ "all.yaml": documents(VALID, left) });
    const ask = ["-f", "all.yaml", "http://a.test/y"];
    const said = await kept.explain(ask, { cwd });
    expect(said).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("404: no rule"),
      stderr: expect.stringContaining("EI2050"),
    });
    expect(said).toEqual(await kept.explain([...ask, "--no-cache"], { cwd }));
    expect((await kept.explain(ASK, { cwd })).stdout).toContain(PLANTED);
  });
});

describe("a broken file is as if it were not there, and a sound one takes its place", () => {
  test.each<[string, (path: string) => void]>([
    ["empty", (path) => writeFileSync(path, "")],
    ["cut short", (path) => truncateSync(path, statSync(path).size - 1)],
    ["of a checksum alone", (path) => truncateSync(path, 64)],
    ["another text", (path) => writeFileSync(path, "answers: []\n")],
    ["without a checksum", (path) => writeFileSync(path, '\n{"trace":{"questions":[]}}')],
    [
      "altered",
      (path) => writeFileSync(path, readFileSync(path, "utf8").replaceAll(PLANTED, PLANTED.replace("here", "anew"))),
    ],
    ["with a byte more", (path) => writeFileSync(path, " ", { flag: "a" })],
  ])("%s", async (_, damage) => {
    const { cwd, kept } = await planted();
    const [name = ""] = kept.names();
    damage(kept.path(name));
    const said = await kept.explain(ASK, { cwd });
    expect(said).toMatchObject({ code: 0, stdout: expect.stringContaining("Ingress default/first"), stderr: "" });
    kept.plant();
    expect((await kept.explain(ASK, { cwd })).stdout).toContain(PLANTED);
  });

  test("the file of another question under its name, which would fit", async () => {
    const ask = ["-f", "all.yaml", "http://one.w.test/"];
    const { cwd, kept } = await planted(
      { "all.yaml": documents(CLUSTER, ingress({ name: "first", host: "*.w.test" })) },
      ask,
    );
    const [first = ""] = kept.names();
    await kept.explain(["-f", "all.yaml", "http://two.w.test/"], { cwd });
    kept.plant();
    const other = kept.names().find((name) => name !== first) ?? "";
    renameSync(kept.path(other), kept.path(first));
    expect((await kept.explain(ask, { cwd })).stdout).toContain("Ingress default/first");
  });

  test("a directory under its name: nothing can be kept there, and nothing is left beside it", async () => {
    const { cwd, kept } = await planted();
    const [name = ""] = kept.names();
    unlinkSync(kept.path(name));
    mkdirSync(kept.path(name));
    expect(await kept.explain(ASK, { cwd })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("Ingress default/first"),
      stderr: "",
    });
    expect(kept.names()).toEqual([name]);
  });
});

describe("the directory", () => {
  test("is its owner's alone, and so are its files", async () => {
    const { kept } = await planted();
    const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
    expect([modeOf(kept.directory), ...kept.names().map((name) => modeOf(kept.path(name)))]).toEqual(["700", "600"]);
  });

  test.each([0o770, 0o702])("that others can write (%o) is neither read nor written", async (mode) => {
    const { cwd, kept } = await planted();
    chmodSync(kept.directory, mode);
    await untouched(cwd, kept);
  });

  test.skipIf(!isRoot)("of another user is neither read nor written", async () => {
    const { cwd, kept } = await planted();
    chownSync(kept.directory, 12345, 12345);
    await untouched(cwd, kept);
  });

  async function untouched(cwd: string, kept: Kept) {
    for (const more of [[], ["--lenient"]]) {
      const said = await kept.explain([...ASK, ...more], { cwd });
      expect(said).toMatchObject({ code: 0, stdout: expect.stringContaining("Ingress default/first"), stderr: "" });
    }
    expect(kept.names()).toHaveLength(1);
  }

  test("that can't be made, or is a file: no cache, and not a word", async () => {
    const cwd = directoryWith({ "all.yaml": VALID, file: "" });
    for (const directory of [join(cwd, "file"), join(cwd, "file/below")]) {
      const said = await new Kept(directory).explain(ASK, { cwd });
      expect(said).toMatchObject({ code: 0, stdout: expect.stringContaining("Ingress default/first"), stderr: "" });
    }
    expect(statSync(join(cwd, "file")).size).toBe(0);
  });

  test("that can't be written, be it by root: no cache, and not a word", async () => {
    const [cwd, kept] = [directoryWith({ "all.yaml": VALID }), new Kept("/proc/self")];
    const said = await kept.explain(ASK, { cwd });
    expect(said).toMatchObject({ code: 0, stdout: expect.stringContaining("Ingress default/first"), stderr: "" });
  });

  test("is below that of XDG where none is named", async () => {
    const [cwd, home] = [directoryWith({ "all.yaml": VALID }), directoryWith()];
    await new Kept("").explain(ASK, { cwd, env: { XDG_CACHE_HOME: home } });
    expect(new Kept(join(home, "edge-ingress")).names()).toHaveLength(1);
  });

  test("that lies among the manifests is one of their directories: the same is said again and again", async () => {
    const [cwd, kept] = [directoryWith({ "all.yaml": VALID }), new Kept("kept")];
    const ask = ["-f", ".", URL_OF_IT];
    const plain = await kept.explain([...ask, "--no-cache"], { cwd });
    expect(plain.stdout).toContain("Ingress default/first");
    for (let times = 0; times < 3; times += 1) expect(await kept.explain(ask, { cwd })).toEqual(plain);
    expect(new Kept(join(cwd, "kept")).names()).toHaveLength(1);
  });
});

describe("the cache is bounded", () => {
  const nameOf = (index: number) => `${index}`.padStart(64, "0");
  const old = (path: string, seconds: number) => utimesSync(path, seconds, seconds);

  test("64 files, the last used ones; files of others stay", async () => {
    const { cwd, kept } = await planted();
    const [used = ""] = kept.names();
    for (let index = 1; index <= 70; index += 1) {
      writeFileSync(kept.path(nameOf(index)), "");
      old(kept.path(nameOf(index)), index);
    }
    const left = `${nameOf(0)}.01234567-89ab-cdef-0123-456789abcdef`;
    for (const name of ["notes.txt", left, used]) {
      writeFileSync(kept.path(name), name === used ? "" : name, { flag: "a" });
      old(kept.path(name), 0.5);
    }
    await kept.explain(ASK, { cwd });
    await kept.explain(["-f", "all.yaml", "http://b.test/x"], { cwd });
    const names = kept.names();
    expect(names).toHaveLength(65);
    expect(names).toEqual(expect.arrayContaining(["notes.txt", used, nameOf(70), nameOf(9)]));
    expect(names).not.toContain(nameOf(8));
    expect(names).not.toContain(left);
  });

  test("64 MB", async () => {
    const { cwd, kept } = await planted();
    const [used = ""] = kept.names();
    for (const index of [1, 2]) {
      writeFileSync(kept.path(nameOf(index)), "");
      truncateSync(kept.path(nameOf(index)), 40 * 1024 * 1024);
      old(kept.path(nameOf(index)), index);
    }
    await kept.explain(["-f", "all.yaml", "http://b.test/x"], { cwd });
    expect(kept.names()).toHaveLength(3);
    expect(kept.names()).toEqual(expect.arrayContaining([used, nameOf(2)]));
  });
});

test("many at once do not disturb each other", async () => {
  const [cwd, kept] = [directoryWith({ "all.yaml": VALID }), new Kept()];
  const said = await Promise.all(
    Array.from({ length: 8 }, (_, index) =>
      kept.explain(["-f", "all.yaml", index % 2 ? URL_OF_IT : "http://b.test/x"], { cwd }),
    ),
  );
  expect(said.map(({ code, stderr }) => ({ code, stderr }))).toEqual(said.map(() => ({ code: 0, stderr: "" })));
  expect(new Set(said.map(({ stdout }) => stdout)).size).toBe(2);
  expect(kept.names()).toHaveLength(2);
  expect(kept.names().every((name) => /^[0-9a-f]{64}$/.test(name))).toBe(true);
});

test("what is kept holds no Secret, and nothing of other hosts", async () => {
  const secret = `apiVersion: v1
kind: Secret
metadata: { name: users }
stringData: { auth: "ann:HUNTER2" }
`;
  const guard = {
    "nginx.ingress.kubernetes.io/auth-type": "basic",
    "nginx.ingress.kubernetes.io/auth-secret": "users",
  };
  const guarded = ingress({ name: "first", host: "a.test", annotations: guard });
  const files = {
    "all.yaml": documents(
      CLUSTER,
      secret,
      guarded,
      ingress({ name: "elsewhere", host: "elsewhere.test", tls: ["elsewhere.test"] }),
    ),
  };
  const ask = [...ASK, "--dialect", "ingress-nginx", "--lenient"];
  const { kept } = await planted(files, ask);
  const [text = ""] = kept.names().map((name) => kept.text(name));
  const table = Buffer.from(JSON.parse(text).table, "base64").toString("latin1");
  expect(table).toContain("a.test");
  expect(text).toContain("basicAuth");
  for (const where of [text, table]) expect(where).not.toMatch(/HUNTER2|SFVOVEVSM|ann:|elsewhere/);
});
