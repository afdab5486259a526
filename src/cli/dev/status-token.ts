import { randomBytes } from "node:crypto";

/** The environment variable and the name of the worker's secret. */
export const STATUS_TOKEN = "EDGE_INGRESS_STATUS_TOKEN";

/** Who knows it may ask a local edge for its status. */
export interface StatusToken {
  readonly token: string;
  /** The command that asks. It shows a token that was made here, and never one of the environment. */
  command(origin: string): string;
}

/** The token in the environment, or one that lasts as long as this process. */
export function statusToken(env: Readonly<Record<string, string | undefined>> = process.env): StatusToken {
  const given = env[STATUS_TOKEN] ?? "";
  const token = given === "" ? randomBytes(16).toString("hex") : given;
  const prefix = given === "" ? `${STATUS_TOKEN}=${token} ` : "";
  return { token, command: (origin) => `${prefix}edge-ingress status --url ${origin}` };
}
