import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { runCli } from "../support/cli.ts";
import { directoryWith } from "../support/manifests.ts";

const scripts = new Map<string, Promise<string>>();

function scriptOf(shell: string): Promise<string> {
  const script = scripts.get(shell) ?? runCli(["completion", shell]).then(({ stdout }) => stdout);
  scripts.set(shell, script);
  return script;
}

/** What bash offers for the last of these words. */
async function offered(...words: readonly string[]): Promise<readonly string[]> {
  const cwd = directoryWith({ "completion.sh": await scriptOf("bash") });
  const line = ["edge-ingress", ...words].map((word) => `'${word}'`).join(" ");
  const asked = `source completion.sh; COMP_WORDS=(${line}); COMP_CWORD=${words.length}; _edge_ingress; echo "\${COMPREPLY[@]}"`;
  return execFileSync("bash", ["-c", asked], { cwd, encoding: "utf8" }).trim().split(" ");
}

describe("completion bash, in bash", () => {
  test("commands", async () => {
    expect(await offered("comp")).toEqual(["compile", "completion"]);
    expect(await offered("keys", "")).toEqual(expect.arrayContaining(["add", "list", "plan"]));
    expect(await offered("keys", "plan", "s")).toEqual(["set"]);
  });

  test("flags of the command, with flags before", async () => {
    expect(await offered("check", "-f", "x.yaml", "--fo")).toEqual(["--format"]);
    expect(await offered("dev", "--fail")).toEqual([""]);
  });

  test("values of a flag", async () => {
    expect(await offered("check", "--format", "")).toEqual(["text", "json", "sarif", "markdown", "github"]);
    expect(await offered("check", "--format", "s")).toEqual(["sarif"]);
  });

  test("nothing of its own where a path goes: bash completes it", async () => {
    expect(await offered("check", "-f", "")).toEqual([""]);
    expect(await scriptOf("bash")).toContain("complete -o default -F _edge_ingress edge-ingress");
  });

  test("what the help does not show is not offered", async () => {
    expect(await offered("demo")).toEqual([""]);
  });
});

test("zsh reads the script of bash", async () => {
  const [zsh, bash] = await Promise.all([scriptOf("zsh"), scriptOf("bash")]);
  expect(zsh).toContain("bashcompinit");
  expect(zsh).toContain(bash.slice(bash.indexOf("_edge_ingress()")));
});

test("fish has a line for each command and flag, with quotes in their words escaped", async () => {
  const script = await scriptOf("fish");
  expect(script).toMatch(/-f -a check -d 'report what is wrong with manifests'/);
  expect(script).toContain("-n '__edge_ingress_at check' -l format -x -a 'text json sarif markdown github'");
  expect(script).toContain("Worker\\'s account");
});

test("an unknown shell is wrong use", async () => {
  const { code, stderr } = await runCli(["completion", "tcsh"]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/bash, zsh, fish/);
});
