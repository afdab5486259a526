import { describe, expect, test } from "vitest";
import { ACTIVE, MOST_IN_ONE, valueName } from "../../../src/table/publication.ts";
import { type Edge, followingEdge, inTheirOwnTime, keyPair, pass, publicationOf, sign, tableTo } from "./published.ts";

inTheirOwnTime();

/** The interval passes, one request has the edge look, and the next one shows what came of it. */
async function afterALook(edge: Edge) {
  pass(1_000);
  await edge.ask();
  const { body } = await edge.ask();
  const { version, problem } = await edge.status();
  return { body, version, problem };
}

/** An edge that serves version 5, which leads to `one`. */
async function serving(more: Readonly<Record<string, unknown>> = {}) {
  const edge = await followingEdge(more);
  const publication = await edge.publish(tableTo("one"), 5);
  expect(await afterALook(edge)).toEqual({ body: "one", version: 5, problem: null });
  return { ...edge, publication };
}

const pieceOf = (edge: Edge, name: string) => new Uint8Array(edge.entries.get(name) as ArrayBuffer);

describe("what is published and can't be served leaves the one before, and is reported", () => {
  const cases: readonly [what: string, change: (edge: Edge) => Promise<void>, problem: string][] = [
    [
      "text that is no publication",
      async (edge) => void edge.entries.set(ACTIVE, "hello"),
      "it is no signed publication",
    ],
    [
      "a publication that another key signed",
      async (edge) =>
        void edge.entries.set(ACTIVE, await sign(await publicationOf(tableTo("two"), 6), await keyPair())),
      "its signature is not that of a key that is trusted here",
    ],
    [
      "a publication that was changed",
      async (edge) => {
        const [, , signature = ""] = String(edge.entries.get(ACTIVE)).split(".");
        const [header, payload] = (await sign(await publicationOf(tableTo("two"), 6), await keyPair())).split(".");
        edge.entries.set(ACTIVE, `${header}.${payload}.${signature}`);
      },
      "its signature is not that of a key that is trusted here",
    ],
    [
      "a publication whose header names another algorithm",
      async (edge) => {
        const [, ...rest] = String(edge.entries.get(ACTIVE)).split(".");
        edge.entries.set(ACTIVE, [Buffer.from('{"alg":"none"}').toString("base64url"), ...rest].join("."));
      },
      "it is no signed publication",
    ],
    [
      "an older version, replayed",
      async (edge) => void (await edge.publish(tableTo("two"), 4)),
      "version 4 is older than version 5, which serves",
    ],
    [
      "another publication of the same version that is not newer",
      async (edge) => void (await edge.publish(tableTo("two"), 5)),
      "another publication has version 5 too: publish again",
    ],
    [
      "another one of the same version and time, with the lesser hash",
      async (edge) => {
        const { hash, publishedAt } = await publicationOf(tableTo("one"), 5);
        const lesser = await publicationOf(tableTo("two"), 5, { publishedAt });
        // Whichever of the two is the lesser one: it is the same in every isolate.
        if (lesser.hash < hash) await edge.publish(tableTo("two"), 5, { publishedAt });
        else await edge.publish(tableTo("two"), 5, { publishedAt, hash: `0${hash.slice(1)}` });
      },
      "another publication has version 5 too: publish again",
    ],
    [
      "a publication of a newer format",
      async (edge) => void (await edge.publish(tableTo("two"), 6, { format: 4 as 2 })),
      "it is of another format: deploy the worker of the edge-ingress that published it",
    ],
    [
      "a table in pieces, as older versions wrote large ones",
      async (edge) => void (await edge.publish(tableTo("two"), 6, { bytes: MOST_IN_ONE + 1 })),
      "its table is in pieces, as an older edge-ingress wrote it: publish it again",
    ],
    [
      "a table of a newer format",
      async (edge) => {
        const table = tableTo("two");
        new DataView(table.buffer).setUint16(4, 2, true);
        await edge.publish(table, 6);
      },
      "version 6: its table is of another format: deploy the worker of the edge-ingress that compiled it",
    ],
    [
      "a table whose words mean something else here",
      async (edge) => {
        const table = tableTo("two");
        new DataView(table.buffer).setUint32(12, 1, true);
        await edge.publish(table, 6);
      },
      "version 6: its table is of another format: deploy the worker of the edge-ingress that compiled it",
    ],
    [
      "a table that is truncated",
      async (edge) => {
        const name = valueName(await edge.publish(tableTo("two"), 6), null);
        edge.entries.set(name, pieceOf(edge, name).slice(0, -4).buffer);
      },
      `version 6: its table has ${tableTo("two").length - 4} bytes of ${tableTo("two").length}`,
    ],
    [
      "a table that was tampered with",
      async (edge) => {
        const name = valueName(await edge.publish(tableTo("two"), 6), null);
        const bytes = pieceOf(edge, name).slice();
        bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
        edge.entries.set(name, bytes.buffer);
      },
      "version 6: its table is not the one that was signed",
    ],
    [
      "a table that is not there",
      async (edge) => void edge.entries.set(ACTIVE, await sign(await publicationOf(tableTo("two"), 6), edge.keys)),
      "version 6: its table is not there, or not yet",
    ],
    [
      "a table that needs a binding which the worker does not have",
      async (edge) => void (await edge.publish(tableTo("three"), 6)),
      "version 6: the worker has no binding three: deploy it with them",
    ],
    ["nothing any more", async (edge) => void edge.entries.delete(ACTIVE), "what was published is no longer there"],
    [
      "KV that fails",
      async (edge) => {
        edge.state.fails = true;
      },
      "KV can't be read",
    ],
  ];
  test.each(cases)("%s", async (_, change, problem) => {
    const edge = await serving();
    await change(edge);
    expect(await afterALook(edge)).toEqual({ body: "one", version: 5, problem });
    // And the next good one is taken.
    edge.state.fails = false;
    pass(10_000);
    await edge.publish(tableTo("two"), 7);
    expect(await afterALook(edge)).toEqual({ body: "two", version: 7, problem: null });
  });

  test("a table that comes later than its publication serves when it is there", async () => {
    const edge = await serving();
    const publication = await edge.publish(tableTo("two"), 6);
    const name = valueName(publication, null);
    const piece = edge.entries.get(name) ?? "";
    edge.entries.delete(name);
    expect(await afterALook(edge)).toMatchObject({ body: "one", version: 5 });
    edge.entries.set(name, piece);
    expect(await afterALook(edge)).toEqual({ body: "two", version: 6, problem: null });
  });

  test("what was published before the time that the deployment names is not served, be it signed", async () => {
    const edge = await followingEdge({ EDGE_INGRESS_TABLE_NOT_BEFORE: "2026-06-20T00:00:00Z" });
    await edge.publish(tableTo("one"), 5);
    expect(await afterALook(edge)).toEqual({
      body: "bundled",
      version: null,
      problem: "version 5 was published before 2026-06-20T00:00:00.000Z, and what was deployed then serves",
    });
    await edge.publish(tableTo("one"), 6, { publishedAt: "2026-06-20T00:00:01Z" });
    expect(await afterALook(edge)).toMatchObject({ body: "one", version: 6 });
  });

  test.each([
    ["a key that is none", { EDGE_INGRESS_TABLE_KEYS: "hello" }, /holds something that is no Ed25519 key/],
    ["no namespace", { EDGE_INGRESS_TABLES: undefined }, /there is no KV namespace EDGE_INGRESS_TABLES/],
    ["a time that is none", { EDGE_INGRESS_TABLE_NOT_BEFORE: "yesterday" }, /EDGE_INGRESS_TABLE_NOT_BEFORE is no time/],
  ])("a deployment with %s serves its own table and says so", async (_, more, problem) => {
    const edge = await followingEdge(more);
    await edge.publish(tableTo("one"), 5);
    expect(await afterALook(edge)).toEqual({ body: "bundled", version: null, problem: expect.stringMatching(problem) });
  });
});

