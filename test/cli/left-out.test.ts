import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { runCli } from "../support/cli.ts";

const cwd = fileURLToPath(new URL("./formats/", import.meta.url));

test("diff says why there is nothing to compare, where the class of all Ingresses is another one", async () => {
  const { code, stdout, stderr } = await runCli(["diff", "before.yaml", "after.yaml"], { cwd });
  expect(code).toBe(0);
  expect(stdout).toBe("no request is treated in another way\n");
  expect(stderr).toContain("warning[EI5004]");
  expect(stderr).toContain("Pass --ingress-class nginx to serve them.");
});

test("explain says why no rule takes a request, where Ingresses are left out", async () => {
  const { stdout, stderr } = await runCli(["explain", "-f", "before.yaml", "https://shop.example.com/"], { cwd });
  expect(stdout).toContain("404: no rule is for this host");
  expect(stderr).toContain("warning[EI2050]");
});

test("neither says so where all are served", async () => {
  const flags = ["--ingress-class", "nginx"];
  const compared = await runCli(["diff", "before.yaml", "after.yaml", ...flags], { cwd });
  const explained = await runCli(["explain", "-f", "before.yaml", "https://shop.example.com/", ...flags], { cwd });
  expect([compared.stderr, explained.stderr]).toEqual(["", ""]);
});
