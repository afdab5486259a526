import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { runCli } from "../support/cli.ts";
import { directoryWith } from "../support/manifests.ts";

test("init: a project that checks and tests as it stands", async () => {
  const cwd = directoryWith();
  expect(await runCli(["init", "edge"], { cwd })).toMatchObject({ code: 0, stdout: "" });
  const edge = join(cwd, "edge");
  const zone = ["--zone", "example.com"];
  expect(await runCli(["check", "-f", "manifests", ...zone, "--fail-on", "warning"], { cwd: edge })).toMatchObject({
    code: 0,
  });
  const tested = await runCli(["test", "tests", "-f", "manifests", ...zone], { cwd: edge });
  expect(tested).toMatchObject({ code: 0, stdout: expect.stringContaining("2 passed") });
  const { scripts } = JSON.parse(readFileSync(join(edge, "package.json"), "utf8"));
  expect(Object.keys(scripts)).toEqual(["check", "test", "start", "deploy"]);
  const workflow = parse(readFileSync(join(edge, ".github/workflows/edge-ingress.yml"), "utf8"));
  expect(workflow.jobs.routes.steps.filter(({ run }: { run?: string }) => run?.includes("edge-ingress"))).toHaveLength(
    3,
  );
});

test("init leaves what is there, and says so", async () => {
  const cwd = directoryWith({ "package.json": "{}", "manifests/shop.yaml": "# mine\n" });
  const { code, stderr } = await runCli(["init"], { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^kept {5}package\.json$/m) });
  expect(readFileSync(join(cwd, "package.json"), "utf8")).toBe("{}");
  expect(readFileSync(join(cwd, "manifests/shop.yaml"), "utf8")).toBe("# mine\n");
  expect(stderr).toMatch(/^written {2}tests\/routes\.yaml$/m);
});

test("init where a file is in the way of a directory", async () => {
  const cwd = directoryWith({ manifests: "a file" });
  expect(await runCli(["init"], { cwd })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("can't be written"),
  });
});
