import { createServer, type IncomingHttpHeaders } from "node:http";
import { closeServer, listen } from "./echo.ts";
import type { NginxAnswer } from "./ingress-nginx-cases.ts";

/** A request as a server on loopback saw it. */
export interface Recorded {
  readonly at: number;
  readonly method: string;
  /** The request target as it came over the wire. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

/** A server on loopback that keeps what it is asked and answers as it is told. */
export interface Recorder {
  readonly name: string;
  readonly port: number;
  readonly requests: Recorded[];
  answer: NginxAnswer;
  close(): Promise<void>;
}

let count = 0;

export async function startRecorder(name: string): Promise<Recorder> {
  const server = createServer((request, response) => {
    const { method = "", url = "", headers } = request;
    recorder.requests.push({ at: count++, method, path: url, headers });
    request.resume();
    request.on("end", () => {
      const { status = 200, headers: answered = {}, unavailable = false } = recorder.answer;
      if (unavailable) response.destroy();
      else response.writeHead(status, answered).end(status === 204 || status === 304 ? undefined : name);
    });
  });
  const recorder: Recorder = {
    name,
    port: await listen(server),
    requests: [],
    answer: {},
    close: () => closeServer(server),
  };
  return recorder;
}
