import { DurableObject } from "cloudflare:workers";
import type { Env } from "../env.ts";
import { Ledger } from "./ledger.ts";
import type { Answer, Ask, BucketRef, LimitsApi, SlotAnswer, SlotRef, SlotUsage, Usage } from "./protocol.ts";
import { Slots } from "./slots.ts";
import { SqlStore } from "./store.ts";

/** Milliseconds after which what was counted is written: so much is lost where the object ends without notice. */
const WRITTEN_AFTER = 1_000;

/** Milliseconds between clean-ups of buckets that are full again. */
const CLEANED_EVERY = 3_600_000;

/** The class of the objects that count. It needs no table: who asks brings the terms. */
export class RateLimiter extends DurableObject<Env> implements LimitsApi {
  readonly #store: SqlStore;
  readonly #ledger: Ledger;
  readonly #slots = new Slots();
  #isTimed = false;
  #isCleaned = false;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#store = new SqlStore(ctx.storage.sql);
    this.#ledger = new Ledger(this.#store);
  }

  async take(asks: readonly Ask[]): Promise<readonly Answer[]> {
    const answers = this.#ledger.take(asks, now());
    this.#writeLater();
    return answers;
  }

  async giveBack(asks: readonly (BucketRef & { readonly cost: number })[]): Promise<void> {
    this.#ledger.giveBack(asks, now());
    this.#writeLater();
  }

  async usage(id: string, most: number): Promise<readonly Usage[]> {
    return this.#ledger.usage(id, most, now());
  }

  async look(ref: BucketRef): Promise<Usage> {
    return this.#ledger.look(ref, now());
  }

  async reset(ref: BucketRef): Promise<void> {
    this.#ledger.reset(ref, now());
  }

  async enter(refs: readonly SlotRef[], slot: string): Promise<readonly SlotAnswer[]> {
    return this.#slots.enter(refs, slot, Date.now());
  }

  async stay(refs: readonly SlotRef[], slot: string): Promise<void> {
    this.#slots.stay(refs, slot, Date.now());
  }

  async leave(refs: readonly SlotRef[], slot: string): Promise<void> {
    this.#slots.leave(refs, slot);
  }

  async slots(id: string, most: number): Promise<readonly SlotUsage[]> {
    return this.#slots.usage(id, most, Date.now());
  }

  async slotsOf(ref: SlotRef): Promise<SlotUsage> {
    return this.#slots.look(ref, Date.now());
  }

  override async alarm(): Promise<void> {
    if (this.#store.clean(now())) await this.ctx.storage.setAlarm(Date.now() + CLEANED_EVERY);
    else this.#isCleaned = false;
  }

  #writeLater(): void {
    if (this.#isTimed || !this.#ledger.isDirty) return;
    this.#isTimed = true;
    setTimeout(() => {
      this.#isTimed = false;
      this.#ledger.flush(now());
      this.ctx.waitUntil(this.#cleanLater());
    }, WRITTEN_AFTER);
  }

  async #cleanLater(): Promise<void> {
    if (this.#isCleaned) return;
    this.#isCleaned = true;
    const { storage } = this.ctx;
    if ((await storage.getAlarm()) === null) await storage.setAlarm(Date.now() + CLEANED_EVERY);
  }
}

function now(): number {
  return Date.now() * 1000;
}
