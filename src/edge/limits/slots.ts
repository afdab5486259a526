import { SLOT_LIFE } from "../../table/slot.ts";
import type { SlotAnswer, SlotRef, SlotUsage } from "./protocol.ts";

/** Milliseconds between searches for buckets whose slots have all run out. */
const SWEPT_EVERY = SLOT_LIFE;

interface Taken {
  readonly ref: SlotRef;
  /** Milliseconds since the epoch at which each slot runs out. The oldest come first: all live equally long. */
  readonly slots: Map<string, number>;
  admitted: number;
  refused: number;
}

/**
 * The slots of concurrency limits, in memory alone: a slot is a request, which its isolate names again before its slot
 * runs out. Time is handed in: milliseconds since the epoch.
 */
export class Slots {
  readonly #taken = new Map<string, Taken>();
  #sweptAt = 0;

  /** A slot in each of them, or in none. */
  enter(refs: readonly SlotRef[], slot: string, now: number): SlotAnswer[] {
    if (now - this.#sweptAt >= SWEPT_EVERY) this.#sweep(now);
    const all = refs.map((ref) => this.#at(ref, now));
    const hasRoom = all.map(({ slots }, index) => slots.has(slot) || slots.size < (refs[index] as SlotRef).most);
    const passes = hasRoom.every(Boolean);
    return all.map((taken, index) => {
      if (passes) {
        use(taken, slot, now);
        taken.admitted++;
      } else if (hasRoom[index] === false) taken.refused++;
      return { admitted: passes, isFull: hasRoom[index] === false };
    });
  }

  /** Keeps a slot for as long again. One that is not known is of a life before of this object, and counts from now on. */
  stay(refs: readonly SlotRef[], slot: string, now: number): void {
    for (const ref of refs) use(this.#at(ref, now), slot, now);
  }

  leave(refs: readonly SlotRef[], slot: string): void {
    for (const { id, key } of refs) this.#taken.get(nameOf(id, key))?.slots.delete(slot);
  }

  /** So many keys of a limit: those with the most slots. */
  usage(id: string, most: number, now: number): SlotUsage[] {
    const ofLimit = [...this.#taken.values()].filter(({ ref }) => ref.id === id);
    const usages = ofLimit.map((taken) => usageOf(taken, now));
    return usages.sort((a, b) => b.used - a.used || b.refused - a.refused).slice(0, most);
  }

  look(ref: SlotRef, now: number): SlotUsage {
    const taken = this.#taken.get(nameOf(ref.id, ref.key));
    return taken === undefined ? { id: ref.id, key: ref.key, used: 0, admitted: 0, refused: 0 } : usageOf(taken, now);
  }

  #at(ref: SlotRef, now: number): Taken {
    const name = nameOf(ref.id, ref.key);
    let taken = this.#taken.get(name);
    if (taken === undefined) {
      taken = { ref, slots: new Map(), admitted: 0, refused: 0 };
      this.#taken.set(name, taken);
    }
    expire(taken, now);
    return taken;
  }

  #sweep(now: number): void {
    this.#sweptAt = now;
    for (const [name, taken] of this.#taken) {
      expire(taken, now);
      if (taken.slots.size === 0) this.#taken.delete(name);
    }
  }
}

function use({ slots }: Taken, slot: string, now: number): void {
  slots.delete(slot);
  slots.set(slot, now + SLOT_LIFE);
}

function expire({ slots }: Taken, now: number): void {
  for (const [slot, until] of slots) {
    if (until > now) return;
    slots.delete(slot);
  }
}

function usageOf(taken: Taken, now: number): SlotUsage {
  expire(taken, now);
  const { ref, slots, admitted, refused } = taken;
  return { id: ref.id, key: ref.key, used: slots.size, admitted, refused };
}

function nameOf(id: string, key: string): string {
  return `${id}\n${key}`;
}
