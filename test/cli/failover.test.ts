import { Agent, type RequestOptions } from "node:http";
import { pipeline } from "node:stream/promises";
import { afterEach, describe, expect, test } from "vitest";
import { startDevBefore } from "../support/backend.ts";
import type { DevProcess } from "../support/cli.ts";
import { type ClusterProcess, startCluster } from "../support/clusters.ts";
import { quietPort } from "../support/ports.ts";
import { get, open, payload, textOf } from "../support/transfer.ts";

let dev: DevProcess | null = null;
let clusters: ClusterProcess[] = [];

afterEach(async () => {
  await dev?.stop();
  dev = null;
  for (const cluster of clusters) await cluster.kill();
  clusters = [];
});

/** Clusters with these weights, each a process, and a `dev` before them. */
async function start(weights: Readonly<Record<string, number>>) {
  clusters = await Promise.all(Object.keys(weights).map((name) => startCluster(name)));
  const described = clusters.map(({ name, port }) => [name, { port, weight: weights[name] ?? 1 }]);
  dev = await startDevBefore(Object.fromEntries(described));
  return { dev, port: dev.port, clusters: Object.fromEntries(clusters.map((cluster) => [cluster.name, cluster])) };
}

/** Statuses and clusters of so many GETs, so many at a time over connections that are kept. */
async function load(port: number, requests: number, { atOnce = 1, midway = async () => {} } = {}) {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  const statuses: Record<number, number> = {};
  const byCluster: Record<string, number> = {};
  let left = requests;
  const one = async () => {
    while (left-- > 0) {
      if (left === Math.floor(requests / 2)) await midway();
      const answer = await get(port, { agent });
      const cluster = await textOf(answer);
      statuses[answer.statusCode ?? 0] = (statuses[answer.statusCode ?? 0] ?? 0) + 1;
      byCluster[cluster] = (byCluster[cluster] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  agent.destroy();
  return { statuses, byCluster };
}

async function problemFrom(port: number, options: RequestOptions = {}) {
  const answer = await get(port, options);
  return { status: answer.statusCode, headers: answer.headers, body: await textOf(answer) };
}

describe("a cluster that is killed", () => {
  test("is missed by none of 1,000 GETs that follow", async () => {
    const { port, clusters } = await start({ a: 1, b: 1, c: 1 });
    expect(Object.keys((await load(port, 30)).byCluster).sort()).toEqual(["a", "b", "c"]);
    await clusters.b?.kill();
    const { statuses, byCluster } = await load(port, 1000);
    expect(statuses).toEqual({ 200: 1000 });
    expect(Object.keys(byCluster).sort()).toEqual(["a", "c"]);
  });

  test("under 1,000 GETs, 8 at a time, loses none of them", async () => {
    const { port, clusters } = await start({ a: 1, b: 1, c: 1 });
    const { statuses } = await load(port, 1000, { atOnce: 8, midway: async () => clusters.b?.kill() });
    expect(statuses).toEqual({ 200: 1000 });
  });

  test("gets its share again when it is back before five requests in a row have failed there", async () => {
    const { port, clusters } = await start({ a: 1, b: 1 });
    const gone = clusters.b;
    if (gone === undefined) throw new Error("b did not start");
    await gone.kill();
    expect((await load(port, 6)).byCluster).toEqual({ a: 6 });
    const back = await startCluster("b", gone.port);
    try {
      const { byCluster } = await load(port, 100);
      expect(Math.abs((byCluster.b ?? 0) - 50)).toBeLessThanOrEqual(2);
    } finally {
      await back.kill();
    }
  });

  test("is said on stderr, in few lines however many requests it fails, without who asked what", async () => {
    const { dev: running, port, clusters } = await start({ a: 1, b: 1 });
    await clusters.b?.kill();
    expect((await load(port, 200)).statuses).toEqual({ 200: 200 });
    const [line = ""] = await running.waitFor(/^edge: .*endpoint-failed.*$/m);
    expect(line).toContain(`b 127.0.0.1:${clusters.b?.port}`);
    expect(running.stderrLines().filter((said) => said.includes("endpoint-failed")).length).toBeLessThan(10);
  });
});

describe("no cluster at all", () => {
  test("502 as problem+json with a request id that is that of the header, and nothing of the inside", async () => {
    const { port, clusters } = await start({ a: 1, b: 1, c: 1 });
    for (const cluster of Object.values(clusters)) await cluster.kill();
    const { status, headers, body } = await problemFrom(port);
    expect(status).toBe(502);
    expect(headers["content-type"]).toBe("application/problem+json");
    expect(headers["cache-control"]).toBe("no-store");
    const problem: unknown = JSON.parse(body);
    expect(problem).toEqual({
      type: "about:blank",
      title: "Bad Gateway",
      status: 502,
      detail: expect.any(String),
      requestId: headers["x-request-id"],
    });
    for (const { port: inner } of Object.values(clusters)) expect(body).not.toContain(`${inner}`);
    expect(body).not.toContain("127.0.0.1");
    const page = await problemFrom(port, { headers: { accept: "text/html,*/*;q=0.8" } });
    expect([page.status, page.headers["content-type"]]).toEqual([502, "text/html; charset=utf-8"]);
    const head = await problemFrom(port, { method: "HEAD" });
    expect([head.status, head.body]).toEqual([502, ""]);
  });
});

describe("a request goes out twice only where that is safe", () => {
  test("a POST with a streamed body to an endpoint that refuses gets exactly 502, and the other cluster none of it", async () => {
    const live = await startCluster("live");
    clusters = [live];
    dev = await startDevBefore({ gone: { port: await quietPort() }, live: { port: live.port } });
    const statuses: (number | undefined)[] = [];
    for (let count = 0; count < 20; count++) {
      const { sent, answer } = open(dev.port, { method: "POST" });
      // Of an upload that nobody takes, workerd reads no more than 64 KiB before it closes the connection.
      await pipeline(payload(48 * 1024), sent);
      const got = await answer;
      got.resume();
      statuses.push(got.statusCode);
    }
    const answered = statuses.filter((status) => status === 200).length;
    expect(statuses.every((status) => status === 200 || status === 502)).toBe(true);
    // Both are drawn in turn.
    expect(answered).toBeGreaterThan(0);
    expect(answered).toBeLessThan(20);
    expect(await live.count()).toBe(answered);
  });
});

describe("weights", () => {
  test("a cluster of weight 0 gets nothing, not even when the other is gone", async () => {
    const { port, clusters } = await start({ live: 1, drained: 0 });
    expect((await load(port, 200)).byCluster).toEqual({ live: 200 });
    await clusters.live?.kill();
    expect((await problemFrom(port)).status).toBe(502);
    expect(await clusters.drained?.count()).toBe(0);
  });

  test("3 to 1 is kept within 2 % over 10,000 requests, 16 at a time", async () => {
    const { port, clusters } = await start({ three: 3, one: 1 });
    const { statuses, byCluster } = await load(port, 10_000, { atOnce: 16 });
    expect(statuses).toEqual({ 200: 10_000 });
    expect(Math.abs((byCluster.three ?? 0) - 7500)).toBeLessThanOrEqual(150);
    expect(Math.abs((byCluster.one ?? 0) - 2500)).toBeLessThanOrEqual(50);
    expect(await clusters.three?.count()).toBe(byCluster.three);
    expect(await clusters.one?.count()).toBe(byCluster.one);
  });
});
