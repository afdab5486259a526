import { describe, expect, test } from "vitest";
import { findBoundaryViolations, findForeignInputs, findImpurities, readSourceTree } from "../../scripts/boundaries.ts";

describe("imports against the direction are found", () => {
  test.each([
    ["edge/app.ts", `import { x } from "../compiler/ir/rule.ts";`],
    ["edge/app.ts", `import type { X } from "../compiler/ir/rule.ts";`],
    ["edge/app.ts", `import { x } from "yaml";`],
    ["edge/app.ts", `const x = await import("../compiler/compile.ts");`],
    ["edge/app.ts", `export * from "../cli/main.ts";`],
    ["edge/app.ts", `import { connect } from "cloudflare:sockets";`],
    ["table/reader.ts", `import { DurableObject } from "cloudflare:workers";`],
    ["table/reader.ts", `import { x } from "../edge/app.ts";`],
    ["table/reader.ts", `import { x } from "node:fs";`],
    ["compiler/compile.ts", `import {\n  a,\n  b,\n} from "../cli/output.ts";`],
    ["compiler/compile.ts", `import { x } from "../edge/app.ts";`],
    ["compiler/frontends/ingress/a.ts", `import { x } from "../gateway/b.ts";`],
    ["elsewhere/x.ts", `import { x } from "./y.ts";`],
  ])("%s: %s", (path, text) => {
    expect(findBoundaryViolations({ [path]: text })).toHaveLength(1);
  });
});

test("imports along the direction are not", () => {
  const files = {
    "cli/main.ts": `import { compile } from "../compiler/index.ts";\nimport { Command } from "commander";`,
    "compiler/table/encode.ts": `import { MAGIC } from "../../table/layout.ts";\nimport { createHash } from "node:crypto";`,
    "edge/health/object.ts": `import { DurableObject } from "cloudflare:workers";`,
    "edge/app.ts": `import { Hono } from "hono";\nimport { openTable } from "../table/reader.ts";`,
  };
  expect(findBoundaryViolations(files)).toEqual([]);
});

test("compiler code in the worker bundle is found", () => {
  expect(findForeignInputs(["src/edge/app.ts", "src/table/match.ts", "node_modules/hono/dist/index.js"])).toEqual([]);
  expect(findForeignInputs(["src/compiler/compile.ts", "node_modules/yaml/index.js"])).toHaveLength(2);
});

describe("a compiler that asks more than its options and its file system is found", () => {
  test.each([
    ["the disk", `import { readFileSync } from "node:fs";`],
    ["the machine", `import { hostname } from "node:os";`],
    ["the environment", `const home = process.env.HOME;`],
    ["the working directory", `const base = process.cwd();`],
    ["the clock", `const now = Date.now();`],
    ["the clock by another way", `const now = new Date();`],
    ["chance", `const name = randomUUID();`],
  ])("%s", (_, text) => {
    expect(findImpurities({ "compiler/checks/x.ts": text })).toHaveLength(1);
    expect(findImpurities({ "cli/x.ts": text })).toEqual([]);
  });

  test("but not one that speaks of it, names its types, or reads a date that is written", () => {
    const text = `import type { statSync } from "node:fs";\n/** As process.env and Date.now do. */\nimport { isIP } from "node:net"; // process.cwd()\nconst at = Date.parse(text);`;
    expect(findImpurities({ "compiler/checks/x.ts": text })).toEqual([]);
  });
});

test("the source tree keeps the direction, and its compiler asks nothing else", () => {
  const tree = readSourceTree("src");
  expect([...findBoundaryViolations(tree), ...findImpurities(tree)]).toEqual([]);
});
