import { Agent, type IncomingMessage, request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { REQUEST_ID } from "./cluster-talk.ts";
import { NO_ANSWER } from "./scenario.ts";

/** A request and what became of it. Times are milliseconds since the epoch. */
export interface Sent {
  readonly id: string;
  readonly method: "GET" | "POST";
  readonly sentAt: number;
  /** When its answer was there to its end, or it failed. */
  readonly doneAt: number;
  /** Null: no answer, or one that broke off. */
  readonly status: number | null;
  /** That answered; null where the edge did so itself, or nobody. */
  readonly cluster: string | null;
  readonly error: string | null;
}

export interface LoadOptions {
  /** Requests a second. */
  readonly rate: number;
  readonly seconds: number;
  /** Milliseconds that a request has for its answer. */
  readonly limit: number;
  /** Every how many requests one is a POST; 0: none. */
  readonly postEvery: number;
  /** Begins the ids of its requests. */
  readonly name?: string;
  /**
   * For an edge that restarts: connections that are refused are tried again, and while this is true, so that no edge
   * runs, also those that are reset: whoever starts it claims the port for a moment before.
   */
  readonly isEdgeAway?: () => boolean;
  /** Holds the load while so many wait: how many come at once after a pause is not to be the machine's doing. */
  readonly mostAtOnce?: number;
}

/** Milliseconds that a connection is kept idle: less than workerd's 5 s, so that no request meets one being closed. */
const IDLE = 3000;

/** Milliseconds between tries to connect. */
const AWAY_PAUSE = 50;

/**
 * Open loop: requests go out at fixed times, whether or not those before are answered, but for `mostAtOnce`. Resolves when each has its
 * answer or has failed, which it has at the latest when its limit is over.
 */
export async function runLoad(port: number, options: LoadOptions): Promise<Sent[]> {
  const { rate, seconds, postEvery, name = "load", mostAtOnce = Number.POSITIVE_INFINITY } = options;
  const agent = new Agent({ keepAlive: true, timeout: IDLE });
  const start = performance.now();
  const all: Promise<Sent>[] = [];
  const underWay = new Set<Promise<Sent>>();
  for (let index = 0; index < rate * seconds; index++) {
    const early = start + (index * 1000) / rate - performance.now();
    if (early > 0) await pause(early);
    const isPost = postEvery > 0 && index % postEvery === postEvery - 1;
    const method = isPost ? "POST" : "GET";
    while (underWay.size >= mostAtOnce) await Promise.race(underWay);
    const sending = send(port, agent, method, `${name}-${index}-${method}`, options);
    underWay.add(sending);
    all.push(sending.finally(() => underWay.delete(sending)));
  }
  const sent = await Promise.all(all);
  agent.destroy();
  return sent;
}

async function send(port: number, agent: Agent, method: Sent["method"], id: string, options: LoadOptions) {
  const sentAt = Date.now();
  const deadline = sentAt + options.limit;
  for (;;) {
    const answer = await exchange(port, agent, method, id, deadline);
    if (!isWorthAgain(answer, options) || Date.now() + AWAY_PAUSE >= deadline) {
      return { id, method, sentAt, doneAt: Date.now(), ...answer };
    }
    await pause(AWAY_PAUSE);
  }
}

function isWorthAgain({ error }: Answer, { isEdgeAway }: LoadOptions): boolean {
  if (isEdgeAway === undefined) return false;
  return error === "ECONNREFUSED" || (error === "ECONNRESET" && isEdgeAway());
}

/**
 * One GET straight to a cluster, over a connection of its own: the status, or why there is none within so many
 * milliseconds. The journal of the cluster has nothing of it.
 */
export async function askCluster(port: number, limit: number): Promise<number | string | null> {
  const { status, error } = await exchange(port, false, "GET", null, Date.now() + limit);
  return error ?? status;
}

/** One GET whose path can't be read, which the edge refuses with 400 and asks no cluster; the answer is as above. */
export async function askEdge(port: number, limit: number): Promise<number | string | null> {
  const { status, error } = await exchange(port, false, "GET", null, Date.now() + limit, "/%zz");
  return error ?? status;
}

type Answer = Pick<Sent, "status" | "cluster" | "error">;

function exchange(
  port: number,
  agent: Agent | false,
  method: string,
  id: string | null,
  deadline: number,
  path = `/${id ?? ""}`,
): Promise<Answer> {
  return new Promise((resolve) => {
    const body = method === "POST" ? `{"id":"${id}"}` : "";
    const headers = {
      ...(id === null ? {} : { [REQUEST_ID]: id }),
      ...(body === "" ? {} : { "content-length": body.length }),
    };
    const sent = request({ host: "127.0.0.1", port, agent, method, path, headers });
    const end = (answer: Answer) => {
      clearTimeout(timer);
      resolve(answer);
    };
    const fail = (error: string) => end({ status: null, cluster: null, error });
    const timer = setTimeout(
      () => {
        fail(NO_ANSWER);
        sent.destroy();
      },
      Math.max(0, deadline - Date.now()),
    );
    sent.on("error", (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
    sent.on("response", (response: IncomingMessage) => {
      response.resume();
      response.on("error", () => fail("the answer broke off"));
      response.on("end", () => {
        const cluster = response.headers["x-cluster"];
        const status = response.statusCode ?? 0;
        end({ status, cluster: typeof cluster === "string" ? cluster : null, error: null });
      });
    });
    sent.end(body);
  });
}
