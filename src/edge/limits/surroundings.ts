import { LIMITS_BINDING } from "../../table/bindings.ts";
import type { Env } from "../env.ts";
import { logUndecided } from "../observe/refusals.ts";
import type { SlotSurroundings } from "./concurrency.ts";
import type { Surroundings } from "./limiter.ts";
import { limitsObject, localCounterOf } from "./objects.ts";
import type { LimitsApi } from "./protocol.ts";

interface Around {
  readonly env: Env;
  readonly waitUntil: (promise: Promise<unknown>) => void;
}

/** What a real isolate's limiter reaches for one request. */
export function surroundingsOf({ env, waitUntil }: Around): Surroundings {
  return {
    now: () => Date.now(),
    take: async (name, asks) => objectOf(env, name).take(asks),
    async giveBack(name, asks) {
      await limitsObject(env, name)?.giveBack(asks);
    },
    async countHere(binding, key) {
      const counter = localCounterOf(env, binding);
      if (counter === null) throw new Error(`no binding ${binding}`);
      return (await counter.limit({ key })).success;
    },
    wait: (milliseconds) => scheduler.wait(Math.max(0, milliseconds)),
    after: waitUntil,
    undecided: (limit, cause) => logUndecided("rate-limit", limit, cause),
  };
}

/** The same for the slots of one request. */
export function slotSurroundingsOf({ env, waitUntil }: Around): SlotSurroundings {
  return {
    now: () => Date.now(),
    enter: async (name, refs, slot) => objectOf(env, name).enter(refs, slot),
    stay: async (name, refs, slot) => objectOf(env, name).stay(refs, slot),
    leave: async (name, refs, slot) => objectOf(env, name).leave(refs, slot),
    wait: (milliseconds) => scheduler.wait(Math.max(0, milliseconds)),
    after: waitUntil,
    undecided: (limit, cause) => logUndecided("concurrency-limit", limit, cause),
  };
}

function objectOf(env: Env, name: string): LimitsApi {
  const object = limitsObject(env, name);
  if (object === null) throw new Error(`no binding ${LIMITS_BINDING}`);
  return object;
}
