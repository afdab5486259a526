import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { claimPort } from "../../src/cli/dev/ports.ts";
import { statusToken } from "../../src/cli/dev/status-token.ts";
import { askStatus } from "../../src/cli/status/ask.ts";
import { type EdgeStatus, isAllWell, standingOf, statusSchema } from "../../src/cli/status/schema.ts";
import { duration, formatStatus } from "../../src/cli/status/text.ts";
import { runCli } from "../support/cli.ts";
import { closeServer, listen } from "../support/echo.ts";

const NOW = 1_800_000_000_000;
const TOKEN = "a-token";

type Endpoint = EdgeStatus["clusters"][number]["endpoints"][number];

function endpointOf(cluster: string, differences: Partial<Endpoint> = {}): Endpoint {
  return {
    id: `ingress ${cluster} https://${cluster}.test:443`,
    address: `https://${cluster}.test:443`,
    mode: "ingress",
    state: "healthy",
    since: NOW - 192_000,
    cause: "2 good probes",
    ejectedUntil: 0,
    ejectionCause: null,
    ejections: 0,
    sharedEjectedUntil: 0,
    pending: 1,
    latency: 12,
    lastProbes: [{ at: NOW - 1000, took: 9, ok: true, cause: "200", location: "" }],
    ...differences,
  };
}

function clusterOf(name: string, ...endpoints: readonly Endpoint[]): EdgeStatus["clusters"][number] {
  return {
    name,
    region: "weur",
    priority: 0,
    drain: false,
    endpoints: endpoints.length === 0 ? [endpointOf(name)] : [...endpoints],
  };
}

function statusOf(clusters: EdgeStatus["clusters"], differences: Partial<EdgeStatus> = {}): EdgeStatus {
  return {
    table: "0312ac15bed4aa",
    now: NOW,
    isolate: { id: "4f2a", colo: "AMS", snapshotAge: 1900, retryBudget: { active: 50, allowed: 10, used: 3 } },
    clusters,
    events: [],
    problem: null,
    ...differences,
  };
}

