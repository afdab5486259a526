// A client as a process of its own: asks one host as fast as it is answered, for so long, and tells what it met.

import { Agent, request } from "node:http";

const [, , port = "0", host = "", seconds = "1", concurrency = "8"] = process.argv;

const agent = new Agent({ keepAlive: true, maxSockets: Number(concurrency) });
const statuses: Record<number, number> = {};
const admittedIn: number[] = [];

function once(): Promise<void> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const sent = request({ host: "127.0.0.1", port: Number(port), path: "/", headers: { host }, agent }, (response) => {
      const status = response.statusCode ?? 0;
      response.resume();
      response.on("error", reject).on("end", () => {
        statuses[status] = (statuses[status] ?? 0) + 1;
        if (status === 200) admittedIn.push(performance.now() - began);
        resolve();
      });
    });
    sent.on("error", reject).end();
  });
}

async function untilTheEnd(end: number): Promise<void> {
  while (performance.now() < end) await once();
}

const beganAt = Date.now();
const end = performance.now() + Number(seconds) * 1000;
await Promise.all(Array.from({ length: Number(concurrency) }, () => untilTheEnd(end)));
agent.destroy();
// A channel that is closed before the message has left loses it.
process.send?.({ statuses, admittedIn, beganAt, endedAt: Date.now() }, () => process.disconnect?.());
