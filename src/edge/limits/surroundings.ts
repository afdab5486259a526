import { LIMITS_BINDING } from "../../table/bindings.ts";
import type { Env } from "../env.ts";
import { logUndecided } from "../observe/refusals.ts";
import type { SlotSurroundings } from "./concurrency.ts";
import { limitsObject, localCounterOf } from "./objects.ts";
import type { Answer, Ask, BucketRef, LimitsApi, SlotAnswer, SlotRef } from "./protocol.ts";

/** What the limiter reaches, and its clock in milliseconds: a real isolate's, or one of a simulation. */
export interface Surroundings {
  now(): number;
  /** Rejects where the object is gone, overloaded or not there. */
  take(object: string, asks: readonly Ask[]): Promise<readonly Answer[]>;
  giveBack(object: string, asks: readonly (BucketRef & { readonly cost: number })[]): Promise<void>;
  /** Whether the platform's counter lets the key pass. */
  countHere(binding: string, key: string): Promise<boolean>;
  /** Resolves later. */
  wait(milliseconds: number): Promise<void>;
  /** Lets work go on after the request. */
  after(work: Promise<unknown>): void;
  /** Told once for each request that a limit could not judge. */
  undecided(limit: string, cause: string): void;
}

interface Around {
  readonly env: Env;
  readonly waitUntil: (promise: Promise<unknown>) => void;
}

/** What limits of either kind reach for one request. One is made for each: a class costs less than closures. */
abstract class Reached {
  protected readonly env: Env;
  readonly #waitUntil: Around["waitUntil"];
  readonly #kind: "rate-limit" | "concurrency-limit";

  constructor({ env, waitUntil }: Around, kind: "rate-limit" | "concurrency-limit") {
    this.env = env;
    this.#waitUntil = waitUntil;
    this.#kind = kind;
  }

  now(): number {
    return Date.now();
  }

  wait(milliseconds: number): Promise<void> {
    return scheduler.wait(Math.max(0, milliseconds));
  }

  after(work: Promise<unknown>): void {
    this.#waitUntil(work);
  }

  undecided(limit: string, cause: string): void {
    logUndecided(this.#kind, limit, cause);
  }

  protected objectNamed(name: string): LimitsApi {
    const object = limitsObject(this.env, name);
    if (object === null) throw new Error(`no binding ${LIMITS_BINDING}`);
    return object;
  }
}

/** What a real isolate's limiter reaches for one request. */
export class RateSurroundings extends Reached implements Surroundings {
  constructor(around: Around) {
    super(around, "rate-limit");
  }

  async take(name: string, asks: readonly Ask[]): Promise<readonly Answer[]> {
    return this.objectNamed(name).take(asks);
  }

  async giveBack(name: string, asks: readonly (BucketRef & { readonly cost: number })[]): Promise<void> {
    await limitsObject(this.env, name)?.giveBack(asks);
  }

  async countHere(binding: string, key: string): Promise<boolean> {
    const counter = localCounterOf(this.env, binding);
    if (counter === null) throw new Error(`no binding ${binding}`);
    return (await counter.limit({ key })).success;
  }
}

/** The same for the slots of one request. */
export class SlotsSurroundings extends Reached implements SlotSurroundings {
  constructor(around: Around) {
    super(around, "concurrency-limit");
  }

  async enter(name: string, refs: readonly SlotRef[], slot: string): Promise<readonly SlotAnswer[]> {
    return this.objectNamed(name).enter(refs, slot);
  }

  async stay(name: string, refs: readonly SlotRef[], slot: string): Promise<void> {
    return this.objectNamed(name).stay(refs, slot);
  }

  async leave(name: string, refs: readonly SlotRef[], slot: string): Promise<void> {
    return this.objectNamed(name).leave(refs, slot);
  }
}
