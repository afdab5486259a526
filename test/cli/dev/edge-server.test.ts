import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startEdgeServer } from "../../../src/cli/dev/edge-server.ts";
import { startHttpsFront } from "../../../src/cli/dev/https-front.ts";
import { PortUnavailable } from "../../../src/cli/dev/ports.ts";
import { servedBy } from "../../../src/cli/dev/served.ts";
import { PROJECT } from "../../support/cli.ts";
import { compiled } from "../../support/compiled.ts";
import { clusterAt, documents, ingress } from "../../support/manifests.ts";
import { descendants } from "../../support/processes.ts";

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
