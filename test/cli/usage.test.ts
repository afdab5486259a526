import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { PROJECT, runCli } from "../support/cli.ts";
import { directoryWith } from "../support/manifests.ts";

describe("wrong use: exit code 2 and a sentence that helps", () => {
  const compile = ["compile", "-f", "examples", "-o", "never-written"];
  test.each<[string, readonly string[], RegExp]>([
    ["no command", [], /Usage: edge-ingress/],
    ["an unknown command", ["serve"], /unknown command 'serve'/],
    ["a misspelt command", ["compiel"], /Did you mean compile\?/],
    ["an unknown flag", [...compile, "--frobnicate"], /unknown option '--frobnicate'/],
    ["a misspelt flag", [...compile, "--ingress-clas", "x"], /Did you mean --ingress-class\?/],
    ["compile without -f", ["compile"], /required option '-f, --filename <path...>' not specified/],
    ["dev without -f", ["dev"], /required option '-f, --filename <path...>' not specified/],
    ["-f without a path", ["compile", "-f"], /argument missing/],
    ["a default backend without a port", [...compile, "--default-backend", "a/b"], /namespace\/service:port/],
    ["a default backend without a namespace", [...compile, "--default-backend", "b:80"], /namespace\/service:port/],
    ["a default backend with an odd name", [...compile, "--default-backend", "a/B_:80"], /namespace\/service:port/],
    ["a trusted proxy that is a name", [...compile, "--trusted-proxy", "proxy.test"], /IP address or a CIDR/],
    ["a trusted proxy with too long a mask", [...compile, "--trusted-proxy", "10.0.0.0/33"], /IP address or a CIDR/],
    ["an unknown platform", [...compile, "--platform", "nginx"], /cloudflare, workerd/],
    ["a stray argument", [...compile.slice(0, 1), "examples"], /./],
    [
      "one port for two",
      ["dev", "-f", "examples", "--port", "8443", "--https-port", "8443"],
      /each needs a port of its/,
    ],
    ["a port that is none", ["dev", "-f", "examples", "--port", "70000"], /a port: 0 to 65535/],
  ])("%s", async (_, args, sentence) => {
    const { code, stdout, stderr } = await runCli(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stderr).not.toContain("bug in edge-ingress");
  });
});

test("a reader that has seen enough ends a command quietly", async () => {
  const command = `"${process.execPath}" bin/edge-ingress.js compile --help | true`;
  const { stderr } = await promisify(execFile)("sh", ["-c", command], { cwd: PROJECT });
  expect(stderr).toBe("");
});

describe("help", () => {
  test("of the program: every command with what it does, on stdout, exit code 0; the demo's inside is not shown", async () => {
    const { code, stdout, stderr } = await runCli(["--help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^ {2}compile \[options\]\s+\S/m);
    expect(stdout).toMatch(/^ {2}dev \[options\]\s+\S/m);
    expect(stdout).not.toContain("demo-cluster");
  });

  test.each([
    ["compile", ["--output", "--platform", "table.bin", "report.json", "Exit code", "Examples:", "kubectl"]],
    ["dev", ["--port", "--https-port", "--demo", "ready http://127.0.0.1:N", "Examples:", "curl"]],
  ])("of %s: its flags, those of all commands that read manifests, and examples", async (command, mentioned) => {
    const { code, stdout, stderr } = await runCli([command, "--help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const shared = [
      "--filename",
      "--ingress-class",
      "--controller",
      "--default-backend",
      "--zone",
      "--trusted-proxy",
      "--external-secrets",
    ];
    for (const text of [...shared, ...mentioned]) expect(stdout).toContain(text);
    expect((await runCli(["help", command])).stdout).toBe(stdout);
  });

  test("--version is that of package.json", async () => {
    const { default: manifest } = await import("../../package.json", { with: { type: "json" } });
    expect(await runCli(["--version"])).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: "" });
  });
});

describe("colour", () => {
  const ESCAPE = "\u001b[";
  test.each([{}, { NO_COLOR: "1" }, { NO_COLOR: "", TERM: "xterm-256color" }])("none in a pipe: %o", async (env) => {
    const cwd = directoryWith({ "broken.yaml": "kind: [" });
    for (const args of [
      ["compile", "-f", "."],
      ["compile", "--help"],
      ["compile", "--wrong"],
    ]) {
      const { stdout, stderr } = await runCli(args, { cwd, env });
      expect(stdout + stderr).not.toContain(ESCAPE);
      expect(stdout + stderr).not.toBe("");
    }
  });
});
