import { once } from "node:events";
import type { IncomingMessage, RequestOptions } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Backend, startBackend } from "../support/backend.ts";
import { type DevProcess, runCli, startDev } from "../support/cli.ts";
import { edgePolicy } from "../support/compiled.ts";
import { clusterAt, directoryWith, documents, ingress } from "../support/manifests.ts";
import { get, open, textOf } from "../support/transfer.ts";
import { until } from "../support/until.ts";
import { acceptWebSocket, closeOf, OPCODE, type ServerSocket } from "../support/websocket.ts";

const TOKEN = "of-the-slots";

let backend: Backend;
let dev: DevProcess;

beforeAll(async () => {
  backend = await startBackend();
  const sets =
    "concurrencyLimit: { limits: [{ name: one, maxRequests: 1, key: [], deadline: 10s, onFailure: closed }] }";
  const policy = edgePolicy({ namespace: "default", targets: "{ kind: Edge }", sets });
  const manifests = documents(clusterAt("one", backend.port), ingress({ name: "narrow" }), policy);
  dev = await startDev(["-f", directoryWith({ "all.yaml": manifests })], { env: { EDGE_INGRESS_STATUS_TOKEN: TOKEN } });
});

afterAll(() => backend.close());

/** Whether a request of its own gets a slot; it ends at once. */
async function isFree(): Promise<boolean> {
  const answer = await get(dev.port, { path: "/probe" });
  await textOf(answer);
  expect([200, 429]).toContain(answer.statusCode);
  return answer.statusCode === 200;
}

const free = () => until(isFree, "the slot is free again");

/** The cluster answers probes; what else comes is the test's. */
function serve(handle: Backend["handle"]): Promise<void> {
  const came = Promise.withResolvers<void>();
  backend.handle = (request, response) => {
    if (request.url === "/probe") return void response.end("ok");
    came.resolve();
    handle(request, response);
  };
  return came.promise;
}

/** A request that holds the slot, once it has come to the cluster; asked again while what came before still holds it. */
async function hold(came: Promise<unknown>, options: RequestOptions): Promise<ReturnType<typeof open>> {
  const held = open(dev.port, options);
  held.sent.on("error", () => undefined).end();
  const isRefused = held.answer.then(({ statusCode }) => statusCode === 429);
  if (!(await Promise.race([came.then(() => false), isRefused]))) return held;
  held.sent.destroy();
  await pause(20);
  return hold(came, options);
}

test("a client that resets its connection before there is an answer frees its slot, and the cluster's request ends", async () => {
  const ended = Promise.withResolvers<void>();
  const came = serve((request) => void request.socket.on("close", () => ended.resolve()));
  const { sent } = await hold(came, { path: "/silent" });
  expect(await isFree()).toBe(false);
  sent.socket?.resetAndDestroy();
  await free();
  await ended.promise;
});

test.each(["resets", "closes"] as const)("one that %s it in the middle of an answer does too", async (how) => {
  const came = serve((_, response) => {
    const sending = setInterval(() => response.write("some more"), 20);
    response.on("close", () => clearInterval(sending));
    response.writeHead(200);
  });
  const answer = await (await hold(came, { path: "/endless" })).answer;
  answer.on("error", () => undefined);
  await once(answer, "data");
  expect(await isFree()).toBe(false);
  if (how === "resets") answer.socket.resetAndDestroy();
  else answer.destroy();
  await free();
});

test("an answer holds its slot until its last byte, and not longer", async () => {
  const end = Promise.withResolvers<void>();
  const came = serve(async (_, response) => {
    response.writeHead(200, { "content-length": 10 });
    response.write("begin");
    await end.promise;
    response.end("ended");
  });
  const answer = await (await hold(came, { path: "/long" })).answer;
  answer.resume();
  expect(await isFree()).toBe(false);
  end.resolve();
  await once(answer, "end");
  await free();
});

