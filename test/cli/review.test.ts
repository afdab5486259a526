import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { PROJECT, runCli } from "../support/cli.ts";
import { git } from "../support/git.ts";
import { startGithub } from "../support/github.ts";
import { clusterAt, directoryWith, documents, ingress } from "../support/manifests.ts";

const GUARD = { "nginx.ingress.kubernetes.io/whitelist-source-range": "10.0.0.0/8" };
const OPEN = documents(clusterAt("one", 8080), ingress({ name: "first", host: "a.test" }));
const GUARDED = documents(clusterAt("one", 8080), ingress({ name: "first", host: "a.test", annotations: GUARD }));

/** A repository whose main has one text of manifests, and the branch that is checked out another. */
function repository(before: string, after: string): string {
  const cwd = directoryWith({ "deploy/manifests/all.yaml": before });
  git(cwd, "init", "-q", "-b", "main");
  git(cwd, "add", "-A");
  git(cwd, "commit", "-qm", "before");
  git(cwd, "checkout", "-qb", "branch");
  writeFileSync(join(cwd, "deploy/manifests/all.yaml"), after);
  git(cwd, "commit", "-qam", "after");
  return join(cwd, "deploy");
}

const REVIEW = ["review", "manifests", "--base", "main"];

describe("review", () => {
  test("prints what a branch changes, with file names as they are here, and leaves the repository as it was", async () => {
    const cwd = repository(GUARDED, OPEN);
    const { code, stdout } = await runCli([...REVIEW, "--fail-on", "guard-removed"], { cwd });
    expect(code).toBe(1);
    expect(stdout).toMatch(/\| guard-removed \| `GET https?:\/\/a\.test\/`/);
    expect(stdout).toContain("manifests/all.yaml:");
    expect(git(cwd, "worktree", "list").trim().split("\n")).toHaveLength(1);
    expect(git(cwd, "status", "--porcelain")).toBe("");
  });

  test("what main gained since is not the branch's doing", async () => {
    const cwd = repository(OPEN, `${OPEN}# a comment\n`);
    git(cwd, "checkout", "-q", "main");
    writeFileSync(join(cwd, "manifests/all.yaml"), GUARDED);
    git(cwd, "commit", "-qam", "main goes on");
    git(cwd, "checkout", "-q", "branch");
    const { code, stdout } = await runCli([...REVIEW, "--fail-on", "added"], { cwd });
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.not.stringContaining("guard") });
  });

  test("manifests with errors fail, and say so; a base with errors fails only where a change would", async () => {
    const broken = OPEN.replace("Prefix", "Sideways");
    const now = await runCli(REVIEW, { cwd: repository(OPEN, broken) });
    expect(now).toMatchObject({ code: 1, stdout: expect.stringContaining("have errors") });
    const before = repository(broken, OPEN);
    expect(await runCli(REVIEW, { cwd: before })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("nothing to compare with"),
    });
    expect((await runCli([...REVIEW, "--fail-on", "guard-removed"], { cwd: before })).code).toBe(1);
  });

  test("manifests that are new here; a revision that is not there; paths that lead out", async () => {
    const cwd = repository(OPEN, OPEN.replace("a.test", "b.test"));
    mkdirSync(join(cwd, "more"));
    writeFileSync(join(cwd, "more/all.yaml"), OPEN);
    const fresh = await runCli(["review", "more", "--base", "main"], { cwd });
    expect(fresh).toMatchObject({ code: 0, stdout: expect.stringContaining("all routes are new") });
    const unknown = await runCli(["review", "manifests", "--base", "--upload-pack=x"], { cwd });
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining("fetch-depth: 0") });
    const out = await runCli(["review", "../deploy", "--base", "main"], { cwd });
    expect(out).toMatchObject({ code: 2, stderr: expect.stringContaining("must be below this directory") });
  });
});

describe("review of what moved, and within a hook", () => {
  test("guards of manifests that moved can't be said to be there still", async () => {
    const cwd = repository(GUARDED, OPEN);
    git(cwd, "mv", "manifests", "moved");
    git(cwd, "commit", "-qm", "moved");
    const args = ["review", "moved", "--base", "main"];
    const { code, stdout } = await runCli([...args, "--fail-on", "guard-removed"], { cwd });
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining("have moved since") });
    expect(stdout).not.toContain("all routes are new");
    expect((await runCli(args, { cwd })).code).toBe(0);
  });

  test("the index of a commit under way stays as it is", async () => {
    const cwd = repository(OPEN, `${OPEN}# a comment\n`);
    writeFileSync(join(cwd, "staged.txt"), "staged\n");
    git(cwd, "add", "staged.txt");
    const root = join(cwd, "..");
    const env = { GIT_INDEX_FILE: join(root, ".git/index"), GIT_PREFIX: "" };
    expect((await runCli(REVIEW, { cwd, env })).code).toBe(0);
    expect(git(cwd, "status", "--porcelain")).toContain("A  deploy/staged.txt");
  });
});

