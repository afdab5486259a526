import { readdirSync } from "node:fs";
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

test("migrate --to gateway-api: resources on stdout or in files, what differs on stderr, exit code 1 where something is left out", async () => {
  const cwd = directoryWith({ "all.yaml": VALID });
  const plain = await runCli(["migrate", "-f", "all.yaml", "--to", "gateway-api"], { cwd });
  expect(plain).toMatchObject({ code: 0, stderr: "" });
  expect(plain.stdout).toMatch(/^kind: HTTPRoute$/m);
  const toFiles = await runCli(["migrate", "-f", "all.yaml", "--to", "gateway-api", "-o", "out"], { cwd });
  expect(toFiles).toMatchObject({ code: 0, stdout: "" });
  expect(readdirSync(`${cwd}/out`).sort()).toEqual(["gateway.yaml", "namespace-default.yaml"]);
  const alone = await runCli(["migrate", "-f", "all.yaml", "-o", "out"], { cwd });
  expect(alone).toMatchObject({ code: 2, stdout: "" });
});

test("migrate --lenient: a value that ingress-nginx does not take is a difference, and blocks without it", async () => {
  const text = documents(
    clusterAt("one", 8080),
    ingress({ name: "first", host: "a.test", annotations: { "nginx.ingress.kubernetes.io/use-regex": "maybe" } }),
  );
  const cwd = directoryWith({ "all.yaml": text });
  const args = ["migrate", "-f", "all.yaml", "--platform", "workerd"];
  expect((await runCli(args, { cwd })).stdout).toMatch(/^default\/first: blocked/);
  const lenient = await runCli([...args, "--lenient"], { cwd });
  expect(lenient.code).toBe(0);
  expect(lenient.stdout).toMatch(/^default\/first: ready with differences.*\n {2}warning\[EI4041\] /);
});

test.each(["json", "sarif", "markdown"])("migrate --to gateway-api --format %s is wrong use", async (format) => {
  const cwd = directoryWith({ "all.yaml": "" });
  const { code, stdout, stderr } = await runCli(
    ["migrate", "-f", "all.yaml", "--to", "gateway-api", "--format", format],
    { cwd },
  );
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain("--format is of the report");
});
