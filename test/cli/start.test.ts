import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { manifestsOf } from "../../scripts/bench/manifests.ts";
import { runCli } from "../support/cli.ts";
import { directoryWith } from "../support/manifests.ts";

const cwd = directoryWith();

/** Without the cache of the tests' own. */
const help = (env: Record<string, string>) =>
  runCli(["--help"], { cwd, env: { NODE_COMPILE_CACHE: "", EDGE_INGRESS_CACHE: "", ...env } });

describe("what Node makes of the program's text", () => {
  test("is kept for the next start, in the cache directory", async () => {
    const directory = join(directoryWith(), "cache");
    const first = await help({ EDGE_INGRESS_CACHE_DIR: directory });
    expect(first).toMatchObject({ code: 0, stderr: "" });
    const versions = readdirSync(join(directory, "code"));
    expect(versions).toHaveLength(1);
    expect(readdirSync(join(directory, "code", versions[0] as string)).length).toBeGreaterThan(1);
    expect(await help({ EDGE_INGRESS_CACHE_DIR: directory })).toEqual(first);
  });

  test("is not kept where the cache is off", async () => {
    const directory = join(directoryWith(), "cache");
    expect(await help({ EDGE_INGRESS_CACHE: "off", EDGE_INGRESS_CACHE_DIR: directory })).toMatchObject({ code: 0 });
    expect(existsSync(directory)).toBe(false);
  });

  test("is not kept, and not run, where others can write", async () => {
    const directory = directoryWith();
    chmodSync(directory, 0o777);
    expect(await help({ EDGE_INGRESS_CACHE_DIR: directory })).toMatchObject({ code: 0, stderr: "" });
    expect(readdirSync(directory)).toEqual([]);
  });

  test("is not kept, and not run, where others could have written it", async () => {
    const directory = directoryWith();
    mkdirSync(join(directory, "code"));
    chmodSync(join(directory, "code"), 0o777);
    expect(await help({ EDGE_INGRESS_CACHE_DIR: directory })).toMatchObject({ code: 0, stderr: "" });
    expect(readdirSync(join(directory, "code"))).toEqual([]);
  });

  test.skipIf(process.getuid?.() !== 0)(
    "is not kept by root in the home of another user (root alone can try)",
    async () => {
      const home = directoryWith();
      chownSync(home, 65_534, 65_534);
      const env = { HOME: home, XDG_CACHE_HOME: "", EDGE_INGRESS_CACHE_DIR: "" };
      expect(await help(env)).toMatchObject({ code: 0, stderr: "" });
      expect(readdirSync(home)).toEqual([]);
    },
  );

  test("is not kept where there can be no directory", async () => {
    const { code, stderr } = await help({ EDGE_INGRESS_CACHE_DIR: "/dev/null/cache" });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });
});

test("a compile leaves the young generation of its heap as small as it begins", async () => {
  const large = directoryWith(Object.fromEntries(manifestsOf(1_000).map(({ path, text }) => [path, text])));
  const hook = join(large, "tell.cjs");
  writeFileSync(hook, TELL_YOUNG);
  const { code, stderr } = await runCli(["check", "-f", ".", "--ingress-class", "nginx"], {
    cwd: large,
    env: { NODE_OPTIONS: `--require ${hook}` },
  });
  expect(code).toBe(0);
  expect(Number(/young generation: (\d+)/.exec(stderr)?.[1])).toBeLessThanOrEqual(12 << 20);
});

const TELL_YOUNG = `process.on("exit", () => {
  const young = require("node:v8").getHeapSpaceStatistics().find((space) => space.space_name === "new_space");
  process.stderr.write("young generation: " + young.space_size);
});`;
