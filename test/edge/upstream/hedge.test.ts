import { describe, expect, test } from "vitest";
import type { Attempt } from "../../../src/edge/upstream/attempt.ts";
import { hedged } from "../../../src/edge/upstream/hedge.ts";
import { stateOf } from "./endpoints.ts";

const good = (attempt: Attempt) => "response" in attempt && attempt.response.status < 500;

/** An attempt that ends when it is told, and tells whether its answer was dropped. */
function attemptOf(name: string) {
  let settle: (attempt: Attempt) => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const promise = new Promise<Attempt>((resolve, reject) => {
    settle = resolve;
    fail = reject;
  });
  const state = stateOf(name);
  let cancel: () => void = () => undefined;
  const dropped = new Promise<void>((resolve) => {
    cancel = resolve;
  });
  return {
    promise,
    dropped,
    fail,
    answer: (status: number) => {
      settle({ state, response: new Response(new ReadableStream({ cancel }), { status }) });
    },
    refuse: () =>
      settle({ state, problem: "badGateway", condition: "reset", cause: "refused", sent: true, isInconclusive: false }),
  };
}
const nameOf = ({ state }: Attempt) => state.endpoint.cluster.name;

/** Runs a hedge at once; `begun` resolves when the second is asked for. */
function race() {
  const first = attemptOf("first");
  const second = attemptOf("second");
  let begin: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const ask = () => {
    begin();
    return second.promise;
  };
  return { first, second, begun, ended: hedged(() => first.promise, 0, ask, good) };
}

const never = () => {
  throw new Error("a second one was made");
};

describe("before the delay is over", () => {
  test.each(["answers", "is refused"])("the first %s: there is no second", async (what) => {
    const first = attemptOf("first");
    const ended = hedged(() => first.promise, 60_000, never, good);
    if (what === "answers") first.answer(200);
    else first.refuse();
    expect(nameOf(await ended)).toBe("first");
  });
});

describe("after it", () => {
  test("the second answers first: it wins, and the first one's answer is dropped when it comes", async () => {
    const { first, second, begun, ended } = race();
    await begun;
    second.answer(200);
    expect(nameOf(await ended)).toBe("second");
    first.answer(200);
    await first.dropped;
  });

  test("the first answers first all the same: the second one's answer is dropped", async () => {
    const { first, second, begun, ended } = race();
    await begun;
    first.answer(200);
    expect(nameOf(await ended)).toBe("first");
    second.answer(200);
    await second.dropped;
  });

  test.each(["first", "second"] as const)("the %s fails: the other is waited for", async (loser) => {
    const { first, second, begun, ended } = race();
    await begun;
    const [bad, other] = loser === "first" ? [first, second] : [second, first];
    bad.refuse();
    other.answer(200);
    expect(nameOf(await ended)).not.toBe(loser);
  });

  test("the first one's answer is not good: it is dropped and the other waited for", async () => {
    const { first, second, begun, ended } = race();
    await begun;
    first.answer(503);
    await first.dropped;
    second.answer(200);
    expect(nameOf(await ended)).toBe("second");
  });

  test("both are bad: the one that ended last, its answer whole", async () => {
    const { first, second, begun, ended } = race();
    await begun;
    second.refuse();
    first.answer(503);
    const attempt = await ended;
    expect([nameOf(attempt), "response" in attempt && attempt.response.bodyUsed]).toEqual(["first", false]);
  });

  test("no second may be made: the first is waited for, good or bad", async () => {
    for (const status of [200, 503]) {
      const first = attemptOf("first");
      await new Promise<void>((resolve) => {
        const ended = hedged(
          () => first.promise,
          0,
          () => {
            resolve();
            return null;
          },
          good,
        );
        void ended.then(({ state }) => expect(state.endpoint.cluster.name).toBe("first"));
      });
      first.answer(status);
    }
  });
});

describe("a bug of the edge's own", () => {
  test("in the first is not swallowed", async () => {
    const first = attemptOf("first");
    const ended = hedged(() => first.promise, 60_000, never, good);
    first.fail(new Error("bug"));
    await expect(ended).rejects.toThrow("bug");
  });

  test("in the second is not swallowed either", async () => {
    const { second, begun, ended } = race();
    await begun;
    second.fail(new Error("bug"));
    await expect(ended).rejects.toThrow("bug");
  });
});
