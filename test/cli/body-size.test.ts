import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Backend, startBackend } from "../support/backend.ts";
import { type DevProcess, startDev } from "../support/cli.ts";
import { clusterAt, directoryWith, documents, ingress } from "../support/manifests.ts";
import { open, payload, payloadTally, tally, textOf } from "../support/transfer.ts";
import { until } from "../support/until.ts";

const KB = 2 ** 10;
const LIMIT = 256 * KB;

let backend: Backend;
let dev: DevProcess;
let uploads = 0;
/** How each upload stands at the backend, by its path; none that did not come there. */
const outcomes = new Map<string, string>();

beforeAll(async () => {
  backend = await startBackend();
  const annotations = { "nginx.ingress.kubernetes.io/proxy-body-size": "256k" };
  const limited = ingress({ name: "limited", annotations });
  dev = await startDev(["-f", directoryWith({ "all.yaml": documents(clusterAt("one", backend.port), limited) })]);
});

afterAll(() => backend.close());

/** Uploads to a backend that reads all of it (0 bytes: a beginning alone); the status, and how the upload stands there. */
async function upload(bytes: number, headers: Record<string, string> = {}, method = "POST") {
  const path = `/${++uploads}`;
  backend.handle = (request, response) => {
    // One of the test before may come late.
    const url = request.url ?? "";
    outcomes.set(url, "it is under way");
    tally(request).then(
      ({ bytes: seen }) => {
        outcomes.set(url, `whole, ${seen} bytes`);
        response.end();
      },
      () => outcomes.set(url, "broken off"),
    );
  };
  const { sent, answer } = open(dev.port, { method, path, headers });
  sent.on("error", () => undefined);
  if (bytes > 0) payload(bytes).pipe(sent);
  // Of a body that is refused before it is sent the rest would meet a closed connection.
  else sent.write("begun");
  const got = await answer;
  const text = await textOf(got);
  sent.destroy();
  return { status: got.statusCode, type: got.headers["content-type"], text, outcome: () => outcomes.get(path) };
}

describe("a body over the limit", () => {
  test("413 by its Content-Length", async () => {
    const { status, type, text } = await upload(0, { "content-length": `${2 * LIMIT}` });
    expect([status, type]).toEqual([413, "application/problem+json"]);
    expect(JSON.parse(text)).toMatchObject({ status: 413, title: "Content Too Large" });
  });

  test("413 where it does not tell its length, and the cluster never takes it for whole", async () => {
    const { status, outcome } = await upload(4 * LIMIT);
    expect(status).toBe(413);
    await until(() => outcome() === "broken off");
  });

  test("a Content-Length beside chunks does not count: the chunks do", async () => {
    backend.handle = (request, response) => void request.resume().on("end", () => response.end());
    const socket = connect(dev.port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.write("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n");
    const chunk = `${(64 * KB).toString(16)}\r\n${"x".repeat(64 * KB)}\r\n`;
    for (let sent = 0; sent <= LIMIT; sent += 64 * KB) socket.write(chunk);
    const [first] = (await once(socket, "data")) as [Buffer];
    expect(first.toString("latin1").split("\r\n")[0]).toMatch(/^HTTP\/1.1 413 /);
    socket.destroy();
  });

  test("a GET with a body of unknown length gets 411", async () => {
    expect((await upload(0, { "transfer-encoding": "chunked" }, "GET")).status).toBe(411);
  });
});

describe("a body within the limit arrives whole", () => {
  test.each([
    ["Content-Length", { "content-length": `${LIMIT}` }],
    ["chunked", {}],
  ])("%s", async (_, headers) => {
    const { status, outcome } = await upload(LIMIT, headers as Record<string, string>);
    expect([status, outcome()]).toEqual([200, `whole, ${payloadTally(LIMIT).bytes} bytes`]);
  });
});

test("who breaks off a counted upload is seen to break off, not to end", async () => {
  const outcome = Promise.withResolvers<string>();
  backend.handle = (request) => {
    request.on("data", () => sent.destroy());
    request.on("end", () => outcome.resolve("end"));
    request.on("error", () => outcome.resolve("broken off"));
  };
  const { sent } = open(dev.port, { method: "POST" });
  sent.on("error", () => undefined);
  sent.write("begun");
  expect(await outcome.promise).toBe("broken off");
});

test("of what is refused by its headers alone the cluster gets nothing, not even later", async () => {
  const refused = [
    await upload(0, { "content-length": `${2 * LIMIT}` }),
    await upload(0, { "transfer-encoding": "chunked" }, "GET"),
  ];
  await dev.stop();
  expect(refused.map(({ status, outcome }) => [status, outcome()])).toEqual([
    [413, undefined],
    [411, undefined],
  ]);
});