describe("review in a workflow of GitHub", () => {
  const TOKEN = "token-of-the-workflow";

  function workflow(cwd: string, origin: string, token = TOKEN) {
    writeFileSync(join(cwd, "../.git/event.json"), JSON.stringify({ pull_request: { number: 7 } }));
    return {
      GITHUB_TOKEN: token,
      GITHUB_REPOSITORY: "acme/edge",
      GITHUB_API_URL: origin,
      GITHUB_EVENT_PATH: join(cwd, "../.git/event.json"),
    };
  }

  test("one comment, written over each time, among those of others", async () => {
    const github = await startGithub(TOKEN);
    for (let id = 1; id <= 120; id++) github.comments.push({ id, body: `somebody's ${id}` });
    const cwd = repository(GUARDED, OPEN);
    const env = workflow(cwd, github.origin);
    expect((await runCli(REVIEW, { cwd, env })).code).toBe(0);
    expect(github.comments).toHaveLength(121);
    expect(github.comments[120]?.body).toContain("guard-removed");
    writeFileSync(join(cwd, "manifests/all.yaml"), GUARDED);
    expect((await runCli(REVIEW, { cwd, env })).code).toBe(0);
    expect(github.comments).toHaveLength(121);
    expect(github.comments[120]?.body).not.toContain("guard-removed");
  });

  test("--no-comment writes none; a refusal says which right is missing, and shows no token", async () => {
    const github = await startGithub(TOKEN);
    const cwd = repository(GUARDED, OPEN);
    await runCli([...REVIEW, "--no-comment"], { cwd, env: workflow(cwd, github.origin) });
    expect(github.comments).toHaveLength(0);
    github.refuse = 403;
    const { code, stderr } = await runCli(REVIEW, { cwd, env: workflow(cwd, github.origin) });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("pull-requests: write") });
    expect(stderr).not.toContain(TOKEN);
  });
});

describe("action.yml", () => {
  const action = parse(readFileSync(`${PROJECT}action.yml`, "utf8"));
  const script: string = action.runs.steps.at(-1).run;

  /** The action's own script, in bash, as the runner starts it. */
  function act(
    cwd: string,
    inputs: Readonly<Record<string, string>>,
  ): { readonly code: number; readonly output: string } {
    const env = {
      PATH: `${join(process.execPath, "..")}:${process.env.PATH}`,
      EDGE_INGRESS: `${PROJECT}bin/edge-ingress.js`,
      GITHUB_STEP_SUMMARY: join(cwd, "../.git/summary.md"),
      MANIFESTS: "manifests",
      TESTS: "",
      ARGUMENTS: "",
      CHECK_FAIL_ON: "error",
      DIFF_FAIL_ON: "guard-removed",
      BASE: "",
      GITHUB_TOKEN: "",
      ...inputs,
    };
    try {
      return {
        code: 0,
        output: execFileSync("bash", ["-eo", "pipefail", "-c", script], {
          cwd,
          env,
          encoding: "utf8",
          stdio: ["ignore", "pipe", "pipe"],
        }),
      };
    } catch (error) {
      const { status, stdout } = error as { status: number; stdout: string };
      return { code: status, output: stdout };
    }
  }

  /** A clone with an origin, as a runner has one. */
  function clone(before: string, after: string): string {
    const from = repository(before, after);
    const to = directoryWith();
    git(to, "clone", "-q", join(from, ".."), "clone");
    return join(to, "clone/deploy");
  }

  test("passes where nothing is wrong, and fails where a guard is removed", () => {
    expect(act(clone(OPEN, `${OPEN}# a comment\n`), { BASE: "main" })).toMatchObject({ code: 0 });
    const cwd = clone(GUARDED, OPEN);
    expect(act(cwd, { BASE: "main" }).code).toBe(1);
    expect(readFileSync(join(cwd, "../.git/summary.md"), "utf8")).toContain("guard-removed");
    expect(act(cwd, { BASE: "main", DIFF_FAIL_ON: "" }).code).toBe(0);
  });

  test("reads every line of its inputs", () => {
    const cwd = clone(OPEN, OPEN.replace("Prefix", "Sideways"));
    mkdirSync(join(cwd, "first"));
    writeFileSync(
      join(cwd, "first/all.yaml"),
      documents(clusterAt("two", 8081), ingress({ name: "second", host: "b.test" })),
    );
    expect(act(cwd, { MANIFESTS: "first\nmanifests\n" })).toMatchObject({
      code: 1,
      output: expect.stringContaining("file=manifests/all.yaml"),
    });
  });

  test("shows errors where they are, and takes no input for a command", () => {
    const cwd = clone(OPEN, OPEN.replace("Prefix", "Sideways"));
    expect(act(cwd, {})).toEqual({
      code: 1,
      output: expect.stringMatching(/^::error file=manifests\/all\.yaml,line=\d+/m),
    });
    const inputs = Object.values(action.inputs as Record<string, { default: string }>).map(
      ({ default: value }) => value,
    );
    expect(inputs).toContain("guard-removed");
    expect(script).not.toContain("${{");
    act(cwd, { MANIFESTS: "manifests; touch pwned", ARGUMENTS: "$(touch pwned)" });
    expect(git(cwd, "status", "--porcelain")).toBe("");
  });
});

test(".pre-commit-hooks.yaml names a command that there is", async () => {
  const [hook] = parse(readFileSync(`${PROJECT}.pre-commit-hooks.yaml`, "utf8"));
  const [, ...command] = hook.entry.split(" ");
  const cwd = directoryWith({ "manifests/all.yaml": OPEN });
  expect((await runCli([...command, ...hook.args], { cwd })).code).toBe(0);
});
