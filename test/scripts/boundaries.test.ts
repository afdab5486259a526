import { describe, expect, test } from "vitest";
import { findBoundaryViolations, findForeignInputs, readSourceTree } from "../../scripts/boundaries.ts";

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

test("the source tree keeps the direction", () => {
  expect(findBoundaryViolations(readSourceTree("src"))).toEqual([]);
});
