import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Backend, startBackend, startDevBefore } from "../support/backend.ts";
import type { DevProcess } from "../support/cli.ts";
import { HAS_PROC, memoryOf, resetPeak, socketBuffers } from "../support/processes.ts";
import { send } from "../support/request.ts";
import { get, open, payload, payloadTally, type Tally, tally, textOf } from "../support/transfer.ts";
import { until } from "../support/until.ts";

const MB = 2 ** 20;
const BIG = process.env.EDGE_INGRESS_BIG === "1";
const SIZE = BIG ? 1024 * MB : 64 * MB;
/** What two connections may hold in the kernel, which grows their buffers as it likes, and the chunks under way. */
const IN_FLIGHT = 2 * socketBuffers() + 8 * MB;
/** What a transfer may cost in memory, whatever its size. */
const MEMORY = 64 * MB;

let backend: Backend;
let dev: DevProcess;

beforeAll(async () => {
  backend = await startBackend();
  dev = await startDevBefore({ one: backend }, { https: true });
  // The first transfer makes the runtime's heap as large as it stays.
  await upload(8 * MB, "chunked");
  await download(8 * MB, "chunked");
});

afterAll(() => backend.close());

type Framing = "chunked" | "Content-Length";

const lengthFor = (framing: Framing, bytes: number) => (framing === "chunked" ? {} : { "content-length": `${bytes}` });

/** Uploads and gives what the backend saw. */
async function upload(bytes: number, framing: Framing): Promise<{ seen: Tally; headers: IncomingMessage["headers"] }> {
  const arrived = Promise.withResolvers<{ seen: Tally; headers: IncomingMessage["headers"] }>();
  backend.handle = async (request, response) => {
    const seen = await tally(request);
    response.end();
    arrived.resolve({ seen, headers: request.headers });
  };
  const { sent, answer } = open(dev.port, { method: "POST", headers: lengthFor(framing, bytes) });
  await pipeline(payload(bytes), sent);
  (await answer).resume();
  return arrived.promise;
}

/** Downloads and gives what the client saw. */
async function download(
  bytes: number,
  framing: Framing,
): Promise<{ seen: Tally; headers: IncomingMessage["headers"] }> {
  backend.handle = (_, response) => {
    response.writeHead(200, lengthFor(framing, bytes));
    void pipeline(payload(bytes), response);
  };
  const answer = await get(dev.port);
  return { seen: await tally(answer), headers: answer.headers };
}

describe.each<[string, typeof upload]>([
  ["an upload", upload],
  ["a download", download],
])(`%s of ${SIZE / MB} MB`, (what, transfer) => {
  test.each<Framing>(["Content-Length", "chunked"])("%s: arrives whole, in little memory", async (framing) => {
    const pid = HAS_PROC ? dev.workerd() : null;
    const isPeakKnown = pid !== null && resetPeak(pid);
    const before = pid === null ? null : memoryOf(pid);
    const { seen, headers } = await transfer(SIZE, framing);
    expect(seen).toEqual(payloadTally(SIZE));
    expect(headers["content-length"]).toBe(framing === "chunked" ? undefined : `${SIZE}`);
    if (!isPeakKnown || before === null) return;
    const after = memoryOf(pid);
    const inMb = [before.now, after.peak, after.now].map((bytes) => (bytes / MB).toFixed(1)).join(" → ");
    if (BIG) console.log(`${what}, ${SIZE / MB} MB, ${framing}: workerd holds ${inMb} MB (before, peak, after)`);
    expect(after.peak - before.now).toBeLessThan(MEMORY);
  });
});

test("through HTTPS a body arrives whole too", async () => {
  backend.handle = (request, response) => void pipeline(request, response);
  const body = await textOf(payload(MB));
  const port = dev.httpsPort ?? 0;
  const answer = await send({ port, host: "a.test", path: "/", method: "POST", body, https: true });
  expect(answer.body === body).toBe(true);
});

describe("nobody runs ahead of who reads", () => {
  const SLOW = 2 * IN_FLIGHT;

  /** Waits until a count stands still, and gives it. */
  async function settled(count: () => number): Promise<number> {
    let last = -1;
    while (count() !== last) {
      last = count();
      await pause(500);
    }
    return last;
  }

  /** Begins to count what workerd comes to hold; counts nothing where there is no /proc. */
  function memoryGrowth(): () => number {
    if (!HAS_PROC) return () => 0;
    const pid = dev.workerd();
    const before = memoryOf(pid).now;
    return () => memoryOf(pid).now - before;
  }

  test("a reader that stops makes the backend's writes wait; when it goes on, all arrives", async () => {
    let written = 0;
    backend.handle = async (_, response) => {
      response.writeHead(200);
      for await (const chunk of payload(SLOW)) {
        const room = response.write(chunk);
        written += chunk.length;
        if (!room) await once(response, "drain");
      }
      response.end();
    };
    const grown = memoryGrowth();
    const answer = await get(dev.port);
    await once(answer, "readable");
    const ahead = await settled(() => written);
    expect(ahead).toBeGreaterThan(0);
    expect(ahead).toBeLessThan(IN_FLIGHT);
    expect(grown()).toBeLessThan(MEMORY);
    expect(await tally(answer)).toEqual(payloadTally(SLOW));
  });

  test("a backend that stops reading makes the client's writes wait; when it goes on, all arrives", async () => {
    const begun = Promise.withResolvers<IncomingMessage>();
    const answered = Promise.withResolvers<ServerResponse>();
    backend.handle = (request, response) => {
      begun.resolve(request);
      answered.resolve(response);
    };
    let written = 0;
    const grown = memoryGrowth();
    const { sent } = open(dev.port, { method: "POST" });
    const sending = (async () => {
      for await (const chunk of payload(SLOW)) {
        const room = sent.write(chunk);
        written += chunk.length;
        if (!room) await once(sent, "drain");
      }
      sent.end();
    })();
    const request = await begun.promise;
    expect(await settled(() => written)).toBeLessThan(IN_FLIGHT);
    expect(grown()).toBeLessThan(MEMORY);
    expect(await tally(request)).toEqual(payloadTally(SLOW));
    await sending;
    (await answered.promise).end();
  });
});

