import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { type DevProcess, startDev } from "../support/cli.ts";
import { descendants, HAS_PROC } from "../support/processes.ts";
import { send } from "../support/request.ts";
import { until } from "../support/until.ts";

const NAMES = ["ap-south", "eu-west", "us-east"];

const countsSchema = z.object({
  answeredBy: z.string(),
  clusters: z.array(
    z.object({
      name: z.string(),
      pid: z.number(),
      counts: z.object({ requests: z.number(), byService: z.record(z.string(), z.number()) }).nullable(),
    }),
  ),
});

let dev: DevProcess;

beforeAll(async () => {
  dev = await startDev(["-f", "examples", "--demo"]);
});

afterAll(async () => {
  await dev?.stop();
});

const ask = (host: string, path: string) => send({ port: dev.port, host, path });

async function counts(): Promise<z.infer<typeof countsSchema>> {
  const answer = await ask("localhost", "/counts");
  expect([answer.status, answer.headers["content-type"]]).toEqual([200, "application/json"]);
  return countsSchema.parse(JSON.parse(answer.body));
}

describe("dev --demo", () => {
  test.each([
    ["example.com", "/service1/a", "default/service1:80"],
    ["example.com", "/service2", "default/service2:80"],
    ["shop.example.com", "/", "shop/web:80"],
    ["shop.example.com", "/cart/1", "shop/cart:8080"],
    ["shop.example.com", "/healthz", "shop/web:80"],
    ["someone.tenants.example.com", "/x", "shop/web:80"],
    ["secure.example.com", "/", "default/service1:80"],
  ])("%s%s answers as %s and names its cluster", async (host, path, service) => {
    const { status, headers, body } = await ask(host, path);
    expect(status).toBe(200);
    expect(headers["x-demo-service"]).toBe(service);
    expect(NAMES).toContain(headers["x-demo-cluster"]);
    const short = service.split(/[/:]/)[1];
    expect(body.split("\n").slice(0, 3)).toEqual([
      `${short} in cluster ${headers["x-demo-cluster"]}`,
      `GET ${path}`,
      `Host: ${host}`,
    ]);
  });

  test.each([
    ["example.com", "/service3"],
    ["a.b.tenants.example.com", "/x"],
    ["unknown.test", "/somewhere"],
  ])("%s%s gets 404", async (host, path) => {
    expect((await ask(host, path)).status).toBe(404);
  });

  test("all clusters answer, by their weights", async () => {
    const seen: Record<string, number> = {};
    for (let count = 0; count < 100; count++) {
      const cluster = String((await ask("example.com", "/service1")).headers["x-demo-cluster"]);
      seen[cluster] = (seen[cluster] ?? 0) + 1;
    }
    expect(Object.keys(seen).sort()).toEqual(NAMES);
    for (const [name, share] of [
      ["eu-west", 40],
      ["us-east", 40],
      ["ap-south", 20],
    ] as const) {
      expect(Math.abs((seen[name] ?? 0) - share)).toBeLessThanOrEqual(3);
    }
  });

  test("/ is a page with every route", async () => {
    const { status, headers, body } = await ask("127.0.0.1", "/");
    expect([status, headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
    expect(body).toMatch(/^<!doctype html>/);
    const routes = ["example.com", "*.tenants.example.com", "/service1", "/cart", "default/service2:80", "shop/web:80"];
    for (const text of [...routes, "Ingress shop/shop", "Ingress demo/page"]) expect(body).toContain(text);
  });

  test("/counts tells of every cluster what it answered, page and counts themselves not counted", async () => {
    const total = ({ clusters }: Awaited<ReturnType<typeof counts>>) =>
      clusters.reduce((sum, one) => sum + (one.counts?.requests ?? 0), 0);
    const before = await counts();
    expect(before.clusters.map(({ name }) => name).sort()).toEqual(NAMES);
    expect(NAMES).toContain(before.answeredBy);
    await ask("127.0.0.1", "/");
    for (let count = 0; count < 5; count++) await ask("shop.example.com", "/cart");
    const after = await counts();
    expect(total(after) - total(before)).toBe(5);
    for (const { counts: one } of after.clusters) {
      const byService = Object.values(one?.byService ?? {}).reduce((sum, count) => sum + count, 0);
      expect(one?.requests).toBe(byService);
    }
  });

  test("stderr says what to try: a curl for every route, and how to stop a cluster", async () => {
    await dev.waitFor(/^Stop one cluster/m);
    const said = dev.stderrLines().join("\n");
    expect(said).toContain(`Open ${dev.origin}/`);
    const curls = [...said.matchAll(/^ {2}curl -H 'Host: (\S+)' http:\/\/127\.0\.0\.1:\d+(\/\S*)$/gm)];
    expect(curls.length).toBeGreaterThan(5);
    for (const [, host = "", path = ""] of curls) expect((await ask(host, path)).status).toBe(200);
    const [, pid] = await dev.waitFor(/^ {2}kill (\d+)$/m);
    expect((await counts()).clusters.map((cluster) => cluster.pid)).toContain(Number(pid));
  });

  test("a cluster that is killed shows as gone, requests go on, and stderr says so", async () => {
    const killed = (await counts()).clusters.find(({ name }) => name === "eu-west");
    if (killed === undefined) throw new Error("no eu-west");
    if (HAS_PROC) expect(descendants(dev.pid).map(({ pid }) => pid)).toContain(killed.pid);
    process.kill(killed.pid, "SIGKILL");
    await dev.waitFor(new RegExp(`^cluster eu-west \\(process ${killed.pid}\\) is gone`, "m"));
    for (let count = 0; count < 30; count++) {
      const { status, headers } = await ask("example.com", "/service1/a");
      expect([status, headers["x-demo-cluster"] === "eu-west"]).toEqual([200, false]);
    }
    const { clusters } = await counts();
    expect(clusters.map(({ name, counts: one }) => [name, one === null]).sort()).toEqual([
      ["ap-south", false],
      ["eu-west", true],
      ["us-east", false],
    ]);
    await until(async () => (await ask("127.0.0.1", "/")).status === 200);
  });
});
