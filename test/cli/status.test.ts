import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { askStatus } from "../../src/cli/status/ask.ts";
import { type EdgeStatus, isAllWell, statusSchema } from "../../src/cli/status/schema.ts";
import { runCli } from "../support/cli.ts";
import { closeServer, listen } from "../support/echo.ts";
import { plainEnvironment } from "../support/environment.ts";
import { quietPort } from "../support/ports.ts";
import { clusterOf, NOW, SICK, statusOf, WELL } from "../support/status.ts";

const TOKEN = "a-token";

let servers: Server[] = [];

afterEach(async () => {
  await Promise.all(servers.map(closeServer));
  servers = [];
});

/** A server that is asked for a status; its origin, and what it was asked. */
async function serve(handle: RequestListener) {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    handle(request, response);
  });
  servers.push(server);
  return { origin: `http://127.0.0.1:${await listen(server)}`, asked };
}

const answering = (body: string, code = 200, headers = {}): RequestListener => {
  return (_, response) => response.writeHead(code, { "content-type": "application/json", ...headers }).end(body);
};

const run = (origin: string, ...flags: readonly string[]) =>
  runCli(["status", "--url", origin, "--token", TOKEN, ...flags]);

describe("no status to be had: exit code 2, nothing on stdout, and a sentence what to do", () => {
  test.each<[string, RequestListener, RegExp]>([
    ["the token is wrong", answering("{}", 401), /does not take this token: .*EDGE_INGRESS_STATUS_TOKEN/],
    ["no status is served", answering("{}", 404), /serves no status: .*--url/],
    ["the edge is broken", answering("oops", 500), /answers 500/],
    ["it leads elsewhere", answering("", 302, { location: "https://b.test/\u00ad" }), /leads on to https:\/\/b\.test/],
    ["it leads nowhere", answering("", 304), /answers 304/],
    ["no JSON", answering("<h1>hello</h1>"), /something else than JSON/],
    ["JSON that is cut off", answering(JSON.stringify(WELL).slice(0, -20)), /something else than JSON/],
    ["JSON that is no status", answering('{"clusters":[{"name":1}]}'), /this version can't read \(.+\)/],
    ["null", answering("null"), /this version can't read/],
    ["a connection that breaks", (_, response) => response.destroy(), /can't be reached/],
  ])("%s", async (_, handle, sentence) => {
    const { origin } = await serve(handle);
    const { code, stdout, stderr } = await run(origin);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(sentence);
    expect(stderr).toContain(origin);
    expect(stderr).not.toContain(TOKEN);
    expect(stderr).not.toMatch(/[^\n\x20-\x7e]/);
    expect(stderr).not.toContain("bug in edge-ingress");
  });

  test("nothing listens", async () => {
    const { code, stdout, stderr } = await run(`http://127.0.0.1:${await quietPort()}`);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/nothing listens at http:\/\/127\.0\.0\.1:\d+: is the edge running\? Say where with --url/);
  });

  test("an edge that takes the connection and is silent: after 10 s", async () => {
    const { origin } = await serve(() => undefined);
    const start = Date.now();
    const { code, stderr } = await run(origin);
    expect(code).toBe(2);
    expect(stderr).toMatch(/did not answer within 10 s/);
    expect(Date.now() - start).toBeGreaterThanOrEqual(9_900);
  });

  test("an answer that never ends", async () => {
    const { origin } = await serve((_, response) => response.writeHead(200).write("{"));
    expect(await askStatus(origin, TOKEN, 200)).toEqual({
      ok: false,
      problem: expect.stringMatching(/did not answer within 0\.2 s/),
      lasting: false,
    });
  });
});

describe("wrong use: exit code 2", () => {
  test.each<[string, readonly string[], RegExp]>([
    ["no token", [], /no token: .*--token.*EDGE_INGRESS_STATUS_TOKEN/],
    ["an empty token", ["--token", ""], /no token/],
    ["a token that no header can hold", ["--token", "a\nb"], /line breaks/],
    ["an address that is none", ["--token", "x", "--url", "edge.test"], /must be a URL/],
    ["a scheme that is none", ["--token", "x", "--url", "ftp://edge.test"], /must be a URL/],
    [
      "a path behind the address",
      ["--token", "x", "--url", "https://a.test/shop"],
      /at most a port.*https:\/\/a\.test/,
    ],
    ["a password in the address", ["--token", "x", "--url", "https://a:b@a.test"], /at most a port/],
    ["an unknown format", ["--token", "x", "--format", "yaml"], /text, json/],
    ["a stray argument", ["--token", "x", "here"], /too many arguments/],
  ])("%s", async (_, args, sentence) => {
    const { code, stdout, stderr } = await runCli(["status", ...args], { env: { EDGE_INGRESS_STATUS_TOKEN: "" } });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

test("help: every flag, the environment's variable without its value, exit codes and examples", async () => {
  const env = { EDGE_INGRESS_STATUS_TOKEN: "never-shown" };
  const { code, stdout, stderr } = await runCli(["status", "--help"], { env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const mentioned = ["--url", "--token", "--format", "--watch", "EDGE_INGRESS_STATUS_TOKEN", "Exit code", "Examples:"];
  for (const text of mentioned) expect(stdout).toContain(text);
  expect(stdout).not.toContain("never-shown");
  expect((await runCli(["--help"])).stdout).toMatch(/^ {2}status \[options\]\s+\S/m);
});

describe("what is asked", () => {
  test("the path and the token as a bearer's, once; a redirect is not followed", async () => {
    const other = await serve(answering(JSON.stringify(WELL)));
    const { origin, asked } = await serve(answering("", 307, { location: `${other.origin}/.edge-ingress/status` }));
    expect((await run(`${origin}/`)).code).toBe(2);
    expect(asked.map(({ method, url, headers }) => [method, url, headers.authorization])).toEqual([
      ["GET", "/.edge-ingress/status", `Bearer ${TOKEN}`],
    ]);
    expect(other.asked).toEqual([]);
  });

  test("with the token of the environment, and rather with that of the flag", async () => {
    const { origin, asked } = await serve(answering(JSON.stringify(WELL)));
    const env = { EDGE_INGRESS_STATUS_TOKEN: "from-outside" };
    await runCli(["status", "--url", origin], { env });
    await runCli(["status", "--url", origin, "--token", TOKEN], { env });
    expect(asked.map(({ headers }) => headers.authorization)).toEqual(["Bearer from-outside", `Bearer ${TOKEN}`]);
  });
});

describe("exit code", () => {
  const backend = (until: number) => ({ backend: "shop/cart:80", cause: "consecutive-5xx", until });

  test.each<[string, EdgeStatus, 0 | 1]>([
    ["everything healthy", WELL, 0],
    ["an unhealthy endpoint", SICK, 1],
    ["ejected by this isolate", statusOf([clusterOf("a", { ejectedUntil: NOW + 1 })]), 1],
    ["ejected by several isolates", statusOf([clusterOf("a", { sharedEjectedUntil: NOW + 1 })]), 1],
    ["a backend that is ejected", statusOf([clusterOf("a", { backendEjections: [backend(NOW + 1)] })]), 1],
    ["a backend whose ejection is over", statusOf([clusterOf("a", { backendEjections: [backend(NOW)] })]), 0],
    ["an ejection that is over", statusOf([clusterOf("a", { ejectedUntil: NOW, ejections: 2 })]), 0],
    ["not probed", statusOf([clusterOf("a", { state: "unknown", since: null })]), 0],
    ["a cluster that is drained", statusOf([{ ...clusterOf("a", { drained: true }), drain: true }]), 0],
    ["the health object could not be asked", { ...WELL, problem: "timeout" }, 1],
    ["no cluster", statusOf([]), 0],
  ])("%s: %$", async (_, status, code) => {
    expect(isAllWell(status)).toBe(code === 0);
    const { origin } = await serve(answering(JSON.stringify(status)));
    const finished = await run(origin);
    expect(finished).toMatchObject({ code, stderr: "" });
    expect(finished.stdout).toMatch(/^\d clusters, \d endpoints/);
  });
});

describe("json", () => {
  test("is the edge's own answer, with what this version does not know", async () => {
    const newer = { ...SICK, weather: "fine", clusters: SICK.clusters.map((cluster) => ({ ...cluster, more: 1 })) };
    const { origin } = await serve(answering(JSON.stringify(newer)));
    const { code, stdout, stderr } = await run(origin, "--format", "json");
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(JSON.parse(stdout)).toEqual(newer);
    expect(statusSchema.parse(JSON.parse(stdout))).toEqual(SICK);
  });
});

describe("--watch", () => {
  const BIN = fileURLToPath(new URL("../../bin/edge-ingress.js", import.meta.url));

  /** Watches until so many whole lines have come on the stream, ends it by SIGINT, and says how it ended. */
  async function watch(origin: string, stream: "stdout" | "stderr", lines: number) {
    const args = [BIN, "status", "--url", origin, "--token", TOKEN, "--watch", "--format", "json"];
    const child = spawn(process.execPath, args, { env: plainEnvironment(), stdio: ["ignore", "pipe", "pipe"] });
    const text = { stdout: "", stderr: "" };
    let ended = false;
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (chunk: string) => {
        text[name] += chunk;
        if (!ended && text[stream].split("\n").length > lines) {
          ended = true;
          child.kill("SIGINT");
        }
      });
    }
    const [code] = (await once(child, "close")) as [number | null];
    return { code, ...text };
  }

  test("ends at once where asking again would not help", async () => {
    const { origin, asked } = await serve(answering("{}", 401));
    const { code, stderr } = await run(origin, "--watch");
    expect({ code, asked: asked.length }).toEqual({ code: 2, asked: 1 });
    expect(stderr).toContain("does not take this token");
  });

  test("goes on while the edge is away, and ends at a signal with the code of the last look", async () => {
    const answers = [answering("", 503), answering(JSON.stringify(WELL)), answering(JSON.stringify(SICK))];
    const { origin } = await serve((request, response) => answers.shift()?.(request, response));
    const { code, stdout, stderr } = await watch(origin, "stdout", 2);
    expect(stderr).toContain("answers 503");
    expect(
      stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([WELL, SICK]);
    expect(code).toBe(1);
  });
});
