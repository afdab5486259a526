import type { Endpoint, Rule } from "../../table/model.ts";
import type { Rewritten } from "../../table/rewrite.ts";
import type { Done } from "../../table/rewrite-lines.ts";
import type { RequestTarget } from "../../table/target.ts";
import type { Client } from "../client.ts";
import type { Env } from "../env.ts";
import type { Question } from "../upstream/ask.ts";
import type { RequestSlots } from "./concurrency-limit.ts";
import type { Identity } from "./guard/check.ts";
import type { HeaderEdits } from "./header-edits.ts";

/** One request on its way through the stages of its rule. */
export interface Visit {
  readonly rule: Rule;
  readonly request: Request;
  readonly target: RequestTarget;
  readonly client: Client;
  readonly requestId: string;
  readonly env: Env;
  /** Lets work go on after the answer: at most 30 s, and not for what must happen. */
  readonly waitUntil: (promise: Promise<unknown>) => void;
  /** Asks another service about it; null where there is no answer that counts, which the log has. */
  readonly ask: (question: Question) => Promise<Response | null>;
  /** Who sends it, as the checks so far have proved. */
  readonly identities: Identity[];
  /** Names of query parameters that are for the edge alone: the cluster gets the URL without them. */
  readonly withheldParameters: Set<string>;
  /** For the request on its way to the cluster, after the edge's own headers are in place. */
  readonly toCluster: HeaderEdits;
  /** For the answer, whoever gives it: the cluster, a stage, the edge. */
  readonly toClient: HeaderEdits;
  /** Which lines of the host are done, where one of them or of another path has led here. */
  readonly done: Done;
  /** What Services see in the place of the path, null: the path itself; undefined: what the rule says. */
  rewritten: Rewritten | null | undefined;
  /** Of concurrency limits, until its end. */
  readonly slots: RequestSlots;
  /** Those of the client's request that it is asked about; null: it is that one itself. */
  readonly slotsBefore: RequestSlots | null;
  /** Which endpoint's answer the client gets; null: none's (yet). */
  answeredBy: Endpoint | null;
  /** Change the headers of an endpoint's answer, before the edge adds its own. */
  readonly onAnswer: ((headers: Headers, endpoint: Endpoint) => void)[];
}
