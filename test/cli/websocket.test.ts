import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Backend, startBackend, startDevBefore } from "../support/backend.ts";
import type { DevProcess } from "../support/cli.ts";
import { quietPort } from "../support/ports.ts";
import { open, textOf } from "../support/transfer.ts";
import { acceptWebSocket, closeOf, type Message, OPCODE, type ServerSocket } from "../support/websocket.ts";

let backend: Backend;
let dev: DevProcess;

beforeAll(async () => {
  backend = await startBackend();
  dev = await startDevBefore({ one: backend });
});

afterAll(() => backend.close());

interface Pair {
  readonly client: WebSocket;
  readonly server: ServerSocket;
  readonly request: IncomingMessage;
}

/** A client and the server's end of its WebSocket, through the edge. */
async function connect({
  path = "/",
  protocols = [] as string[],
  protocol = undefined as string | undefined,
} = {}): Promise<Pair> {
  const accepted = Promise.withResolvers<{ server: ServerSocket; request: IncomingMessage }>();
  backend.upgrade = (request, socket) => {
    accepted.resolve({ server: acceptWebSocket(request, socket, protocol), request });
  };
  const client = new WebSocket(`ws://127.0.0.1:${dev.port}${path}`, protocols);
  client.binaryType = "arraybuffer";
  client.addEventListener("error", () => undefined);
  await once(client, "open");
  return { client, ...(await accepted.promise) };
}

const nextFrom = (server: ServerSocket) =>
  new Promise<Message>((resolve) => {
    server.onMessage = resolve;
  });

const closing = async (client: WebSocket) => {
  const [event] = (await once(client, "close")) as [CloseEvent];
  return { code: event.code, reason: event.reason, clean: event.wasClean };
};

async function nextOf(client: WebSocket): Promise<unknown> {
  const [event] = (await once(client, "message")) as [MessageEvent];
  return event.data;
}

describe("messages", () => {
  test("text and binary go both ways as what they are", async () => {
    const { client, server } = await connect();
    server.onMessage = ({ opcode, payload }) => server.send(opcode, payload);
    for (const text of ["hello", "", "ünïcödé 🙂", "x".repeat(70_000)]) {
      client.send(text);
      expect(await nextOf(client)).toBe(text);
    }
    for (const bytes of [Uint8Array.of(0, 255, 128), new Uint8Array(0), new Uint8Array(200_000).fill(7)]) {
      client.send(bytes);
      const echoed = await nextOf(client);
      expect(echoed).toBeInstanceOf(ArrayBuffer);
      expect(Buffer.from(echoed as ArrayBuffer).equals(bytes)).toBe(true);
    }
    client.close();
  });

  test("each of many comes once, in its order, from both sides at the same time", async () => {
    const { client, server } = await connect();
    const numbers = Array.from({ length: 500 }, (_, index) => `${index}`);
    const got: { client: unknown[]; server: string[] } = { client: [], server: [] };
    const done = Promise.withResolvers<void>();
    const count = (list: unknown[], value: unknown) => {
      list.push(value);
      if (got.client.length === numbers.length && got.server.length === numbers.length) done.resolve();
    };
    client.addEventListener("message", ({ data }) => count(got.client, data));
    server.onMessage = ({ payload }) => count(got.server, payload.toString());
    for (const number of numbers) {
      client.send(number);
      server.send(OPCODE.text, number);
    }
    await done.promise;
    expect(got).toEqual({ client: numbers, server: numbers });
    client.close();
  });

  test("the server may speak first", async () => {
    backend.upgrade = (request, socket) => acceptWebSocket(request, socket).send(OPCODE.text, "welcome");
    const client = new WebSocket(`ws://127.0.0.1:${dev.port}/`);
    expect(await nextOf(client)).toBe("welcome");
    client.close();
  });
});

