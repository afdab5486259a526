import { type KubeConfig, Watch } from "@kubernetes/client-node";
import { isMapping } from "../../compiler/resources/schema.ts";
import { messageOf } from "../output.ts";
import { ApiError, type KubeApi } from "./api.ts";
import { pauseFor } from "./pause.ts";
import { collectionPath, type WantedKind } from "./wanted.ts";

/** Milliseconds before the first new attempt, and the most between two. */
const FIRST_PAUSE = 500;
const MOST_PAUSE = 30_000;

/** Milliseconds between looks for a kind that the cluster lacks. */
const LACKING_PAUSE = 60_000;

export interface Followed {
  readonly api: KubeApi;
  readonly config: KubeConfig;
  readonly signal: AbortSignal;
  /** Something is another, or may have been while nobody looked. */
  changed(): void;
  /** Whether a kind is followed; a sentence why not. */
  state(resource: string, problem: string | null): void;
}

/**
 * Follows one kind until it is told to end: `changed` after each event, and wherever events may be missing. What events say
 * is not looked at: whoever is told takes a whole snapshot, so nothing is wrong for long by an event that was lost
 * (kubernetes.io/docs/reference/using-api/api-concepts, "Efficient detection of changes").
 */
export async function follow(kind: WantedKind, followed: Followed): Promise<void> {
  const { api, signal, changed, state } = followed;
  const path = collectionPath(kind);
  const position: Position = { version: "" };
  let failures = 0;
  while (!signal.aborted) {
    try {
      if (position.version === "") {
        position.version = await api.version(path);
        changed();
      }
      const began = Date.now();
      state(kind.resource, null);
      await watchOnce(path, position, followed);
      // A server that ends each watch at once is asked no more often than one that fails.
      failures = Date.now() - began < FIRST_PAUSE ? failures + 1 : 0;
    } catch (error) {
      const status = statusOf(error);
      // Expired: what happened since is only in a list.
      if (status === 410) position.version = "";
      else if (status === 404 && kind.mayLack) {
        position.version = "";
        await pauseFor(LACKING_PAUSE, signal);
        continue;
      } else state(kind.resource, status === null ? messageOf(error) : `${status}: ${messageOf(error)}`);
      failures++;
    }
    if (failures > 0) await pauseFor(Math.min(FIRST_PAUSE * 2 ** (failures - 1), MOST_PAUSE), signal);
  }
}

/** The version to go on from, also after a connection broke; empty where only a list can tell. */
interface Position {
  version: string;
}

/** One connection, until the server ends it or is silent for as long as the client waits. Throws where it could not be had, or broke. */
function watchOnce(path: string, position: Position, { config, signal, changed }: Followed): Promise<void> {
  const from = position.version;
  return new Promise((resolve, reject) => {
    let connection: AbortController | null = null;
    const stop = () => connection?.abort();
    const end = (error: unknown) => {
      signal.removeEventListener("abort", stop);
      const isQuiet = error instanceof Error && error.name === "TimeoutError";
      if (signal.aborted || isQuiet || error === null || error === undefined) resolve();
      else reject(error);
    };
    const event = (type: string, object: unknown) => {
      if (type === "ERROR") {
        // Most often 410 in the stream of an answer 200.
        position.version = "";
        return;
      }
      if (position.version !== "") position.version = versionOf(object) ?? position.version;
      if (type !== "BOOKMARK") changed();
    };
    signal.addEventListener("abort", stop);
    new Watch(config)
      .watch(path, { resourceVersion: from, allowWatchBookmarks: true }, event, end)
      .then((controller) => {
        connection = controller;
        if (signal.aborted) stop();
      })
      .catch(end);
  });
}

function versionOf(object: unknown): string | null {
  const metadata = isMapping(object) ? object.metadata : null;
  const version = isMapping(metadata) ? metadata.resourceVersion : null;
  return typeof version === "string" && version !== "" ? version : null;
}

/** What the API server answered; null where it said nothing. */
function statusOf(error: unknown): number | null {
  if (error instanceof ApiError) return error.status === 0 ? null : error.status;
  const status = error instanceof Error && "statusCode" in error ? error.statusCode : null;
  return typeof status === "number" ? status : null;
}
