import { chmodSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runCli } from "../support/cli.ts";
import { directoryWith } from "../support/manifests.ts";

const BEFORE = `\ufeff# The shop.\r
apiVersion: networking.k8s.io/v1\r
kind: Ingres   # a slip\r
metadata:\r
  name: shop
  annotations: { "nginx.ingress.kubernetes.io/auth-tipe" : basic }  # another
spec:
    rules: [ { host: a.test, http: { paths: [ { path: /, pathType: Prefix, backend: { service: { name: a, port: { number: 80 } } } } ] } } ]
---
apiVersion: networking.k8s.io/v1beta1
kind: IngressClass
metadata: { name: nginx }
spec: { controller: k8s.io/ingress-nginx }`;
const AFTER = BEFORE.replace("kind: Ingres ", "kind: Ingress ")
  .replace("auth-tipe", "auth-type")
  .replace("networking.k8s.io/v1beta1", "networking.k8s.io/v1");

const check = (cwd: string, ...flags: string[]) => runCli(["check", "-f", "a.yaml", ...flags], { cwd });
const textIn = (cwd: string) => readFileSync(join(cwd, "a.yaml"), "utf8");

test("SARIF has the edits as fixes, which do in the file what --fix does", async () => {
  const cwd = directoryWith({ "a.yaml": BEFORE });
  const { runs } = JSON.parse((await check(cwd, "--format", "sarif")).stdout);
  const lines = BEFORE.replace("\ufeff", "").split("\n");
  const fixes: SarifFix[] = runs[0].results.flatMap(({ fixes = [] }: { fixes?: SarifFix[] }) => fixes);
  expect(fixes.map(({ description }) => description.text)).toEqual(["Write Ingress", "Write networking.k8s.io/v1"]);
  for (const { artifactLocation, replacements } of fixes.flatMap((each) => each.artifactChanges)) {
    expect(artifactLocation.uri).toBe("a.yaml");
    for (const { deletedRegion: at, insertedContent } of replacements) {
      const line = lines[at.startLine - 1] as string;
      lines[at.startLine - 1] = line.slice(0, at.startColumn - 1) + insertedContent.text + line.slice(at.endColumn - 1);
    }
  }
  expect(lines.join("\n")).toBe(
    BEFORE.replace("\ufeff", "")
      .replace("kind: Ingres ", "kind: Ingress ")
      .replace("networking.k8s.io/v1beta1", "networking.k8s.io/v1"),
  );
});

test("SARIF has no fix of standard input, nor of a text in quotes anything but the text", async () => {
  const quoted = BEFORE.replace("Ingres ", "Ingress ");
  const cwd = directoryWith({ "a.yaml": quoted });
  const { runs } = JSON.parse((await check(cwd, "--format", "sarif")).stdout);
  const [fix] = runs[0].results.flatMap(({ fixes = [] }: { fixes?: SarifFix[] }) => fixes);
  const { startLine, startColumn, endColumn } = fix.artifactChanges[0].replacements[0].deletedRegion;
  expect(quoted.split("\n")[startLine - 1]?.slice(startColumn - 1, endColumn - 1)).toMatch(/auth-tipe$/);
  const piped = await runCli(["check", "-f", "-", "--format", "sarif"], { cwd, stdin: quoted });
  expect(piped.stdout).not.toContain('"fixes"');
});

test("SARIF has no fix of what a comment allows, as --fix leaves it alone", async () => {
  const mistyped = BEFORE.replace("Ingres ", "Ingress ");
  const cwd = directoryWith({ "a.yaml": `${mistyped.trimEnd()}\n---\n${ALLOWED}` });
  const { runs } = JSON.parse((await check(cwd, "--format", "sarif")).stdout);
  const results: { suppressions?: unknown; fixes?: unknown }[] = runs[0].results;
  expect(results.filter(({ suppressions }) => suppressions !== undefined)).toHaveLength(1);
  expect(results.filter(({ suppressions, fixes }) => suppressions !== undefined && fixes !== undefined)).toEqual([]);
});

const ALLOWED = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: allowed
  namespace: shop
  annotations:
    # edge-ingress: allow EI4004 -- meant
    nginx.ingress.kubernetes.io/proxy-read-timeou: "60"
spec:
  rules:
    - host: allowed.test
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] }
`;

interface SarifFix {
  readonly description: { readonly text: string };
  readonly artifactChanges: readonly {
    readonly artifactLocation: { readonly uri: string };
    readonly replacements: readonly {
      readonly deletedRegion: { readonly startLine: number; readonly startColumn: number; readonly endColumn: number };
      readonly insertedContent: { readonly text: string };
    }[];
  }[];
}

describe("check --fix", () => {
  test("--dry-run tells and writes nothing", async () => {
    const cwd = directoryWith({ "a.yaml": BEFORE });
    const { stderr } = await check(cwd, "--fix", "--dry-run");
    expect(stderr).toContain("a.yaml:3:7: Ingres would become Ingress\n");
    expect(stderr).toContain("a.yaml:10:13: networking.k8s.io/v1beta1 would become networking.k8s.io/v1\n");
    expect(textIn(cwd)).toBe(BEFORE);
  });

  test("corrects what is mechanical, byte for byte around it, until nothing is left to correct", async () => {
    const cwd = directoryWith({ "a.yaml": BEFORE });
    chmodSync(join(cwd, "a.yaml"), 0o640);
    const first = await check(cwd, "--fix");
    // Annotations of the Ingress are read once its kind is right.
    expect(first.stderr).toContain("a.yaml:3:7: Ingres is now Ingress\n");
    expect(first.stderr).toContain("/auth-tipe is now nginx.ingress.kubernetes.io/auth-type\n");
    expect(textIn(cwd)).toBe(AFTER);
    expect(statSync(join(cwd, "a.yaml")).mode & 0o777).toBe(0o640);
    expect(readdirSync(cwd)).toEqual(["a.yaml"]);
    const second = await check(cwd, "--fix");
    expect(second.stderr).not.toContain("is now");
    expect(textIn(cwd)).toBe(AFTER);
    // The guard that was meant is one now, and lacks its Secret.
    expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining("auth-secret") });
  });

  test.each([
    ["a name that two are near to", "limit-rpx"],
    ["a name that is there already", 'auth-tipe": basic, "nginx.ingress.kubernetes.io/auth-type'],
    ["a name that nothing is near to", "nothing-like-it"],
  ])("leaves %s alone", async (_, name) => {
    const text = AFTER.replace("auth-type", name);
    const cwd = directoryWith({ "a.yaml": text });
    expect((await check(cwd, "--fix")).stderr).not.toContain("is now");
    expect(textIn(cwd)).toBe(text);
  });

  test("--dry-run alone is wrong use", async () => {
    const cwd = directoryWith({ "a.yaml": AFTER });
    expect((await check(cwd, "--dry-run")).code).toBe(2);
  });
});
