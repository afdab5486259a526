import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PROJECT, runCli } from "../support/cli.ts";
import { directoryWith } from "../support/manifests.ts";

const textOf = (path: string) => readFileSync(join(PROJECT, path), "utf8");

interface Package {
  readonly dev?: boolean;
  readonly engines?: { readonly node?: string };
}

const packages: Readonly<Record<string, Package>> = JSON.parse(textOf("package-lock.json")).packages;
const wanted = packages[""]?.engines?.node ?? "";
const [, minor = ""] = /^>=22\.(\d+)\.0$/.exec(wanted) ?? [];

test("the command line asks for a Node that all it is made of runs on", () => {
  const bundled = new Set(
    [...textOf("dist/third-party.txt").matchAll(/^(\S+) \d+\.\d+\.\S+$/gm)].map(([, name]) => name),
  );
  expect(bundled).toContain("commander");
  const tooNew = Object.entries(packages).flatMap(([path, { dev, engines }]) => {
    const isShipped = dev !== true || bundled.has(path.replace(/^node_modules\//, ""));
    const [, least, since = "0"] = /.*>= ?(\d+)(?:\.(\d+))?/.exec(engines?.node ?? "") ?? [];
    const isTooNew = Number(least) > 22 || (Number(least) === 22 && Number(since) > Number(minor));
    return path !== "" && isShipped && isTooNew ? `${path} ${engines?.node}` : [];
  });
  expect(tooNew).toEqual([]);
});

test.each([
  ["20.19.4", 2],
  [`22.${Number(minor) - 1}.9`, 2],
  [`22.${minor}.0`, 0],
  ["23.0.0", 0],
])("on Node %s it ends with %i", async (node, expected) => {
  const posing = `data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"${node}"}})`;
  const { code, stderr } = await runCli(["--version"], { env: { NODE_OPTIONS: `--import=${encodeURI(posing)}` } });
  const sentence = `edge-ingress needs Node 22.${minor} or later; this is ${node}.\n`;
  expect({ code, stderr }).toEqual({ code: expected, stderr: expected === 0 ? "" : sentence });
});

test("package.json, the documents and new projects say the same", async () => {
  expect(JSON.parse(textOf("package.json")).engines.node).toBe(wanted);
  for (const page of ["README.md", "docs/ci.md"]) expect(textOf(page)).toContain(`Node 22.${minor} or later`);
  const directory = join(directoryWith(), "new");
  expect((await runCli(["init", directory])).code).toBe(0);
  expect(JSON.parse(readFileSync(join(directory, "package.json"), "utf8")).engines.node).toBe(wanted);
});
