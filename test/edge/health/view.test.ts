import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { HealthSnapshot, OutlierReport } from "../../../src/edge/health/protocol.ts";
import { HealthView } from "../../../src/edge/health/view.ts";
import { eventually } from "../../support/eventually.ts";

const START = 4_000_000_000_000;

type Sync = (report: OutlierReport | null) => Promise<HealthSnapshot>;

let now = START;
let tables = 0;
let stored = new Map<string, string>();

/** One isolate, the health object that it asks, and what it hears. */
class Isolate {
  readonly heard: (HealthSnapshot | null)[] = [];
  readonly asked: (OutlierReport | null)[] = [];
  readonly view: HealthView;
  ejections: OutlierReport["ejections"] = [];
  readonly #env: Readonly<Record<string, unknown>>;

  constructor(sync: Sync | null, table = `table ${tables++}`) {
    const stub = {
      sync: (report: OutlierReport | null) => {
        this.asked.push(report);
        return sync?.(report);
      },
    };
    this.#env = sync === null ? {} : { EDGE_INGRESS_HEALTH: { idFromName: () => "id", get: () => stub } };
    this.view = new HealthView({
      contentHash: table,
      onSnapshot: (snapshot) => void this.heard.push(snapshot),
      takeReport: () => {
        const { ejections } = this;
        this.ejections = [];
        return ejections.length === 0 ? null : { isolate: "one", colo: "FRA", ejections };
      },
    });
  }

  /** A request at that time; resolves when what it started is over. */
  async request(at = now): Promise<void> {
    await this.start(at);
  }

