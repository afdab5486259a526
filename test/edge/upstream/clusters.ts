import { DEFAULT_LOAD_BALANCING, type LoadBalancing } from "../../../src/table/policies/load-balancing.ts";
import { DEFAULT_RETRY, type Retry } from "../../../src/table/policies/retry.ts";
import type { RouterSketch } from "../../support/router.ts";
import { type Answer, edgeOf } from "../edge-of.ts";

/** What a test says of the one rule and of the clusters behind it. */
export interface EdgeSketch extends Pick<RouterSketch, "clusters"> {
  readonly retry?: Partial<Retry>;
  readonly loadBalancing?: Partial<LoadBalancing>;
  readonly timeouts?: RouterSketch["rules"][number]["timeouts"];
  readonly weights?: Readonly<Record<string, number>>;
}

/** Retries follow at once. */
const NO_PAUSE = { base: 0, max: 0 };

/** An edge whose one rule leads to these clusters, and what reached each of them. */
export function edgeBefore(answers: Readonly<Record<string, Answer>>, sketch: EdgeSketch = {}) {
  const { clusters = {}, retry, loadBalancing, timeouts = {}, weights } = sketch;
  const reached: { readonly cluster: string; readonly request: Request }[] = [];
  const recorded = Object.entries(answers).map(([cluster, answer]): [string, Answer] => [
    cluster,
    (request) => {
      reached.push({ cluster, request });
      return answer(request);
    },
  ]);
  const targets = weights ?? Object.fromEntries(Object.keys(answers).map((name) => [name, 1]));
  const policies = {
    retry: { ...DEFAULT_RETRY, backoff: NO_PAUSE, ...retry },
    loadBalancing: { ...DEFAULT_LOAD_BALANCING, ...loadBalancing },
  };
  const rules = [{ hostname: "shop.test", path: "/", service: "shop", targets, policies, timeouts }];
  const edge = edgeOf({ rules, clusters }, Object.fromEntries(recorded));
  return {
    send: (init: RequestInit = {}, path = "/") => edge(`http://shop.test${path}`, init),
    /** Names of the clusters that were asked, in order. */
    reached: () => reached.map(({ cluster }) => cluster),
    count: (cluster: string) => reached.filter((entry) => entry.cluster === cluster).length,
  };
}

/** Answers with a status and nothing else. */
export const status =
  (code: number): Answer =>
  () =>
    new Response(`status ${code}`, { status: code });

/** Accepts and never answers. */
export const frozen: Answer = () => new Promise(() => undefined);

/** The first one has priority over the second, so that the order of tries is certain. */
export const inOrder = (...names: string[]): NonNullable<RouterSketch["clusters"]> =>
  Object.fromEntries(names.map((name, priority) => [name, { priority }]));
