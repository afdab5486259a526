import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type CompileResult, compile, explain, formatExplanation, formatText } from "../../src/compiler/index.ts";
import { readPage } from "./markdown.ts";

/** The example of the README is what the compiler makes of its manifest: paste what comes out when this fails. */
const page = readPage("README.md");
const manifest = fenced("yaml", 0);

test("the README shows what compiling its example prints", () => {
  const result = compiled("shop.yaml", manifest);
  const shown = fenced("console", 0).split("\n").slice(1);
  expect(shown.slice(0, -1).join("\n")).toBe(textOf(result));
  const { totals } = result.output?.report ?? {};
  // Bytes and hash change with each field that the table gets.
  expect(shown.at(-1)?.replace(/\d+ bytes, [0-9a-f]{12}$/, "N bytes, HASH")).toBe(
    `${totals?.rules} rules of ${totals?.hosts} hosts, ${totals?.endpoints} endpoints: out/table.bin, N bytes, HASH`,
  );
});

test("the README shows what a guard in its example prints", () => {
  const guard = 'server-snippet: "deny 10.0.0.0/8;"';
  expect(page).toContain(`\`${guard}\``);
  const result = compiled("guarded.yaml", manifest.replace('proxy-read-timeout: "30"', guard));
  expect(result.output).toBeNull();
  expect(fenced("console", 3)).toBe(textOf(result));
});

test("the README shows how a request of its example is explained", () => {
  const [command = "", ...shown] = fenced("console", 4).split("\n");
  const url = /'(https:[^']+)'$/.exec(command)?.[1] ?? "";
  const { output } = compiled("shop.yaml", manifest);
  if (output === null) throw new Error("the example does not compile");
  expect(shown.join("\n")).toBe(formatExplanation(explain(output, { method: "GET", url, headers: [] })));
});

/** The text of the nth code fence of a language, from 0. */
function fenced(language: string, index: number): string {
  const fences = [...page.matchAll(/^```(\w+)\n([\s\S]*?)\n```$/gm)].filter(([, name]) => name === language);
  const text = fences[index]?.[2];
  if (text === undefined) throw new Error(`the README has no ${language} fence ${index}`);
  return text;
}

function compiled(name: string, text: string): CompileResult {
  const cwd = mkdtempSync(join(tmpdir(), "readme-"));
  try {
    writeFileSync(join(cwd, name), `${text}\n`);
    return compile([name], {
      cwd,
      readStdin: () => "",
      ingressClass: ["nginx"],
      controller: [],
      defaultBackend: null,
      platform: "cloudflare",
      zones: ["example.com"],
      trustedProxies: [],
    });
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

function textOf({ diagnostics, files }: CompileResult): string {
  return formatText(diagnostics, files);
}
