import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Backend, startBackend } from "../support/backend.ts";
import { type DevProcess, startDev } from "../support/cli.ts";
import { edgePolicy } from "../support/compiled.ts";
import { clusterAt, directoryWith, documents, ingress } from "../support/manifests.ts";
import { get, payload, payloadTally, tally } from "../support/transfer.ts";

const KB = 2 ** 10;

let backend: Backend;
let dev: DevProcess;

beforeAll(async () => {
  backend = await startBackend();
  const sets = "bandwidthLimit: { rate: 256Ki, after: 64Ki }";
  const policy = edgePolicy({ namespace: "default", targets: "{ kind: Edge }", sets });
  const manifests = documents(clusterAt("one", backend.port), ingress({ name: "slow" }), policy);
  dev = await startDev(["-f", directoryWith({ "all.yaml": manifests })]);
});

afterAll(() => backend.close());

test.each([
  ["Content-Length", { "content-length": `${128 * KB}` }],
  ["chunked", {}],
])("a paced answer, %s, arrives whole and keeps its length", async (_, headers) => {
  backend.handle = (request, response) => {
    request.resume();
    response.writeHead(200, headers);
    payload(128 * KB).pipe(response);
  };
  const answer = await get(dev.port);
  expect(await tally(answer)).toEqual(payloadTally(128 * KB));
  expect(answer.headers["content-length"]).toBe((headers as Record<string, string>)["content-length"]);
});

test.each([
  ["Content-Length", { "content-length": `${128 * KB}` }],
  ["chunked", {}],
])("one that breaks off, %s, is never taken for whole", async (_, headers) => {
  backend.handle = (_request, response) => {
    response.writeHead(200, headers);
    response.write("begun", () => response.destroy());
  };
  const answer = await get(dev.port);
  // Where the break comes before the answer's headers went out, the client gets 502 instead.
  if (answer.statusCode === 502) return;
  await expect(tally(answer)).rejects.toThrow();
});

test("who leaves in the middle ends the cluster's answer", async () => {
  const closed = Promise.withResolvers<boolean>();
  backend.handle = (_request, response) => {
    response.on("close", () => closed.resolve(response.writableFinished));
    response.writeHead(200);
    payload(64 * 1024 * KB).pipe(response);
  };
  const answer = await get(dev.port);
  answer.on("error", () => undefined);
  await once(answer, "data");
  answer.socket.resetAndDestroy();
  expect(await closed.promise).toBe(false);
});
