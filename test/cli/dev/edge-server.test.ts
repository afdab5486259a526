import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startEdgeServer } from "../../../src/cli/dev/edge-server.ts";
import { startHttpsFront } from "../../../src/cli/dev/https-front.ts";
import { claimPort, PortUnavailable, portIn } from "../../../src/cli/dev/ports.ts";
import { servedBy } from "../../../src/cli/dev/served.ts";
import { PROJECT, startDev } from "../../support/cli.ts";
import { compiled } from "../../support/compiled.ts";
import { clusterAt, directoryWith, documents, ingress, putAtOnce } from "../../support/manifests.ts";
import { descendants } from "../../support/processes.ts";
import { send } from "../../support/request.ts";

let other: Server;
let taken: number;

beforeAll(async () => {
  other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  taken = (other.address() as { port: number }).port;
});

afterAll(() => new Promise((resolve) => other.close(resolve)));

test("a port that another process took just now is said to be in use, and nothing is left running", async () => {
  const { output } = compiled(documents(clusterAt("eu", 1), ingress({ name: "shop", host: "shop.test" })));
  if (output === null) throw new Error("nothing was compiled");
  const started = startEdgeServer(servedBy(output), {
    worker: join(PROJECT, "dist/edge/worker.js"),
    port: taken,
    statusToken: "",
    onLog: () => undefined,
  });
  await expect(started).rejects.toThrow(new PortUnavailable(taken, "EADDRINUSE"));
  expect(descendants(process.pid).filter(({ command }) => command === "workerd")).toEqual([]);
  await expect(startHttpsFront(taken, 1, [])).rejects.toThrow(`port ${taken} of 127.0.0.1 is in use`);
});

test("the port of a URL is told where it is that of the scheme too", () => {
  expect(["http://127.0.0.1:80", "http://127.0.0.1:8080"].map((url) => portIn(new URL(url)))).toEqual([80, 8080]);
});

const has80 = await claimPort(80).then(
  () => true,
  () => false,
);

test.skipIf(!has80)("port 80 is told as such, and kept after a change (skipped where it can't be had)", async () => {
  const files = (host: string) => documents(clusterAt("eu", 1), ingress({ name: "shop", host }));
  const directory = directoryWith({ "all.yaml": files("one.test") });
  const dev = await startDev(["-f", directory], { port: 80 });
  expect(dev.origin).toBe("http://127.0.0.1:80");
  putAtOnce(directory, "all.yaml", files("two.test"));
  await dev.waitFor(/^reloaded: /m);
  expect((await send({ port: 80, host: "two.test", path: "/" })).status).toBe(502);
});
