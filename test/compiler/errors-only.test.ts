import { dirname, join } from "node:path";
import { globSync } from "tinyglobby";
import { expect, test } from "vitest";
import type { Diagnostic } from "../../src/compiler/diagnostics/diagnostic.ts";
import { settled } from "../../src/compiler/diagnostics/late-position.ts";
import { compiledIn } from "../support/compiled.ts";

const root = join(import.meta.dirname, "../..");
const files = globSync(["examples/**/*.yaml", "test/**/*.yaml"], { cwd: root });
const directories = [...new Set(files.map((file) => dirname(file)))].sort();

test("where errors alone are asked for, tables are the same, and all is told where there are any", {
  timeout: 120_000,
}, () => {
  const checked = new Set<string>();
  for (const path of [...files, ...directories]) {
    for (const platform of ["cloudflare", "workerd"] as const) {
      const whole = compiledIn(root, [path], { platform });
      const quick = compiledIn(root, [path], { platform, errorsOnly: true });
      const isServed = whole.output !== null && whole.output.router.hosts.length > 0;
      expect(quick.diagnostics.map(told), path).toEqual(isServed ? [] : whole.diagnostics.map(told));
      expect(quick.allowed.length, path).toBe(isServed ? 0 : whole.allowed.length);
      expect(quick.output?.report.contentHash, path).toBe(whole.output?.report.contentHash);
      for (const { code } of whole.diagnostics) checked.add(code);
    }
  }
  expect([...checked]).toEqual(expect.arrayContaining(["EI3010", "EI4060", "EI5005", "EI6011", "EI6020", "EI6040"]));
});

const told = ({ code, message, position }: Diagnostic) => ({ code, message, position: position && settled(position) });
