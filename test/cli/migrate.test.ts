import { expect, test } from "vitest";
import { runCli } from "../support/cli.ts";
import { clusterAt, directoryWith, documents, ingress } from "../support/manifests.ts";

const VALID = documents(clusterAt("one", 8080), ingress({ name: "first", host: "a.test" }));

test("migrate: on stdout, exit code 0 where nothing is blocked", async () => {
  const cwd = directoryWith({ "all.yaml": VALID });
  const { code, stdout, stderr } = await runCli(["migrate", "-f", "all.yaml", "--platform", "workerd"], { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^default\/first: ready \(all\.yaml:\d+:1\)\n\n1 ready\n$/);
});

test("migrate: exit code 1 where an Ingress is blocked, or can't be read", async () => {
  const cwd = directoryWith({ "all.yaml": VALID.replace("Prefix", "Sideways") });
  const { code, stdout } = await runCli(["migrate", "-f", "all.yaml", "--format", "json"], { cwd });
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ ingresses: [], elsewhere: [{ severity: "error" }] });
});
