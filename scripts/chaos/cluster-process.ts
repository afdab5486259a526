// A cluster as a process of its own, to be killed and to fall ill: `node cluster-process.ts NAME PORT JOURNAL`.
import { openSync, writeSync } from "node:fs";
import { createServer } from "node:http";
import { type ClusterOrder, type ClusterWord, PROBE_PATH, REQUEST_ID } from "./cluster-talk.ts";
import { SLOWNESS } from "./scenario.ts";

/** 50 ms apart. */
const LISTEN_TRIES = 200;

const [, , name = "", port = "0", journalPath = ""] = process.argv;
const journal = openSync(journalPath, "a");
let mode: ClusterOrder = "well";

const say = (word: ClusterWord) => process.send?.(word);

const server = createServer((request, response) => {
  const id = request.headers[REQUEST_ID];
  // Before anything else, and at once: whatever becomes of this process, the kernel has the line.
  if (typeof id === "string") writeSync(journal, `${Date.now()} ${request.method} ${id}\n`);
  else if (request.url === PROBE_PATH) writeSync(journal, `${Date.now()} probe\n`);
  const answer = (status: number) => {
    const body = `${name}\n`;
    response.writeHead(status, { "x-cluster": name, "content-length": body.length }).end(body);
  };
  request.resume();
  switch (mode) {
    case "well":
      request.once("end", () => answer(200));
      return;
    case "failing":
      request.once("end", () => answer(500));
      return;
    case "slow":
      setTimeout(answer, SLOWNESS, 200);
      return;
    case "dropping":
      request.socket.destroy();
      return;
    case "frozen":
      return;
  }
});
// Longer than any client keeps an idle connection: otherwise requests would meet one that is just being closed.
server.keepAliveTimeout = 60_000;
server.on("listening", () => {
  const address = server.address();
  say({ listening: typeof address === "object" && address !== null ? address.port : 0 });
});
// While it was killed, its port may have become the near end of somebody's connection: they last for moments.
let tries = 0;
server.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EADDRINUSE" || tries++ > LISTEN_TRIES) throw error;
  setTimeout(listen, 50);
});
const listen = () => server.listen(Number(port), "127.0.0.1");
listen();
process.on("message", (order: ClusterOrder) => {
  mode = order;
  say({ mode });
});
process.on("disconnect", () => process.exit());
