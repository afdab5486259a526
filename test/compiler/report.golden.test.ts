import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { compile } from "../../src/compiler/index.ts";
import { formatReport } from "../../src/compiler/report.ts";

/**
 * `report.json` of the golden cases that have one. `UPDATE_GOLDEN=1 vitest run test/compiler/report.golden.test.ts`
 * writes what came out; an empty file makes a case take part.
 */
const GOLDEN = fileURLToPath(new URL("../golden/", import.meta.url));
const UPDATE = process.env.UPDATE_GOLDEN === "1";

const cases = readdirSync(GOLDEN).filter((name) => existsSync(`${GOLDEN}${name}/report.json`));

test("there are golden reports", () => {
  expect(cases.length).toBeGreaterThanOrEqual(1);
});

test.each(cases)("the report of %s", (name) => {
  const directory = `${GOLDEN}${name}/`;
  const { output, diagnostics } = compile(["in.yaml"], {
    cwd: directory,
    readStdin: () => "",
    ingressClass: [],
    controller: [],
    defaultBackend: null,
    platform: "cloudflare",
    zones: [],
    trustedProxies: ["10.0.0.0/8"],
  });
  if (output === null) throw new Error(JSON.stringify(diagnostics, null, 2));
  // Hash and size are the table's: a new format of it changes no word of a report.
  const actual = formatReport({ ...output.report, contentHash: "(of the table)", tableBytes: 0 });
  if (UPDATE) writeFileSync(`${directory}report.json`, actual);
  expect(actual).toBe(readFileSync(`${directory}report.json`, "utf8"));
});
