import { createServer as createHttpServer, get, type IncomingMessage } from "node:http";
import { createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCli, spawnDev, startDev } from "../support/cli.ts";
import { closeServer, type EchoServer, listen, startEcho } from "../support/echo.ts";
import { clusterAt, directoryWith, documents, ingress } from "../support/manifests.ts";
import { descendants, HAS_PROC, isAlive } from "../support/processes.ts";
import { send } from "../support/request.ts";
import { until } from "../support/until.ts";

let echo: EchoServer;

beforeAll(async () => {
  echo = await startEcho("cluster");
});

afterAll(() => echo.close());

/** A directory with one cluster and one Ingress for the host. */
function manifestsFor(host: string, more: Readonly<Record<string, string>> = {}): string {
  return directoryWith({
    "clusters.yaml": clusterAt("one", echo.port),
    "ingress.yaml": ingress({ name: "first", host }),
    ...more,
  });
}

/** The status of an answer; null where none came, as while dev exchanges the table. */
async function status(port: number, host: string, path = "/"): Promise<number | null> {
  return send({ port, host, path }).then(
    (answer) => answer.status,
    () => null,
  );
}

describe("dev serves", () => {
  test("one line on stdout when it serves, and nothing else ever", async () => {
    const dev = await startDev(["-f", manifestsFor("a.test")], { port: 0 });
    expect(await status(dev.port, "a.test")).toBe(200);
    expect(await status(dev.port, "other.test")).toBe(404);
    const { stdout, code } = await dev.stop("SIGINT");
    expect(stdout).toMatch(/^ready http:\/\/127\.0\.0\.1:[1-9]\d*\n$/);
    expect(code).toBe(0);
  });

  test("the Host decides the route; an unknown host, the bare address and an unknown path get 404", async () => {
    const directory = manifestsFor("a.test", {
      "second.yaml": ingress({ name: "second", host: "b.test", path: "/b" }),
    });
    const dev = await startDev(["-f", directory]);
    const { port } = dev;
    echo.requests.length = 0;
    expect(await status(port, "a.test", "/x?y=1")).toBe(200);
    expect(await status(port, "b.test:8080", "/b/c")).toBe(200);
    expect(echo.requests.map(({ path, headers }) => [headers.host, path])).toEqual([
      ["a.test", "/x?y=1"],
      ["b.test:8080", "/b/c"],
    ]);
    expect(await status(port, "b.test", "/a")).toBe(404);
    expect(await status(port, "unknown.test")).toBe(404);
    expect(await status(port, `127.0.0.1:${port}`)).toBe(404);
    expect(echo.requests).toHaveLength(2);
  });

  test("it listens on loopback only, and says nothing on stderr about manifests without problems", async () => {
    const dev = await startDev(["-f", manifestsFor("a.test")]);
    expect(dev.origin).toBe(`http://127.0.0.1:${dev.port}`);
    await dev.waitFor(/^its clusters' health: .*edge-ingress status --url http:\/\/127\.0\.0\.1:\d+$/m);
    expect(dev.stderrLines()).toHaveLength(1);
  });

  test("HTTPS: the certificate covers the hosts under tls, wildcards too, and the cluster is told https", async () => {
    const directory = manifestsFor("a.test", {
      "tls.yaml": documents(
        ingress({ name: "named", host: "secure.test", tls: ["secure.test"] }),
        ingress({ name: "wild", host: "*.wild.test", tls: ["*.wild.test"] }),
      ),
    });
    const dev = await startDev(["-f", directory], { https: true });
    const port = dev.httpsPort ?? 0;
    await dev.waitFor(new RegExp(`^https://127\\.0\\.0\\.1:${port},`, "m"));
    for (const host of ["secure.test", "x.wild.test"]) {
      echo.requests.length = 0;
      const answer = await send({ port, host, path: "/p", https: true });
      expect(answer).toMatchObject({ status: 200, certificateProblem: null });
      expect(echo.requests[0]?.headers).toMatchObject({
        "x-forwarded-proto": "https",
        "x-forwarded-port": "443",
        host,
      });
    }
    const uncovered = await send({ port, host: "a.test", path: "/", https: true });
    expect(uncovered.status).toBe(200);
    expect(uncovered.certificateProblem).toContain("a.test");
    echo.requests.length = 0;
    const claimed = { "x-forwarded-proto": "https" };
    await send({ port: dev.port, host: "secure.test", path: "/", headers: claimed });
    expect(echo.requests[0]?.headers["x-forwarded-proto"]).toBe("http");
    expect((await dev.stop()).code).toBe(0);
  });
});

describe("dev refuses to start", () => {
  test.each([["--port"], ["--https-port"]])("a port in use: exit code 2 and a sentence (%s)", async (flag) => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const address = other.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const free = flag === "--port" ? [] : ["--port", "0"];
    const { code, stdout, stderr } = await runCli(["dev", "-f", "examples", flag, `${port}`, ...free]);
    other.close();
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(`port ${port} of 127.0.0.1 is in use`);
    expect(stderr).toContain(flag);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test.each(["99999", "http", "-1", "1.5"])("--port %s: exit code 2 and a sentence", async (port) => {
    const { code, stdout, stderr } = await runCli(["dev", "-f", "examples", `--port=${port}`]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("It must be a port: 0 to 65535.");
  });

  test("an input that does not exist: exit code 1 and its name", async () => {
    const { code, stdout, stderr } = await runCli(["dev", "-f", "examples", "-f", "no-such-file.yaml", "--port", "0"]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain('"no-such-file.yaml" does not exist');
  });

  test("manifests with errors at the start: exit code 1, the diagnostics, no ready line", async () => {
    const directory = manifestsFor("a.test", { "broken.yaml": "kind: Ingress\nspec: [" });
    const { code, stdout, stderr } = await runCli(["dev", "-f", directory, "--port", "0"]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^error\[EI\d{4}\]: /m);
    expect(stderr).toContain("broken.yaml");
  });
});

describe.runIf(HAS_PROC)("dev ends", () => {
  test.each([
    ["SIGINT", []],
    ["SIGTERM", []],
    ["SIGINT", ["--demo"]],
    ["SIGTERM", ["--demo"]],
  ] as const)("%s %s: exit code 0, and no process is left", async (signal, flags) => {
    const dev = await startDev(["-f", flags.length > 0 ? "examples" : manifestsFor("a.test"), ...flags], {
      https: true,
    });
    const started = descendants(dev.pid);
    expect(started.filter(({ command }) => command === "workerd")).toHaveLength(1);
    expect(started.filter(({ command }) => command !== "workerd")).toHaveLength(flags.length * 3);
    const { code } = await dev.stop(signal);
    expect(code).toBe(0);
    await until(() => !started.some(isAlive));
  });

  test("a signal ends it also while a download runs and a connection is kept open", async () => {
    const endless = createHttpServer((_, response) => void response.writeHead(200).write("begun"));
    const port = await listen(endless);
    try {
      const directory = directoryWith({
        "all.yaml": documents(clusterAt("one", port), ingress({ name: "endless", host: "a.test" })),
      });
      const dev = await startDev(["-f", directory]);
      const started = descendants(dev.pid);
      const answer = await begin(dev.port, "a.test");
      const { code } = await dev.stop("SIGINT");
      answer.destroy();
      expect(code).toBe(0);
      await until(() => !started.some(isAlive));
    } finally {
      await closeServer(endless);
    }
  });

  test("two signals in a row end it no worse than one", async () => {
    const dev = await startDev(["-f", manifestsFor("a.test")]);
    const started = descendants(dev.pid);
    process.kill(dev.pid, "SIGINT");
    process.kill(dev.pid, "SIGTERM");
    const { code } = await dev.stop("SIGINT");
    expect(code).toBe(0);
    await until(() => !started.some(isAlive));
  });

  test("a signal during its start leaves no process either", async () => {
    const dev = spawnDev(["-f", "examples", "--demo", "--port", "0"]);
    await until(() => descendants(dev.pid).length > 0);
    const started = descendants(dev.pid);
    dev.signal("SIGTERM");
    await dev.finished;
    await until(() => !started.some(isAlive));
  });
});

/** An answer whose first bytes have come. */
function begin(port: number, host: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = get({ host: "127.0.0.1", port, headers: { host } }, (response) => {
      response.on("error", () => undefined);
      response.once("data", () => resolve(response));
    });
    request.on("error", reject);
  });
}