describe("a WebSocket holds its slot while it is open:", () => {
  /** Asks again as `hold` does. */
  async function connect(): Promise<{ client: WebSocket; server: ServerSocket }> {
    const accepted = Promise.withResolvers<ServerSocket>();
    backend.upgrade = (_, socket) => accepted.resolve(acceptWebSocket(_, socket, "chat"));
    const client = new WebSocket(`ws://127.0.0.1:${dev.port}/socket`, ["chat"]);
    client.binaryType = "arraybuffer";
    client.addEventListener("error", () => undefined);
    const server = await Promise.race([accepted.promise, once(client, "error").then(() => null)]);
    if (server === null) {
      await pause(20);
      return connect();
    }
    await once(client, "open");
    return { client, server };
  }

  test("messages go both ways as what they are, and the client's close reaches the cluster", async () => {
    const { client, server } = await connect();
    expect(client.protocol).toBe("chat");
    const echoed: unknown[] = [];
    server.onMessage = ({ opcode, payload }) => server.send(opcode, payload);
    for (const sent of ["text", "", "x".repeat(70_000), Uint8Array.of(0, 255, 128)]) {
      client.send(sent);
      const [{ data }] = (await once(client, "message")) as [MessageEvent];
      echoed.push(typeof data === "string" ? data : [...new Uint8Array(data as ArrayBuffer)]);
    }
    expect(echoed).toEqual(["text", "", "x".repeat(70_000), [0, 255, 128]]);
    expect(await isFree()).toBe(false);
    const closed = new Promise<{ code: number; reason: string }>((resolve) => {
      server.onMessage = (message) => {
        if (message.opcode === OPCODE.close) resolve(closeOf(message));
      };
    });
    client.close(4321, "enough");
    expect(await closed).toEqual({ code: 4321, reason: "enough" });
    server.sendClose(4321, "enough");
    await free();
  });

  test("the cluster's close reaches the client", async () => {
    const { client, server } = await connect();
    server.sendClose(4400, "go away");
    const [{ code, reason }] = (await once(client, "close")) as [CloseEvent];
    expect([code, reason]).toEqual([4400, "go away"]);
    await free();
  });

  test("a client that is cut off frees it, and ends the cluster's connection", async () => {
    const gone = Promise.withResolvers<void>();
    const came = Promise.withResolvers<void>();
    backend.upgrade = (request, socket) => {
      came.resolve();
      const server = acceptWebSocket(request, socket);
      server.onMessage = ({ opcode }) => opcode === OPCODE.close && server.sendClose(1000, "");
      server.onGone = gone.resolve;
    };
    const headers = {
      ...{ connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13" },
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    };
    const { sent } = await hold(came.promise, { path: "/socket", headers });
    const [, socket] = (await once(sent, "upgrade")) as [IncomingMessage, { destroy(): void }];
    expect(await isFree()).toBe(false);
    socket.destroy();
    await free();
    await gone.promise;
  });

  test("a cluster that is cut off is no good end for the client", async () => {
    const { client, server } = await connect();
    server.cut();
    const [{ code }] = (await once(client, "close")) as [CloseEvent];
    expect([1006, 1011]).toContain(code);
    await free();
  });
});

test("edge-ingress limits shows how many are under way", async () => {
  const came = serve(() => undefined);
  const { sent } = await hold(came, { path: "/silent" });
  const show = (...args: readonly string[]) =>
    runCli(["limits", "--url", dev.origin, ...args], { env: { EDGE_INGRESS_STATUS_TOKEN: TOKEN } });
  const { stdout, code } = await show();
  expect(code).toBe(0);
  expect(stdout).toMatch(/^default\/policy\/one {2}1 at a time\n {2}this isolate: \d+ admitted, \d+ refused/);
  expect(stdout).toMatch(/ {2}all requests: 1 of 1 under way; \d+ admitted, \d+ refused\n$/);
  const reset = await show("", "--limit", "default/policy/one", "--reset");
  expect([reset.code, reset.stderr]).toEqual([2, expect.stringContaining("requests under way can't be reset")]);
  sent.socket?.resetAndDestroy();
});
