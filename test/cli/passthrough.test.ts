import { once } from "node:events";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Backend, startBackend, startDevBefore } from "../support/backend.ts";
import type { DevProcess } from "../support/cli.ts";
import { edgePolicy } from "../support/compiled.ts";
import { get, open, tally, textOf } from "../support/transfer.ts";

const HOLDS_BODIES = edgePolicy({
  namespace: "default",
  targets: "{ kind: Ingress, name: everything }",
  sets: "retry: { attempts: 2, maxBodySize: 64Ki }",
});

let backend: Backend;
let dev: DevProcess;

beforeAll(async () => {
  backend = await startBackend();
  dev = await startDevBefore({ one: backend });
});

afterAll(() => backend.close());

describe("an answer is the cluster's own", () => {
  test.each(["1234", "0"])("HEAD keeps Content-Length %s and has no body", async (length) => {
    backend.handle = (_, response) => void response.writeHead(200, { "content-length": length, etag: '"v1"' }).end();
    const answer = await get(dev.port, { method: "HEAD" });
    expect(answer.headers).toMatchObject({ "content-length": length, etag: '"v1"' });
    expect((await tally(answer)).bytes).toBe(0);
  });

  test.each([
    [301, "https://elsewhere.test/x?y=1"],
    [302, "/relative/../path"],
    [303, "?query-only"],
    [307, "http://127.0.0.1:1/internal"],
    [308, "//other.test/"],
  ])("a redirect %i to %s is passed on, not followed", async (status, location) => {
    let requests = 0;
    backend.handle = (_, response) => {
      requests++;
      response.writeHead(status, { location }).end("moved");
    };
    const answer = await get(dev.port);
    expect([answer.statusCode, answer.headers.location, await textOf(answer)]).toEqual([status, location, "moved"]);
    expect(requests).toBe(1);
  });

  test.each(["gzip", "gzip, deflate, br", "identity", undefined])(
    "gzip goes through byte by byte, whatever is accepted (%s)",
    async (accept) => {
      // Not what a compressor of today makes: a second compression would show.
      const compressed = gzipSync("pressed ".repeat(1000), { level: 1, memLevel: 1 });
      let accepted: string | undefined;
      backend.handle = (request, response) => {
        accepted = request.headers["accept-encoding"];
        response.writeHead(200, {
          "content-encoding": "gzip",
          "content-length": compressed.length,
          vary: "accept-encoding",
        });
        response.end(compressed);
      };
      const answer = await get(dev.port, { headers: accept === undefined ? {} : { "accept-encoding": accept } });
      expect(accepted).toBe(accept);
      expect(answer.headers).toMatchObject({
        "content-encoding": "gzip",
        "content-length": `${compressed.length}`,
        vary: "accept-encoding",
      });
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk as Buffer);
      expect(Buffer.concat(chunks).equals(compressed)).toBe(true);
      expect(gunzipSync(Buffer.concat(chunks)).toString()).toBe("pressed ".repeat(1000));
    },
  );

  test.each(["br", "zstd", "deflate", "made-up"])("a body in Content-Encoding %s is not touched", async (encoding) => {
    const body = Buffer.from([0, 1, 2, 255, 254]);
    backend.handle = (_, response) => void response.writeHead(200, { "content-encoding": encoding }).end(body);
    const answer = await get(dev.port);
    expect(answer.headers["content-encoding"]).toBe(encoding);
    const [chunk] = await once(answer, "data");
    expect(body.equals(chunk as Buffer)).toBe(true);
  });

  test("304 keeps its validators and has no body; the condition reached the cluster", async () => {
    let condition: string | undefined;
    backend.handle = (request, response) => {
      condition = request.headers["if-none-match"];
      response.writeHead(304, { etag: '"v1"', "cache-control": "max-age=60" }).end();
    };
    const answer = await get(dev.port, { headers: { "if-none-match": '"v1"' } });
    expect(answer.statusCode).toBe(304);
    expect(answer.headers).toMatchObject({ etag: '"v1"', "cache-control": "max-age=60" });
    expect(condition).toBe('"v1"');
    expect((await tally(answer)).bytes).toBe(0);
  });

  test("204 has no body", async () => {
    backend.handle = (_, response) => void response.writeHead(204, { "x-own": "kept" }).end();
    const answer = await get(dev.port, { method: "DELETE" });
    expect([answer.statusCode, answer.headers["x-own"], (await tally(answer)).bytes]).toEqual([204, "kept", 0]);
  });

  test("206: the range reaches the cluster and its part comes back as it is", async () => {
    backend.handle = ({ headers }, response) => {
      response.writeHead(206, { "content-range": "bytes 2-4/10", "x-asked": headers.range, "content-length": 3 });
      response.end("cde");
    };
    const answer = await get(dev.port, { headers: { range: "bytes=2-4" } });
    expect([answer.statusCode, await textOf(answer)]).toEqual([206, "cde"]);
    expect(answer.headers).toMatchObject({
      "content-range": "bytes 2-4/10",
      "x-asked": "bytes=2-4",
      "content-length": "3",
    });
  });

  test("two Set-Cookie lines stay two, in their order, dates and commas included", async () => {
    const cookies = ["a=1; Expires=Wed, 21 Oct 2037 07:28:00 GMT; Path=/", "b=2, 3; HttpOnly"];
    backend.handle = (_, response) => void response.writeHead(200, { "set-cookie": cookies }).end();
    const answer = await get(dev.port);
    answer.resume();
    expect(answer.headers["set-cookie"]).toEqual(cookies);
  });

  test.each([400, 404, 418, 429, 500, 502, 503, 599])(
    "status %i of a cluster is passed on with its body",
    async (status) => {
      backend.handle = (_, response) => void response.writeHead(status, { "retry-after": "7" }).end(`own ${status}`);
      const answer = await get(dev.port);
      expect([answer.statusCode, answer.headers["retry-after"], await textOf(answer)]).toEqual([
        status,
        "7",
        `own ${status}`,
      ]);
    },
  );
});