describe("closing", () => {
  test("the client's code and reason reach the server", async () => {
    const { client, server } = await connect();
    const received = nextFrom(server);
    client.close(4321, "enough of this");
    const message = await received;
    expect([message.opcode, closeOf(message)]).toEqual([OPCODE.close, { code: 4321, reason: "enough of this" }]);
    server.sendClose(4321, "enough of this");
    expect(await closing(client)).toMatchObject({ code: 4321 });
  });

  test("the server's code and reason reach the client", async () => {
    const { client, server } = await connect();
    const closed = closing(client);
    server.sendClose(4400, "go away");
    expect(await closed).toMatchObject({ code: 4400, reason: "go away" });
  });

  test("a server that is cut off is no clean end for the client", async () => {
    const { client, server } = await connect();
    const closed = closing(client);
    server.cut();
    expect(await closed).toMatchObject({ code: 1006, clean: false });
  });

  test("a client that is gone closes the server's connection", async () => {
    const { sent, answer } = open(dev.port, { headers: HANDSHAKE });
    const gone = Promise.withResolvers<void>();
    backend.upgrade = (request, socket) => {
      acceptWebSocket(request, socket).onGone = gone.resolve;
    };
    sent.end();
    answer.catch(() => undefined);
    const [, socket] = (await once(sent, "upgrade")) as [IncomingMessage, { destroy(): void }];
    socket.destroy();
    await gone.promise;
  });
});

const HANDSHAKE = {
  host: "ws.test:8443",
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};

describe("the handshake", () => {
  test("carries Host, path, query and who the client is to the cluster", async () => {
    const seen = Promise.withResolvers<IncomingMessage>();
    backend.upgrade = (request, socket) => {
      seen.resolve(request);
      acceptWebSocket(request, socket).sendClose(1000, "");
    };
    const headers = { ...HANDSHAKE, origin: "https://page.test", cookie: "a=1", "x-forwarded-for": "6.6.6.6" };
    const { sent } = open(dev.port, { path: "/chat/room?id=1&id=2", headers });
    sent.end();
    const [answer] = (await once(sent, "upgrade")) as [IncomingMessage];
    expect(answer.statusCode).toBe(101);
    expect(answer.headers["sec-websocket-accept"]).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    const { url, headers: sentOn } = await seen.promise;
    expect(url).toBe("/chat/room?id=1&id=2");
    expect(sentOn).toMatchObject({
      host: "ws.test:8443",
      origin: "https://page.test",
      cookie: "a=1",
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-proto": "http",
      "x-forwarded-host": "ws.test:8443",
    });
    sent.destroy();
  });

  test("agrees on the server's subprotocol", async () => {
    const { client, request } = await connect({ protocols: ["chat.v2", "chat.v1"], protocol: "chat.v1" });
    expect(request.headers["sec-websocket-protocol"]?.split(/, */)).toEqual(["chat.v2", "chat.v1"]);
    expect(client.protocol).toBe("chat.v1");
    client.close();
  });

  test("that the cluster refuses is answered as the cluster answered", async () => {
    backend.upgrade = (_, socket) => {
      socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 7\r\nX-Own: kept\r\nConnection: close\r\n\r\nnot you");
    };
    const { sent, answer } = open(dev.port, { headers: HANDSHAKE });
    sent.end();
    const got = await answer;
    expect([got.statusCode, got.headers["x-own"], await textOf(got)]).toEqual([403, "kept", "not you"]);
  });

  test("goes on to another cluster where the first can't be reached", async () => {
    const closed = { port: await quietPort() };
    const failing = await startDevBefore({
      gone: { ...closed, weight: 65_535 },
      one: { port: backend.port, weight: 1 },
    });
    backend.upgrade = (request, socket) => void acceptWebSocket(request, socket).send(OPCODE.text, "here");
    const client = new WebSocket(`ws://127.0.0.1:${failing.port}/`);
    expect(await nextOf(client)).toBe("here");
    client.close();
    await failing.stop();
  });

  test("gets 502 where no cluster can be reached", async () => {
    const failing = await startDevBefore({ gone: { port: await quietPort() } });
    const { sent, answer } = open(failing.port, { headers: HANDSHAKE });
    sent.end();
    const got = await answer;
    expect([got.statusCode, got.headers["content-type"]]).toEqual([502, "application/problem+json"]);
    got.resume();
    await failing.stop();
  });
});