describe("answers are delivered as they come", () => {
  test("one that begins before the upload has ended, and the upload goes on meanwhile", async () => {
    backend.handle = async (request, response) => {
      for await (const chunk of request) response.write(`got ${chunk}\n`);
      response.end("end\n");
    };
    const { sent, answer } = open(dev.port, { method: "POST" });
    sent.write("one");
    const got = await answer;
    got.setEncoding("utf8");
    let text = "";
    got.on("data", (chunk) => {
      text += chunk;
    });
    await until(() => text === "got one\n");
    sent.write("two");
    await until(() => text === "got one\ngot two\n");
    sent.end();
    await once(got, "end");
    expect(text).toBe("got one\ngot two\nend\n");
  });

  test("one that refuses an upload whose rest never comes", async () => {
    backend.handle = (_, response) => void response.writeHead(413, { connection: "close" }).end("too large");
    const { sent, answer } = open(dev.port, { method: "POST", headers: { "content-length": `${SIZE}` } });
    sent.write("begun");
    const got = await answer;
    expect([got.statusCode, await textOf(got)]).toEqual([413, "too large"]);
    sent.destroy();
  });

  test("server-sent events one by one: each comes before the server may send the next", async () => {
    const stream = Promise.withResolvers<ServerResponse>();
    const sendNext = async () => (await stream.promise).write(`id: ${++id}\ndata: event ${id}\n\n`);
    let id = 0;
    backend.handle = async (request, response) => {
      if (request.url === "/events") {
        response.writeHead(200, { "content-type": "text/event-stream" });
        stream.resolve(response);
        await sendNext();
      } else {
        await sendNext();
        response.end();
      }
    };
    const answer = await get(dev.port, { path: "/events" });
    expect(answer.headers["content-type"]).toBe("text/event-stream");
    let text = "";
    answer.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
    });
    for (let wanted = 1; wanted <= 5; wanted++) {
      await until(() => text.endsWith(`id: ${wanted}\ndata: event ${wanted}\n\n`));
      expect(text.match(/^id: /gm)).toHaveLength(wanted);
      if (wanted < 5) (await get(dev.port, { path: "/confirm" })).resume();
    }
    (await stream.promise).end();
    await once(answer, "end");
  });
});

describe("who leaves in the middle is noticed", () => {
  // A FIN alone may be a client that has only ended its sending: workerd learns the rest from the next write.
  test("the client of a download closes: the backend's connection is closed with the next that it writes", async () => {
    const closed = Promise.withResolvers<boolean>();
    backend.handle = (_, response) => {
      const more = setInterval(() => response.write("more"), 50);
      response.on("close", () => {
        clearInterval(more);
        closed.resolve(response.writableFinished);
      });
    };
    const answer = await get(dev.port);
    await once(answer, "data");
    answer.destroy();
    expect(await closed.promise).toBe(false);
  });

  test("the client of a download resets: the backend's connection is closed though nothing is written", async () => {
    const closed = Promise.withResolvers<boolean>();
    backend.handle = (_, response) => {
      response.on("close", () => closed.resolve(response.writableFinished));
      response.writeHead(200).write("begun");
    };
    const answer = await get(dev.port);
    answer.on("error", () => undefined);
    await once(answer, "data");
    answer.socket.resetAndDestroy();
    expect(await closed.promise).toBe(false);
  });

  test("the client of an upload: the backend sees it break off, not end", async () => {
    const outcome = Promise.withResolvers<string>();
    backend.handle = (request) => {
      request.on("data", () => sent.destroy());
      request.on("end", () => outcome.resolve("end"));
      request.on("error", () => outcome.resolve("broken off"));
    };
    const { sent } = open(dev.port, { method: "POST" });
    sent.write("begun");
    expect(await outcome.promise).toBe("broken off");
  });

  test.each<Framing>(["Content-Length", "chunked"])(
    "the backend of a download, %s: the client never takes it for whole",
    async (framing) => {
      backend.handle = (_, response) => {
        response.writeHead(200, lengthFor(framing, MB));
        response.write("begun", () => response.destroy());
      };
      // Where the break comes before the answer's headers went out, the client gets 502 instead.
      const answer = await get(dev.port);
      if (answer.statusCode === 200) await expect(tally(answer)).rejects.toThrow();
      else expect(answer.statusCode).toBe(502);
    },
  );
});
