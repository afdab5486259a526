import { request as overHttp } from "node:http";
import { request as overHttps } from "node:https";
import * as z from "zod";
import type { ExplainedRequest, LiveTrace } from "../../compiler/index.ts";
import { messageOf, UsageError } from "../output.ts";

const TRACE_HEADER = "x-edge-ingress-trace";
const TIMEOUT = 15_000;

const schema = z.object({
  table: z.string(),
  rule: z.object({ host: z.string(), type: z.string(), path: z.string(), from: z.string() }).nullable(),
  endpoint: z.string().nullable(),
});

/**
 * Sends the request to an edge, as it stands, and reads what the edge tells of it. Throws `UsageError` where there is nothing
 * to read.
 */
export async function askLive(
  edge: string,
  { method, url, headers }: ExplainedRequest,
  token: string,
): Promise<{ readonly trace: LiveTrace; readonly status: number }> {
  const at = new URL(edge);
  const [, authority = "", path = "/"] = /^https?:\/\/([^/]+)([^#]*)/.exec(url) ?? [];
  const send = at.protocol === "https:" ? overHttps : overHttp;
  const options = {
    method,
    host: at.hostname.replace(/^\[|\]$/g, ""),
    port: at.port === "" ? undefined : Number(at.port),
    path,
    // By the name of the host, as a client would ask that is led to this edge.
    servername: authority.replace(/:\d+$/, ""),
    headers: { ...Object.fromEntries(headers), host: authority, [TRACE_HEADER]: token },
    timeout: TIMEOUT,
  };
  const answer = await new Promise<{ told: string | undefined; status: number }>((resolve, reject) => {
    const sent = send(options, (response) => {
      const told = response.headers[TRACE_HEADER];
      resolve({ told: Array.isArray(told) ? told[0] : told, status: response.statusCode ?? 0 });
      // What the body is nobody asks.
      response.destroy();
    });
    sent.on("timeout", () => sent.destroy(new Error(`no answer within ${TIMEOUT / 1000} s`)));
    sent.on("error", reject);
    sent.end();
  }).catch((error: unknown) => {
    throw new UsageError(`${edge} can't be reached: ${messageOf(error)}`);
  });
  if (answer.told === undefined) {
    throw new UsageError(
      `${edge} answered ${answer.status} and told nothing: it is another server, or takes another token than this one`,
    );
  }
  const trace = parsed(answer.told);
  if (trace === null) throw new UsageError(`${edge} told what this version of edge-ingress can't read`);
  return { trace, status: answer.status };
}

function parsed(text: string): LiveTrace | null {
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