test("a newer publication serves after the interval, a rollback too, and answers name the one that gave them", async () => {
  const edge = await serving();
  const { hash } = edge.publication;
  expect(await edge.ask()).toEqual({ status: 200, body: "one", table: `5-${hash.slice(0, 12)}` });
  await edge.publish(tableTo("two"), 6);
  expect((await edge.ask()).body).toBe("one");
  expect(await afterALook(edge)).toEqual({ body: "two", version: 6, problem: null });
  await edge.publish(tableTo("one"), 7);
  expect(await afterALook(edge)).toEqual({ body: "one", version: 7, problem: null });
  expect((await edge.ask()).table).toBe(`7-${hash.slice(0, 12)}`);
});

test("KV that shows an older entry for a while, and the newer one again, leaves no problem", async () => {
  const edge = await serving();
  const older = edge.entries.get(ACTIVE) ?? "";
  await edge.publish(tableTo("two"), 6);
  expect(await afterALook(edge)).toMatchObject({ version: 6 });
  const newer = edge.entries.get(ACTIVE) ?? "";
  edge.entries.set(ACTIVE, older);
  expect(await afterALook(edge)).toMatchObject({ version: 6, problem: expect.stringContaining("is older than") });
  edge.entries.set(ACTIVE, newer);
  expect(await afterALook(edge)).toEqual({ body: "two", version: 6, problem: null });
});

