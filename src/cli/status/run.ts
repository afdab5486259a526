import { setTimeout as pause } from "node:timers/promises";
import { UsageError } from "../output.ts";
import { paintOf } from "../terminal.ts";
import { type Asked, askStatus } from "./ask.ts";
import { isAllWell } from "./schema.ts";
import { formatStatus } from "./text.ts";

export interface StatusOptions {
  /** The edge's origin, without a slash at its end. */
  readonly url: string;
  readonly token: string | undefined;
  readonly format: "text" | "json";
  readonly watch: boolean;
}

/** Milliseconds between the looks of `--watch`. */
const WATCH_INTERVAL = 2_000;

/** Home, and nothing below. */
const CLEAR = "\u001b[H\u001b[J";

/** Prints the status, with `watch` until SIGINT or SIGTERM. Exit code: 0 all is well, 1 it is not, 2 nothing to show. */
export async function runStatus(options: StatusOptions): Promise<void> {
  const token = checkedToken(options.token);
  if (leavesInTheClear(options.url)) {
    process.stderr.write(`edge-ingress: the token goes to ${options.url} unencrypted; use https\n`);
  }
  const ending = new AbortController();
  if (options.watch) for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => ending.abort());
  do {
    const asked = await askStatus(options.url, token);
    if (!ending.signal.aborted) show(asked, options);
    if (!options.watch || (!asked.ok && asked.lasting)) return;
    await pause(WATCH_INTERVAL, undefined, { signal: ending.signal }).catch(() => undefined);
  } while (!ending.signal.aborted);
}

function show(asked: Asked, { format, watch }: StatusOptions): void {
  const onScreen = watch && process.stdout.isTTY === true && format === "text";
  if (onScreen) process.stdout.write(CLEAR);
  if (!asked.ok) {
    process.stderr.write(`edge-ingress: ${asked.problem}\n`);
    process.exitCode = 2;
    return;
  }
  if (format === "json") process.stdout.write(`${JSON.stringify(asked.json, null, watch ? 0 : 2)}\n`);
  else {
    const text = formatStatus(asked.status, paintOf(process.stdout));
    process.stdout.write(watch && !onScreen ? `${text}\n` : text);
  }
  process.exitCode = isAllWell(asked.status) ? 0 : 1;
}

export function checkedToken(token: string | undefined): string {
  if (token === undefined || token === "") {
    throw new UsageError(
      "no token: give the edge's with --token or in EDGE_INGRESS_STATUS_TOKEN; `edge-ingress dev` prints its own",
    );
  }
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new UsageError("the token has spaces, line breaks or characters beyond ASCII: no edge can have that one");
  }
  return token;
}

/** True where the token would cross a network as plain text. */
export function leavesInTheClear(origin: string): boolean {
  const { protocol, hostname } = new URL(origin);
  return protocol === "http:" && !/^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}
