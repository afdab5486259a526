import type { Row } from "../../../src/edge/limits/bucket-entry.ts";
import { Ledger, type LedgerStore } from "../../../src/edge/limits/ledger.ts";
import type { Answer, Ask, BucketRef } from "../../../src/edge/limits/protocol.ts";
import { CITIES, roundTrip, type Spot } from "../geography.ts";
import type { VirtualPlatform } from "../platform.ts";
import type { Measures } from "./measures.ts";

/** Milliseconds after which an object writes what it counted: as `src/edge/limits/object.ts` does. */
const WRITTEN_AFTER = 1_000;

/** Where the platform has objects: not in Africa and the Middle East. */
const PLACES = Object.entries(CITIES)
  .filter(([region]) => region !== "afr" && region !== "me")
  .map(([, spot]) => spot);

/** One object that counts, near to who asked it first. */
class SimulatedObject {
  readonly spot: Spot;
  readonly ledger: Ledger;
  readonly #platform: VirtualPlatform;
  readonly #measures: Measures;
  #isTimed = false;
  #second = 0;
  #inSecond = 0;

  constructor(asker: Spot, platform: VirtualPlatform, measures: Measures) {
    this.#platform = platform;
    this.#measures = measures;
    this.spot = PLACES.reduce((near, spot) => (roundTrip(asker, spot) < roundTrip(asker, near) ? spot : near));
    const rows = new Map<string, Row>();
    const store: LedgerStore = {
      load: (name) => rows.get(name) ?? null,
      save: (all) => {
        measures.rowsWritten += all.length;
        for (const row of all) rows.set(row.name, row);
      },
      drop: (name) => void rows.delete(name),
    };
    this.ledger = new Ledger(store);
  }

  /** Counts a request of it. */
  meet(): void {
    const second = Math.floor(this.#platform.queue.time / 1000);
    this.#inSecond = second === this.#second ? this.#inSecond + 1 : 1;
    this.#second = second;
    this.#measures.busiestObject = Math.max(this.#measures.busiestObject, this.#inSecond);
  }

  writeLater(): void {
    if (this.#isTimed || !this.ledger.isDirty) return;
    this.#isTimed = true;
    this.#platform.queue.after(WRITTEN_AFTER, () => {
      this.#isTimed = false;
      this.ledger.flush(this.#platform.queue.now * 1000);
    });
  }
}

/** All objects, by name. */
export class SimulatedObjects {
  readonly #platform: VirtualPlatform;
  readonly #measures: Measures;
  readonly #objects = new Map<string, SimulatedObject>();

  constructor(platform: VirtualPlatform, measures: Measures) {
    this.#platform = platform;
    this.#measures = measures;
  }

  /** `counted`: called when the object has answered, before the answer is on its way. */
  take(
    from: Spot,
    name: string,
    asks: readonly Ask[],
    counted: (answers: readonly Answer[]) => void,
  ): Promise<readonly Answer[]> {
    return this.#call(from, name, asks, (ledger, now) => {
      const answers = ledger.take(asks, now);
      counted(answers);
      return answers;
    });
  }

  async giveBack(from: Spot, name: string, asks: readonly (BucketRef & { readonly cost: number })[]): Promise<void> {
    await this.#call(from, name, asks, (ledger, now) => ledger.giveBack(asks, now));
  }

  #call<T>(from: Spot, name: string, asks: readonly BucketRef[], work: (ledger: Ledger, now: number) => T): Promise<T> {
    let object = this.#objects.get(name);
    if (object === undefined) {
      object = new SimulatedObject(from, this.#platform, this.#measures);
      this.#objects.set(name, object);
    }
    const asked = object;
    for (const { key } of asks) this.#measures.ask(Number(key));
    return this.#platform.call(roundTrip(from, asked.spot), async () => {
      asked.meet();
      const result = work(asked.ledger, this.#platform.queue.now * 1000);
      asked.writeLater();
      return result;
    });
  }
}