test("of two keys that are trusted either may sign, so that one can take the other's place", async () => {
  const other = await keyPair();
  const edge = await followingEdge();
  edge.env.EDGE_INGRESS_TABLE_KEYS = `${other.publicKey} ${edge.keys.publicKey}`;
  await edge.publish(tableTo("one"), 1);
  expect(await afterALook(edge)).toMatchObject({ body: "one", version: 1 });
  edge.entries.set(ACTIVE, await sign(await edge.publish(tableTo("one"), 2), other));
  expect(await afterALook(edge)).toMatchObject({ body: "one", version: 2 });
});

test("without a trusted key nothing is looked at, and no header is set unless it is named", async () => {
  const edge = await followingEdge({ EDGE_INGRESS_TABLE_KEYS: undefined, EDGE_INGRESS_TABLE_HEADER: undefined });
  await edge.publish(tableTo("one"), 1);
  expect(await afterALook(edge)).toMatchObject({ body: "bundled", version: null, problem: null });
  expect(edge.state.reads).toEqual([]);
  expect(await edge.ask()).toEqual({ status: 200, body: "bundled", table: null });
});

describe("an isolate that has not looked yet", () => {
  test("waits for what is published, for a guard may stand in it that the bundled table lacks", async () => {
    const edge = await followingEdge();
    await edge.publish(tableTo("one"), 1);
    const [first, second] = await Promise.all([edge.ask(), edge.ask()]);
    expect([first?.body, second?.body]).toEqual(["one", "one"]);
    expect(edge.state.reads).toHaveLength(2);
  });

  test("serves the bundled table where KV fails, or 503 where it was told to", async () => {
    const edge = await followingEdge();
    edge.state.fails = true;
    expect((await edge.ask()).body).toBe("bundled");
    const strict = await followingEdge({ EDGE_INGRESS_TABLE_REQUIRED: "true" });
    strict.state.fails = true;
    expect((await strict.ask()).status).toBe(503);
    expect((await strict.status()).problem).toBe("KV can't be read");
    strict.state.fails = false;
    await strict.publish(tableTo("one"), 1);
    pass(10_000);
    await strict.ask();
    expect((await strict.ask()).body).toBe("one");
  });

  test("gives up waiting for a KV that hangs, once", async () => {
    const edge = await followingEdge();
    edge.state.hangs = true;
    expect((await edge.ask()).body).toBe("bundled");
    expect((await edge.ask()).body).toBe("bundled");
    expect(edge.state.reads).toHaveLength(1);
  });
});

test("an endpoint that is ejected stays so under the next table, and comes back when its time is over", async () => {
  const edge = await followingEdge();
  let asked = 0;
  edge.env.one = {
    fetch: async () => {
      asked++;
      throw new Error("Network connection lost.");
    },
  };
  await edge.publish(tableTo("one", { targets: { one: 1, two: 1 } }), 1);
  for (let count = 0; count < 40; count++) expect((await edge.ask()).status).toBe(200);
  expect(asked).toBeGreaterThan(0);
  asked = 0;
  await edge.publish(tableTo("one", { targets: { one: 1, two: 1 }, path: "/", service: "other" }), 2);
  expect(await afterALook(edge)).toMatchObject({ version: 2 });
  for (let count = 0; count < 20; count++) expect((await edge.ask()).body).toBe("two");
  expect(asked).toBe(0);
  pass(600_000);
  for (let count = 0; count < 20; count++) await edge.ask();
  expect(asked).toBeGreaterThan(0);
});