  /** The same, and the caller decides whether to wait. */
  start(at = now): Promise<unknown> {
    vi.setSystemTime(at);
    now = at;
    const started: Promise<unknown>[] = [];
    this.view.refresh(this.#env, (promise) => void started.push(promise));
    return Promise.all(started);
  }
}

const answers: Sync = async () => ({ at: Date.now(), endpoints: {} });
const hangs: Sync = () => new Promise(() => undefined);
const throws: Sync = async () => {
  throw new Error("overloaded");
};
const ejection = (endpoint: string, until = now + 30_000) =>
  ({ endpoint, at: now, until, cause: "consecutive-5xx" }) as const;

beforeEach(() => {
  now = START;
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"], now });
  vi.spyOn(Math, "random").mockReturnValue(0);
  stored = new Map();
  // The colo's cache; expiry is by the fake clock.
  vi.stubGlobal("caches", {
    open: async () => ({
      match: async (key: string) => {
        const [until, body] = JSON.parse(stored.get(key) ?? "[0]") as [number, string?];
        return until > Date.now() ? new Response(body) : undefined;
      },
      put: async (key: string, response: Response) => {
        const age = Number(/max-age=(\d+)/.exec(response.headers.get("cache-control") ?? "")?.[1]);
        stored.set(key, JSON.stringify([Date.now() + age * 1000, await response.text()]));
      },
    }),
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe("an object that is not to be heard", () => {
  test.each([
    ["throws", throws],
    ["answers with something else", (async () => "hello") as unknown as Sync],
    ["answers with nothing", (async () => undefined) as unknown as Sync],
    ["answers with half a snapshot", (async () => ({ at: START, endpoints: null })) as unknown as Sync],
    [
      "is no object",
      (() => {
        throw new TypeError("sync is not a function");
      }) as Sync,
    ],
  ])("%s: nothing is heard, and it is asked once in 5 s", async (_, sync) => {
    const isolate = new Isolate(sync);
    for (let second = 0; second < 20; second++) await isolate.request(START + second * 1_000);
    expect(isolate.asked).toHaveLength(4);
    expect(isolate.heard).toEqual([]);
    expect(isolate.view.age(now)).toBeNull();
  });

  test("hangs: it is asked again after 5 s, and its late answer counts if it is newer", async () => {
    const late: ((snapshot: HealthSnapshot) => void)[] = [];
    const isolate = new Isolate(() => new Promise((resolve) => late.push(resolve)));
    void isolate.start(START);
    await vi.advanceTimersByTimeAsync(4_999);
    void isolate.start(START + 4_999);
    expect(isolate.asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    const second = isolate.start(START + 5_000);
    await eventually(() => expect(isolate.asked).toHaveLength(2));
    late[1]?.({ at: START + 5_000, endpoints: {} });
    await second;
    late[0]?.({ at: START, endpoints: {} });
    expect(isolate.heard.map((snapshot) => snapshot?.at)).toEqual([START + 5_000]);
  });

  test("a try that ended with its request does not stop the next one", async () => {
    const isolate = new Isolate(hangs);
    vi.useFakeTimers({ toFake: ["Date"], now });
    void isolate.start(START);
    await eventually(() => expect(isolate.asked).toHaveLength(1));
    void isolate.start(START + 5_000);
    await eventually(() => expect(isolate.asked).toHaveLength(2));
  });

  test("is not bound: nothing is asked", async () => {
    const isolate = new Isolate(null);
    for (let second = 0; second < 20; second++) await isolate.request(START + second * 1_000);
    expect(isolate.heard).toEqual([]);
    expect(isolate.view.firstSnapshot(1_000)).toBeNull();
  });

  test("the last snapshot counts until it is 60 s old; then everything counts as healthy", async () => {
    let sync = answers;
    const isolate = new Isolate((report) => sync(report));
    await isolate.request();
    sync = throws;
    for (let second = 1; second < 60; second++) await isolate.request(START + second * 1_000);
    expect(isolate.heard).toHaveLength(1);
    expect(isolate.view.age(now)).toBe(59_000);
    await isolate.request(START + 60_000);
    expect(isolate.heard).toEqual([{ at: START, endpoints: {} }, null]);
    expect(isolate.view.snapshot).toBeNull();
    await isolate.request(START + 65_000);
    expect(isolate.heard).toHaveLength(2);
    sync = answers;
    await isolate.request(START + 70_000);
    expect(isolate.heard.at(-1)).toEqual({ at: START + 70_000, endpoints: {} });
  });

  test("a listener that throws does not stop refreshes", async () => {
    const error = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const isolate = new Isolate(answers);
    vi.spyOn(isolate.heard, "push").mockImplementationOnce(() => {
      throw new Error("a bug");
    });
    await isolate.request();
    expect(error).toHaveBeenCalledOnce();
    await isolate.request(START + 5_000);
    expect(isolate.heard).toHaveLength(1);
  });
});

describe("the colo's cache", () => {
  test("spares the object the questions of the other isolates", async () => {
    const [first, second] = [new Isolate(answers, "shared"), new Isolate(answers, "shared")];
    await first.request();
    await second.request(START + 3_000);
    expect([first.asked.length, second.asked.length]).toEqual([1, 0]);
    expect(second.heard).toEqual([{ at: START, endpoints: {} }]);
    await second.request(START + 4_999);
    expect(second.asked).toHaveLength(0);
    await second.request(START + 5_000);
    expect(second.asked).toHaveLength(1);
    await first.request(START + 6_000);
    expect(first.heard.at(-1)?.at).toBe(START + 5_000);
  });

  test("is another one for another table", async () => {
    await new Isolate(answers, "old").request();
    const isolate = new Isolate(answers, "new");
    await isolate.request();
    expect(isolate.asked).toHaveLength(1);
  });

  test.each([
    ["throws", () => Promise.reject(new Error("no cache here"))],
    ["holds something else", async () => ({ match: async () => Response.json("hello"), put: async () => undefined })],
  ])("that %s is gone round", async (_, open) => {
    vi.stubGlobal("caches", { open });
    const isolate = new Isolate(answers);
    await isolate.request();
    expect(isolate.heard).toHaveLength(1);
  });

  test("that hangs holds up nobody for long", async () => {
    vi.stubGlobal("caches", { open: hangs });
    const isolate = new Isolate(answers);
    void isolate.start();
    await vi.advanceTimersByTimeAsync(500);
    expect(isolate.heard).toHaveLength(1);
  });
});

describe("reports", () => {
  test("go to the object past the cache, once", async () => {
    await new Isolate(answers, "same").request();
    const isolate = new Isolate(answers, "same");
    isolate.ejections = [ejection("a")];
    await isolate.request();
    expect(isolate.asked).toEqual([{ isolate: "one", colo: "FRA", ejections: [ejection("a", START + 30_000)] }]);
    await isolate.request(START + 10_000);
    expect(isolate.asked[1]).toBeNull();
  });

  test("that were not delivered are kept, as long as they hold", async () => {
    let sync = throws;
    const isolate = new Isolate((report) => sync(report));
    isolate.ejections = [ejection("a", START + 7_000), ejection("b", START + 60_000)];
    await isolate.request();
    isolate.ejections = [{ ...ejection("c"), at: START + 1 }];
    sync = answers;
    await isolate.request(START + 8_000);
    expect(isolate.asked[1]?.ejections.map(({ endpoint }) => endpoint)).toEqual(["c", "b"]);
    await isolate.request(START + 20_000);
    expect(isolate.asked[2]).toBeNull();
  });

  test("do not pile up while the object is lost", async () => {
    const isolate = new Isolate(throws);
    for (let round = 0; round < 30; round++) {
      isolate.ejections = Array.from({ length: 100 }, (_, index) => ejection(`${round} ${index}`, START * 2));
      await isolate.request(START + round * 5_000);
    }
    expect(isolate.asked.at(-1)?.ejections).toHaveLength(1_000);
    expect(isolate.asked.at(-1)?.ejections[0]?.endpoint).toBe("29 0");
  });

  test("can go before the next refresh is due, but never twice in 5 s", async () => {
    await new Isolate(answers, "hurry").request();
    const isolate = new Isolate(answers, "hurry");
    await isolate.request(START + 1_000);
    isolate.ejections = [ejection("a")];
    isolate.view.reportSoon();
    await isolate.request(START + 1_100);
    expect(isolate.asked).toHaveLength(1);
    isolate.ejections = [ejection("b")];
    isolate.view.reportSoon();
    await isolate.request(START + 6_099);
    expect(isolate.asked).toHaveLength(1);
    await isolate.request(START + 6_100);
    expect(isolate.asked).toHaveLength(2);
  });
});

describe("the first snapshot", () => {
  test("is not waited for where nothing was asked, nor where it is there", async () => {
    const isolate = new Isolate(answers);
    expect(isolate.view.firstSnapshot(1_000)).toBeNull();
    await isolate.request();
    expect(isolate.view.firstSnapshot(1_000)).toBeNull();
  });

  test("ends the wait when it comes", async () => {
    let answer: (snapshot: HealthSnapshot) => void = () => undefined;
    const isolate = new Isolate(() => new Promise((resolve) => (answer = resolve)));
    void isolate.start();
    const first = isolate.view.firstSnapshot(1_000_000);
    await eventually(() => expect(isolate.asked).toHaveLength(1));
    answer({ at: START, endpoints: {} });
    await first;
    expect(isolate.heard).toHaveLength(1);
  });

  test("ends the wait when it can't be had, and nobody waits again until something was heard", async () => {
    const isolate = new Isolate(throws);
    const started = isolate.start();
    await isolate.view.firstSnapshot(1_000_000);
    await started;
    void isolate.start(START + 5_000);
    expect(isolate.view.firstSnapshot(1_000)).toBeNull();
  });

  test("is waited for no longer than was said", async () => {
    const isolate = new Isolate(hangs);
    void isolate.start();
    const first = isolate.view.firstSnapshot(250);
    await vi.advanceTimersByTimeAsync(250);
    await first;
    expect(isolate.heard).toEqual([]);
  });

  test("is waited for again in an isolate that slept until its last one meant nothing", async () => {
    const isolate = new Isolate(answers);
    await isolate.request();
    const started = isolate.start(START + 3_600_000);
    expect(isolate.heard.at(-1)).toBeNull();
    const first = isolate.view.firstSnapshot(1_000_000);
    expect(first).not.toBeNull();
    await first;
    await started;
    expect(isolate.heard.at(-1)?.at).toBe(START + 3_600_000);
  });
});
