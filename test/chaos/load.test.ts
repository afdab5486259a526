import { createServer, type RequestListener, type Server } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { REQUEST_ID } from "../../scripts/chaos/cluster-talk.ts";
import { type LoadOptions, runLoad } from "../../scripts/chaos/load.ts";
import { NO_ANSWER } from "../../scripts/chaos/scenario.ts";
import { PATIENCE } from "../support/cli.ts";
import { closeServer, listen } from "../support/echo.ts";
import { quietPort } from "../support/ports.ts";

const OPTIONS: LoadOptions = { rate: 50, seconds: 0.4, limit: PATIENCE, postEvery: 2 };

let server: Server | null = null;

afterEach(async () => {
  if (server !== null) await closeServer(server);
  server = null;
});

async function serve(handle: RequestListener, port = 0): Promise<number> {
  server = createServer(handle);
  return listen(server, port);
}

const outcomes = (sent: readonly { status: number | null; error: string | null }[]) => [
  ...new Set(sent.map(({ status, error }) => error ?? status)),
];

describe("what fails is told as it is", () => {
  test.each<[string, RequestListener, number | string]>([
    ["no answer", () => undefined, NO_ANSWER],
    ["an answer that does not end", (_, response) => response.writeHead(200).write("x"), NO_ANSWER],
    ["a closed connection", (request) => request.socket.destroy(), "ECONNRESET"],
    ["an answer of 500", (_, response) => response.writeHead(500).end(), 500],
  ])("%s", async (_, handle, outcome) => {
    const limit = outcome === NO_ANSWER ? 1000 : PATIENCE;
    const sent = await runLoad(await serve(handle), { ...OPTIONS, limit });
    expect(sent).toHaveLength(20);
    expect(outcomes(sent)).toEqual([outcome]);
  });

  test("an answer that breaks off", async () => {
    const port = await serve((_, response) => {
      response.writeHead(200, { "content-length": 10 });
      response.write("x", () => response.destroy());
    });
    expect(outcomes(await runLoad(port, OPTIONS))).toEqual(["the answer broke off"]);
  });

  test("nobody listens", async () => {
    expect(outcomes(await runLoad(await quietPort(), OPTIONS))).toEqual(["ECONNREFUSED"]);
  });
});

test("requests go out at their times though none is answered before the last one is sent", async () => {
  const answers: (() => void)[] = [];
  const ids: string[] = [];
  const port = await serve((request, response) => {
    ids.push(`${request.method} ${request.headers[REQUEST_ID]}`);
    answers.push(() => response.writeHead(200, { "x-cluster": "one" }).end());
    if (answers.length === 20) for (const answer of answers) answer();
  });
  const sent = await runLoad(port, OPTIONS);
  expect(outcomes(sent)).toEqual([200]);
  expect(sent.map(({ cluster }) => cluster)).toEqual(Array(20).fill("one"));
  const last = sent.at(-1);
  expect((last?.sentAt ?? 0) - (sent[0]?.sentAt ?? 0)).toBeGreaterThanOrEqual(300);
  expect(new Set(ids).size).toBe(20);
  expect(ids.sort()).toEqual(sent.map(({ method, id }) => `${method} ${id}`).sort());
  expect(sent.filter(({ method }) => method === "POST")).toHaveLength(10);
});

test("no more wait at once than is asked for, and all go out", async () => {
  let open = 0;
  let most = 0;
  const port = await serve((_, response) => {
    most = Math.max(most, ++open);
    response.on("close", () => open--);
    setTimeout(() => response.end(), 100);
  });
  const sent = await runLoad(port, { ...OPTIONS, mostAtOnce: 3 });
  expect([most, sent.length, outcomes(sent)]).toEqual([3, 20, [200]]);
});

describe("for an edge that restarts", () => {
  test("connections are tried again until somebody listens", async () => {
    const port = await quietPort();
    const load = runLoad(port, { ...OPTIONS, isEdgeAway: () => false });
    await pause(300);
    await serve((_, response) => response.end(), port);
    expect(outcomes(await load)).toEqual([200]);
  });

  test.each<[string, RequestListener | null, boolean, string]>([
    ["refused ones", null, false, "ECONNREFUSED"],
    ["while it is away, those that are closed", (request) => request.socket.destroy(), true, "ECONNRESET"],
  ])("%s are tried until their time is over", async (_, handle, isAway, outcome) => {
    const port = handle === null ? await quietPort() : await serve(handle);
    const sent = await runLoad(port, { ...OPTIONS, limit: 2_000, isEdgeAway: () => isAway });
    // The last try of some may be cut short by its time.
    expect(outcomes(sent).filter((one) => one !== NO_ANSWER)).toEqual([outcome]);
    for (const { sentAt, doneAt } of sent) expect(doneAt - sentAt).toBeGreaterThanOrEqual(1_500);
  });

  test.each<[string, RequestListener, number | string]>([
    ["a connection that it closes", (request) => request.socket.destroy(), "ECONNRESET"],
    ["an answer of 502", (_, response) => response.writeHead(502).end(), 502],
  ])("%s is a failure", async (_, handle, outcome) => {
    let asked = 0;
    const port = await serve((request, response) => {
      asked++;
      handle(request, response);
    });
    expect(outcomes(await runLoad(port, { ...OPTIONS, isEdgeAway: () => false }))).toEqual([outcome]);
    expect(asked).toBe(20);
  });
});