const WELL = statusOf([clusterOf("eu-west"), clusterOf("us-east")]);
const SICK = statusOf([
  clusterOf("eu-west"),
  clusterOf("us-east", endpointOf("us-east", { state: "unhealthy", cause: "timeout" })),
]);

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
    const { code, stdout, stderr } = await run(`http://127.0.0.1:${await claimPort(0)}`);
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
  test.each<[string, EdgeStatus, 0 | 1]>([
    ["everything healthy", WELL, 0],
    ["an unhealthy endpoint", SICK, 1],
    ["ejected by this isolate", statusOf([clusterOf("a", endpointOf("a", { ejectedUntil: NOW + 1 }))]), 1],
    ["ejected by several isolates", statusOf([clusterOf("a", endpointOf("a", { sharedEjectedUntil: NOW + 1 }))]), 1],
    ["an ejection that is over", statusOf([clusterOf("a", endpointOf("a", { ejectedUntil: NOW, ejections: 2 }))]), 0],
    ["not probed", statusOf([clusterOf("a", endpointOf("a", { state: "unknown", since: 0 }))]), 0],
    ["a cluster that is drained", statusOf([{ ...clusterOf("a"), drain: true }]), 0],
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

describe("text", () => {
  const plain = (status: EdgeStatus) => formatStatus(status, { colour: false });

  test("a line for each endpoint, in columns, with state, since, why; then probes and events", () => {
    const probes = [
      { at: NOW - 1000, took: 500, ok: false, cause: "timeout", location: "" },
      { at: NOW - 2000, took: 500, ok: false, cause: "timeout", location: "weur" },
      { at: NOW - 3000, took: 4, ok: true, cause: "200", location: "" },
      { at: NOW - 4000, took: 4, ok: true, cause: "never shown", location: "" },
    ];
    const sick = endpointOf("us-east", {
      state: "unhealthy",
      since: NOW - 1000,
      cause: "2 bad probes: timeout",
      ejectedUntil: NOW + 29_000,
      ejectionCause: "consecutive-gateway-failure",
      ejections: 1,
      latency: null,
      lastProbes: probes,
    });
    const drained = { ...clusterOf("ap", endpointOf("ap", { state: "unknown", since: 0, cause: "" })), drain: true };
    const events = [
      { at: NOW - 1000, endpoint: sick.id, from: "healthy", to: "unhealthy", cause: "timeout" } as const,
      { at: NOW - 65_000, endpoint: sick.id, from: "unknown", to: "healthy", cause: "200" } as const,
    ];
    expect(plain(statusOf([clusterOf("eu-west"), clusterOf("us-east", sick), drained], { events }))).toBe(
      `3 clusters, 3 endpoints: 1 healthy, 1 unhealthy, 1 unknown
table 0312ac15bed4, isolate 4f2a in AMS, health snapshot 1 s old
retry budget: 3 of 10 retries used, in an interval of 50 requests

CLUSTER       REGION  PRIORITY  ENDPOINT                          STATE                          SINCE     WAITING  LATENCY  EJECTIONS  WHY
eu-west       weur    0         ingress https://eu-west.test:443  healthy                        3 m 12 s  1        12 ms    0          2 good probes
us-east       weur    0         ingress https://us-east.test:443  unhealthy, ejected, 29 s left  1 s       1        -        1          2 bad probes: timeout; ejected by this isolate: consecutive-gateway-failure
ap (drained)  weur    0         ingress https://ap.test:443       unknown                        -         1        12 ms    0          -

Last probes
  ingress eu-west https://eu-west.test:443  1 s ago  good  in 9 ms    200
  ingress us-east https://us-east.test:443  1 s ago  bad   in 500 ms  timeout
                                            2 s ago  bad   in 500 ms  timeout  from weur
                                            3 s ago  good  in 4 ms    200
  ingress ap https://ap.test:443            1 s ago  good  in 9 ms    200

Events
  1 s ago      ingress us-east https://us-east.test:443  healthy → unhealthy  timeout
  1 m 5 s ago  ingress us-east https://us-east.test:443  unknown → healthy    200
`,
    );
  });

  test("that the health object could not be asked, and that nothing is known of it", () => {
    const { isolate } = WELL;
    const text = plain(
      statusOf([clusterOf("a")], { problem: "no answer\u001b[2J", isolate: { ...isolate, snapshotAge: null } }),
    );
    expect(text).toContain("the health object could not be asked: no answer\\x1b[2J");
    expect(text).toContain("no health snapshot");
  });

  test("nothing that comes from the edge acts on the terminal", () => {
    const evil = "\u001b[31m\u202e\n";
    const endpoint = endpointOf("a", {
      id: evil,
      address: evil,
      mode: evil,
      cause: evil,
      ejectedUntil: NOW + 1,
      ejectionCause: evil,
      lastProbes: [{ at: NOW, took: 1, ok: true, cause: evil, location: evil }],
    });
    const events = [{ at: NOW, endpoint: evil, from: "healthy", to: "unhealthy", cause: evil } as const];
    const cluster = { ...clusterOf(evil, endpoint), region: evil };
    const isolate = { ...WELL.isolate, id: evil, colo: evil };
    const text = plain(statusOf([cluster], { events, isolate, table: evil, problem: evil }));
    expect(text).not.toMatch(/[\u001b\u202e]/);
    expect(text.trimEnd().split("\n")).toHaveLength(13);
  });

  test("colour marks states and changes no letter", () => {
    const coloured = formatStatus(SICK, { colour: true });
    expect(coloured).toContain("\u001b[31munhealthy\u001b[0m");
    expect(coloured).toContain("\u001b[32mhealthy\u001b[0m");
    expect(coloured.replace(/\u001b\[\d+m/g, "")).toBe(plain(SICK));
  });

  test.each([
    [-5, "0 ms"],
    [0.4, "0 ms"],
    [999, "999 ms"],
    [1000, "1 s"],
    [59_999, "59 s"],
    [60_000, "1 m 0 s"],
    [3_599_999, "59 m 59 s"],
    [3_600_000, "1 h 0 m"],
    [90_000_000, "1 d 1 h"],
  ])("%d ms is %s", (milliseconds, text) => expect(duration(milliseconds)).toBe(text));

  test("an endpoint that is unhealthy and ejected is unhealthy", () => {
    expect(standingOf(endpointOf("a", { state: "unhealthy", ejectedUntil: NOW + 1 }), NOW)).toBe("unhealthy");
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
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
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

describe("the token of a local edge", () => {
  test("is that of the environment, which no command shows", () => {
    const { token, command } = statusToken({ EDGE_INGRESS_STATUS_TOKEN: "secret" });
    expect(token).toBe("secret");
    expect(command("http://127.0.0.1:1")).toBe("edge-ingress status --url http://127.0.0.1:1");
  });

  test.each([{}, { EDGE_INGRESS_STATUS_TOKEN: "" }])("else a new one each time: %o", (env) => {
    const { token, command } = statusToken(env);
    expect(token).toMatch(/^[0-9a-f]{32}$/);
    expect(statusToken(env).token).not.toBe(token);
    expect(command("http://127.0.0.1:1")).toBe(
      `EDGE_INGRESS_STATUS_TOKEN=${token} edge-ingress status --url http://127.0.0.1:1`,
    );
  });
});
