import type { Endpoint, Rule } from "../../table/model.ts";
import type { Rewritten } from "../../table/rewrite.ts";
import type { RequestTarget } from "../../table/target.ts";
import type { Client } from "../client.ts";
import type { Env } from "../env.ts";
import type { Trace } from "../observe/trace.ts";
import type { RequestSlots } from "../stages/concurrency-limit.ts";
import type { HeaderEdits } from "../stages/header-edits.ts";
import type { EndpointState } from "./endpoint-state.ts";
import type { RequestSelection } from "./selection.ts";
import type { Upload } from "./upload.ts";
import type { Upstream } from "./upstreams.ts";

/** What a forwarded request carries besides its rule. */
export interface ForwardContext {
  readonly target: RequestTarget;
  readonly client: Client;
  readonly requestId: string;
  readonly env: Env;
  /** Changes that the rule's stages made to the headers on their way to the cluster; null: none. */
  readonly edits: HeaderEdits | null;
  /** Told whose answer the client gets, with its headers as they are passed on; null: nobody asks. */
  readonly answered?: ((endpoint: Endpoint, headers: Headers) => void) | null;
  /** Told where the request went; null or undefined: nobody asks. */
  readonly trace?: Trace | null;
  /** True where the Host says nothing of the way: an endpoint that can't be sent it gets its own name. */
  readonly anyHost?: boolean;
  /** What Services see in the place of the path, null: the path itself; undefined: what the rule says. */
  readonly rewritten?: Rewritten | null | undefined;
  /** Those of the request that this one is asked about; absent: it is a client's. */
  readonly slots?: RequestSlots;
  /** Lets work go on after the answer. */
  readonly waitUntil: (promise: Promise<unknown>) => void;
}

/** One request on its way: what all its tries share. */
export interface Exchange {
  readonly rule: Rule;
  readonly request: Request;
  readonly context: ForwardContext;
  readonly upstream: Upstream;
  /** What Services see in place of the path; null: the path itself. */
  readonly rewritten: Rewritten | null;
  readonly selection: RequestSelection;
  /** Which backend of the rule a session is with; 0 where that does not count. */
  readonly sessionBackend: number;
  /** The body where it may be sent again; else null. */
  readonly held: ArrayBuffer | null;
  /** The body where it has to be counted on its way; else null. */
  readonly upload: Upload | null;
  readonly repeatable: boolean;
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  readonly tried: EndpointState[];
}
