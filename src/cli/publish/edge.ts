import { setTimeout as pause } from "node:timers/promises";
import { printable } from "../../compiler/diagnostics/printable.ts";
import { UsageError } from "../output.ts";
import { askStatus } from "../status/ask.ts";
import { checkedToken } from "../status/run.ts";
import type { EdgeStatus } from "../status/schema.ts";

export interface EdgeFlags {
  /** The edge's origin; undefined: it is not asked. */
  readonly url: string | undefined;
  readonly token: string | undefined;
}

/** Milliseconds until an edge has to serve what was published: KV's cache, its way there, and the edge's interval. */
const PATIENCE = 180_000;
const BETWEEN_LOOKS = 1_000;

type Follows = NonNullable<EdgeStatus["published"]>;

/** What an edge says of the tables that it follows. Throws `UsageError` where it does not. */
export async function askEdge(url: string, token: string | undefined): Promise<Follows> {
  const asked = await askStatus(url, checkedToken(token));
  if (!asked.ok) throw new UsageError(asked.problem);
  const { published } = asked.status;
  if (published === null) throw new UsageError(`the edge at ${url} is of a version that follows no published tables`);
  return published;
}

/** Waits until the isolate that answers serves a version. Null: it does; else a sentence why not. */
export async function waitForEdge(url: string, token: string | undefined, version: number): Promise<string | null> {
  const deadline = Date.now() + PATIENCE;
  let last = "";
  while (Date.now() < deadline) {
    const asked = await askStatus(url, checkedToken(token));
    const published = asked.ok ? asked.status.published : null;
    if (published !== null && (published.version ?? 0) >= version) return null;
    last = printable(asked.ok ? (published?.problem ?? "") : asked.problem);
    await pause(BETWEEN_LOOKS);
  }
  return `${url} does not serve version ${version} after ${PATIENCE / 1000} s${last === "" ? "" : `: ${last}`}`;
}
