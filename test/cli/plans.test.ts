import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { idOfKey } from "../../src/table/api-keys.ts";
import { runCli } from "../support/cli.ts";
import { type FakeWrangler, fakeWrangler } from "../support/fake-wrangler.ts";

const plan = (wrangler: FakeWrangler, ...args: readonly string[]) =>
  runCli(["keys", "plan", ...args], { env: wrangler.env });

describe("keys plan", () => {
  test.each([
    [["set", "gold", "--remote"], "a plan needs one of --minute, --day and --month"],
    [["set", "gold", "--remote", "--day", "0"], "It must be a whole number from 1 to 1000000000."],
    [["set", "gold", "--remote", "--day", "1.5"], "It must be a whole number"],
    [["set", "a b", "--remote", "--day", "5"], "without spaces"],
    [["set", "gold", "--day", "5"], "say which keys are meant"],
    [["remove", "gold", "--remote"], "there is no plan gold"],
  ])("%j is wrong, and nothing is written", async (args, says) => {
    const wrangler = fakeWrangler();
    const { code, stderr } = await plan(wrangler, ...args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(says)]);
    expect(wrangler.entries()).toEqual({});
  });

  test("set writes the whole plan, list shows it, and it is no key", async () => {
    const wrangler = fakeWrangler();
    await plan(wrangler, "set", "gold", "--remote", "--minute", "5");
    const { code, stderr } = await plan(wrangler, "set", "gold", "--remote", "--day", "100", "--month", "2000");
    expect([code, stderr]).toEqual([
      0,
      "edge-ingress: plan gold is in EDGE_INGRESS_KEYS: 100 a day, 2000 a month; it holds within 90 s\n",
    ]);
    expect(JSON.parse(wrangler.entries()["plan/gold"]?.value ?? "")).toEqual({ day: 100, month: 2000 });
    wrangler.put("plan/other", "x", { week: 5 });
    const listed = await plan(wrangler, "list", "--remote");
    expect(listed.stdout).toBe("PLAN  MINUTE  DAY  MONTH\ngold  -       100  2000\n");
    expect(listed.stderr).toBe("edge-ingress: 1 entries are no plans of ours\n");
    const json = await plan(wrangler, "list", "--remote", "--format", "json");
    expect(JSON.parse(json.stdout)).toEqual([{ name: "gold", day: 100, month: 2000 }]);
    const keys = await runCli(["keys", "list", "--remote"], { env: wrangler.env });
    expect(keys.stderr).toBe("edge-ingress: no keys\n");
  });

  test("a plan that keys have is not removed unless it is forced", async () => {
    const wrangler = fakeWrangler();
    const add = ["keys", "add", "--remote", "--owner", "acme", "--plan", "gold"];
    const early = await runCli(add, { env: wrangler.env });
    expect(early.stderr).toContain("there is no plan gold yet");
    await plan(wrangler, "set", "gold", "--remote", "--day", "100");
    expect((await runCli(add, { env: wrangler.env })).stderr).not.toContain("no plan");
    const refused = await plan(wrangler, "remove", "gold", "--remote");
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("2 keys have the plan gold")]);
    expect(refused.stderr).toContain(idOfKey(early.stdout.trim()));
    expect(wrangler.entries()).toHaveProperty(["plan/gold"]);
    const forced = await plan(wrangler, "remove", "gold", "--remote", "--force");
    expect(forced.code).toBe(0);
    expect(wrangler.entries()).not.toHaveProperty(["plan/gold"]);
  });
});

test("limits shows what a key has used and has left of its quota", async () => {
  const isolate = { admitted: 3, refused: 1, wouldRefuse: 0, failedOpen: 0, failedClosed: 0, asked: 4 };
  const bucket = {
    key: "4fT0aQ81xkZp",
    left: 7,
    burst: 10,
    reset: 3_600_000,
    held: 0,
    admitted: 3,
    refused: 1,
    used: 3,
  };
  const limit = {
    requests: 0,
    period: 86_400_000,
    burst: 0,
    mode: "exact",
    shadow: false,
    quota: "day",
    problem: null,
    isolate,
  };
  const limits = [
    { ...limit, id: "quota/apiKey/day", buckets: [bucket] },
    { ...limit, id: "quota/apiKey/month", quota: "month", buckets: [{ ...bucket, used: 0, left: 0, burst: 0 }] },
  ];
  const server = createServer((_, response) =>
    response.end(JSON.stringify({ problem: null, limits, concurrency: [] })),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { code, stdout, stderr } = await runCli(["limits", "4fT0aQ81xkZp", "--url", url, "--token", "some-token"]);
  server.close();
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("quota/apiKey/day  as the key's plan says, each day in UTC\n");
  expect(stdout).toContain("  4fT0aQ81xkZp: 3 used, 7 of 10 left; the window ends in 1h; 1 refused\n");
  expect(stdout).toContain("  4fT0aQ81xkZp: 0 used; the window ends in 1h\n");
});