describe("HTTP/1.1 details", () => {
  test("Expect: 100-continue: the client is told to go on, and the upload arrives", async () => {
    backend.handle = async (request, response) => void response.end(`got ${await textOf(request)}`);
    const { sent, answer } = open(dev.port, {
      method: "POST",
      headers: { expect: "100-continue", "content-length": "4" },
    });
    sent.flushHeaders();
    await once(sent, "continue");
    sent.end("body");
    expect(await textOf(await answer)).toBe("got body");
  });

  test("trailers of an answer are dropped, its body is whole", async () => {
    backend.handle = (_, response) => {
      response.writeHead(200, { trailer: "x-checksum" }).write("body");
      response.addTrailers({ "x-checksum": "abc" });
      response.end();
    };
    const answer = await get(dev.port);
    expect(await textOf(answer)).toBe("body");
    expect(answer.headers.trailer).toBeUndefined();
    expect(answer.trailers).toEqual({});
  });

  test("trailers of a request are dropped, its body is whole", async () => {
    const seen = Promise.withResolvers<{ body: string; trailers: NodeJS.Dict<string>; announced: unknown }>();
    backend.handle = async (request, response) => {
      const body = await textOf(request);
      seen.resolve({ body, trailers: request.trailers, announced: request.headers.trailer });
      response.end();
    };
    const { sent, answer } = open(dev.port, { method: "POST", headers: { trailer: "x-checksum" } });
    sent.write("body");
    sent.addTrailers({ "x-checksum": "abc" });
    sent.end();
    (await answer).resume();
    expect(await seen.promise).toEqual({ body: "body", trailers: {}, announced: undefined });
  });

  test.each([
    ["a body", () => dev],
    [
      "where the policy holds bodies to send them again, a body",
      () => startDevBefore({ one: backend }, { beside: [HOLDS_BODIES] }),
    ],
  ])(
    "%s of GET and DELETE reaches the cluster, an empty one counts as none; an empty POST keeps Content-Length 0",
    async (_, start) => {
      const { port } = await start();
      backend.handle = async (request, response) => {
        response.end(
          JSON.stringify([request.method, request.headers["content-length"] ?? null, await textOf(request)]),
        );
      };
      const ask = async (method: string, body: string) => {
        const headers = { "content-length": `${body.length}` };
        const { sent, answer } = open(port, { method, headers });
        sent.end(body);
        return JSON.parse(await textOf(await answer)) as unknown;
      };
      expect(await ask("GET", "query")).toEqual(["GET", "5", "query"]);
      expect(await ask("GET", "")).toEqual(["GET", null, ""]);
      expect(await ask("DELETE", "which")).toEqual(["DELETE", "5", "which"]);
      expect(await ask("PUT", "state")).toEqual(["PUT", "5", "state"]);
      expect(await ask("POST", "")).toEqual(["POST", "0", ""]);
    },
  );

  test("the target goes through as it was written", async () => {
    backend.handle = (request, response) => void response.end(request.url);
    for (const path of ["/a%20b/%C3%BC", "/a//b", "/x?a=1&a=2&b=%2F..%2F#", "/?", "/a;v=1,2/@:!$&'()*+=~"]) {
      const written = path.replace("#", "");
      expect(await textOf(await get(dev.port, { path: written }))).toBe(written);
    }
  });
});
