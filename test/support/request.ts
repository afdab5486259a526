import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";
import { checkServerIdentity, type TLSSocket } from "node:tls";

export interface SentRequest {
  readonly port: number;
  readonly host: string;
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly https?: boolean;
}

export interface GotResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Why the certificate does not cover the host; null where it does, or without TLS. */
  readonly certificateProblem: string | null;
}

/** Sends a request to loopback as it stands: path untouched, Host as given, redirects not followed. */
export function send({ port, host, path, method = "GET", headers = {}, body, https = false }: SentRequest) {
  return new Promise<GotResponse>((resolve, reject) => {
    const common = { host: "127.0.0.1", port, path, method, headers: { host, ...headers }, agent: false as const };
    const sent = https ? httpsRequest({ ...common, servername: host, rejectUnauthorized: false }) : httpRequest(common);
    sent.on("error", reject);
    sent.on("response", (response) => {
      const identity = https
        ? checkServerIdentity(host, (response.socket as TLSSocket).getPeerCertificate())
        : undefined;
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString("utf8"),
          certificateProblem: identity?.message ?? null,
        }),
      );
    });
    sent.end(body);
  });
}
