import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startDev } from "../support/cli.ts";
import { type EchoServer, startEcho } from "../support/echo.ts";
import { clusterAt, directoryWith, ingress, putAtOnce } from "../support/manifests.ts";
import { descendants, HAS_PROC, isAlive } from "../support/processes.ts";
import { send } from "../support/request.ts";
import { open } from "../support/transfer.ts";
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

describe("dev follows changes", () => {
  test("a valid change is served, and a new file in a watched directory counts", async () => {
    const directory = manifestsFor("a.test");
    const dev = await startDev(["-f", directory]);
    // In place, as a shell writes it: dev may read it empty first.
    writeFileSync(join(directory, "ingress.yaml"), ingress({ name: "first", host: "changed.test" }));
    await until(async () => (await status(dev.port, "changed.test")) === 200);
    expect(await status(dev.port, "a.test")).toBe(404);
    writeFileSync(join(directory, "added.yaml"), ingress({ name: "added", host: "added.test" }));
    await until(async () => (await status(dev.port, "added.test")) === 200);
    expect(await status(dev.port, "changed.test")).toBe(200);
    await dev.waitFor(/^reloaded: 2 rules, table [0-9a-f]{12}$/m);
    expect(dev.stdout().split("\n")).toHaveLength(2);
  });

  test("a file that is replaced by renaming, as editors save, is served too", async () => {
    const directory = manifestsFor("a.test");
    const dev = await startDev(["-f", join(directory, "clusters.yaml"), "-f", join(directory, "ingress.yaml")]);
    for (const host of ["b.test", "c.test"]) {
      putAtOnce(directory, "ingress.yaml", ingress({ name: "first", host }));
      await until(async () => (await status(dev.port, host)) === 200);
    }
  });

  test("an invalid change keeps the last good table and prints the diagnostic; the next good one is served", async () => {
    const directory = manifestsFor("a.test");
    const dev = await startDev(["-f", directory]);
    const broken = ingress({ name: "first", host: "b.test" }).replace("pathType: Prefix", "pathType: Sideways");
    putAtOnce(directory, "ingress.yaml", broken);
    await dev.waitFor(/^the change has errors: the edge goes on with the last good table$/m);
    const said = dev.stderrLines().join("\n");
    expect(said).toMatch(/^error\[EI\d{4}\]: .*Sideways/m);
    expect(said).toMatch(/ingress\.yaml:\d+:\d+/);
    expect(await status(dev.port, "a.test")).toBe(200);
    expect(await status(dev.port, "b.test")).toBe(404);
    putAtOnce(directory, "ingress.yaml", ingress({ name: "first", host: "b.test" }));
    await until(async () => (await status(dev.port, "b.test")) === 200);
    expect(dev.stdout().split("\n")).toHaveLength(2);
  });

  test("standard input is read once and stays in the table when a file changes", async () => {
    const directory = directoryWith({ "clusters.yaml": clusterAt("one", echo.port) });
    const stdin = ingress({ name: "piped", host: "piped.test" });
    const dev = await startDev(["-f", "-", "-f", directory], { stdin });
    expect(await status(dev.port, "piped.test")).toBe(200);
    putAtOnce(directory, "ingress.yaml", ingress({ name: "added", host: "added.test" }));
    await until(async () => (await status(dev.port, "added.test")) === 200);
    expect(await status(dev.port, "piped.test")).toBe(200);
  });

  test("a new file in a directory that only a Cluster names counts", async () => {
    const directory = directoryWith({
      "clusters.yaml": `${clusterAt("one", echo.port)}  manifests: [./only-one]\n`,
      "only-one/ingress.yaml": ingress({ name: "first", host: "a.test" }),
    });
    const dev = await startDev(["-f", join(directory, "clusters.yaml")]);
    putAtOnce(directory, "only-one/ingress.yaml", ingress({ name: "first", host: "b.test" }));
    await until(async () => (await status(dev.port, "b.test")) === 200);
    putAtOnce(directory, "only-one/added.yaml", ingress({ name: "added", host: "added.test" }));
    await until(async () => (await status(dev.port, "added.test")) === 200);
  });

  test("a host that comes under tls later is covered by the certificate", async () => {
    const directory = manifestsFor("a.test");
    const dev = await startDev(["-f", directory], { https: true });
    const request = { port: dev.httpsPort ?? 0, host: "late.test", path: "/", https: true };
    expect((await send(request)).certificateProblem).toContain("late.test");
    putAtOnce(directory, "tls.yaml", ingress({ name: "late", host: "late.test", tls: ["late.test"] }));
    await dev.waitFor(/^reloaded: 2 rules/m);
    expect(await send(request)).toMatchObject({ status: 200, certificateProblem: null });
  });

  test("a change of a cluster's address is followed", async () => {
    const other = await startEcho("other");
    try {
      const directory = manifestsFor("a.test");
      const dev = await startDev(["-f", directory]);
      putAtOnce(directory, "clusters.yaml", clusterAt("one", other.port));
      await until(async () => {
        await status(dev.port, "a.test");
        return other.requests.length > 0;
      });
    } finally {
      await other.close();
    }
  });

  test("a change that changes nothing for requests cuts none of them", async () => {
    const directory = manifestsFor("a.test");
    const dev = await startDev(["-f", directory]);
    const { sent, answer } = open(dev.port, { method: "POST", headers: { host: "a.test" } });
    sent.write("begun, ");
    await until(() => echo.requests.some(({ method }) => method === "POST"));
    putAtOnce(directory, "ingress.yaml", `# A remark.\n${ingress({ name: "first", host: "a.test" })}`);
    await dev.waitFor(/^nothing changes for requests: 1 rules, table [0-9a-f]{12}$/m);
    sent.end("ended");
    const got = await answer;
    got.resume();
    expect(got.statusCode).toBe(200);
  });

  test("files that are no manifests are not its business", async () => {
    const directory = manifestsFor("a.test");
    const dev = await startDev(["-f", directory]);
    for (const name of ["dev.log", ".ingress.yaml.swp", "notes.md"]) writeFileSync(join(directory, name), "text");
    // What follows comes from the manifest alone, which is written last.
    await pause(500);
    putAtOnce(directory, "added.yaml", ingress({ name: "added", host: "added.test" }));
    await until(async () => (await status(dev.port, "added.test")) === 200);
    await dev.waitFor(/^reloaded: /m);
    const { stderr } = await dev.stop();
    expect(stderr.match(/^(?!its clusters' health:).+$/gm)).toHaveLength(1);
  });

  test.runIf(HAS_PROC)("a signal in the middle of a change ends it cleanly", async () => {
    const directory = manifestsFor("a.test");
    const dev = await startDev(["-f", directory]);
    const [workerd] = descendants(dev.pid);
    putAtOnce(directory, "ingress.yaml", ingress({ name: "first", host: "b.test" }));
    await until(() => workerd === undefined || !isAlive(workerd));
    const started = descendants(dev.pid);
    const { code, stderr } = await dev.stop("SIGTERM");
    expect(code, stderr).toBe(0);
    expect(stderr).not.toContain("could not reload");
    await until(() => !started.some(isAlive));
  });
});
