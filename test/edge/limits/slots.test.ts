import { describe, expect, test } from "vitest";
import type { SlotRef } from "../../../src/edge/limits/protocol.ts";
import { Slots } from "../../../src/edge/limits/slots.ts";
import { SLOT_LIFE } from "../../../src/table/slot.ts";
import { fc } from "../../support/properties.ts";

const ref = (more: Partial<SlotRef> = {}): SlotRef => ({ id: "a", key: "k", most: 2, ...more });
const entered = (slots: Slots, refs: readonly SlotRef[], slot: string, now = 0) =>
  slots.enter(refs, slot, now).every(({ admitted }) => admitted);

describe("slots", () => {
  test("are as many as there may be, and free again once one has left", () => {
    const slots = new Slots();
    expect(["1", "2", "3"].map((slot) => entered(slots, [ref()], slot))).toEqual([true, true, false]);
    slots.leave([ref()], "1");
    expect(entered(slots, [ref()], "3")).toBe(true);
    expect(slots.look(ref(), 0)).toEqual({ id: "a", key: "k", used: 2, admitted: 3, refused: 1 });
  });

  test("of one limit and key are apart from others", () => {
    const slots = new Slots();
    for (const other of [ref(), ref({ key: "other" }), ref({ id: "b" })]) {
      expect(["1", "2", "3"].map((slot) => entered(slots, [other], slot))).toEqual([true, true, false]);
    }
  });

  test("of several limits are taken all, or none", () => {
    const slots = new Slots();
    const [wide, narrow] = [ref({ id: "wide", most: 9 }), ref({ id: "narrow", most: 1 })];
    expect(entered(slots, [wide, narrow], "1")).toBe(true);
    expect(slots.enter([wide, narrow], "2", 0)).toEqual([
      { admitted: false, isFull: false },
      { admitted: false, isFull: true },
    ]);
    expect(slots.look(wide, 0)).toMatchObject({ used: 1, refused: 0 });
  });

  test("run out unless they are named again", () => {
    const slots = new Slots();
    for (const slot of ["kept", "lost"]) entered(slots, [ref()], slot);
    slots.stay([ref()], "kept", SLOT_LIFE - 1);
    expect(slots.look(ref(), SLOT_LIFE - 1).used).toBe(2);
    expect(slots.look(ref(), SLOT_LIFE).used).toBe(1);
    expect(slots.look(ref(), 2 * SLOT_LIFE - 1).used).toBe(0);
  });

  test("of a life before are known once they are named, even if there are too many", () => {
    const slots = new Slots();
    for (const slot of ["1", "2"]) entered(slots, [ref()], slot);
    for (const slot of ["3", "4"]) slots.stay([ref()], slot, 1);
    expect(slots.look(ref(), 1).used).toBe(4);
    slots.leave([ref()], "1");
    expect(entered(slots, [ref()], "5", 2)).toBe(false);
  });

  test("that are lowered admit nobody until so many have left", () => {
    const slots = new Slots();
    for (const slot of ["1", "2"]) entered(slots, [ref()], slot);
    expect(entered(slots, [ref({ most: 1 })], "3")).toBe(false);
  });
});

const step = fc.record({
  does: fc.constantFrom("enter", "stay", "leave", "wait"),
  slot: fc.integer({ min: 0, max: 9 }),
  keys: fc.uniqueArray(fc.constantFrom("a", "b", "c"), { minLength: 1 }),
  wait: fc.integer({ min: 1, max: SLOT_LIFE }),
});

test("are those of a plain list of who is in, whatever happens", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 3 }), (steps, most) => {
      const slots = new Slots();
      let now = 0;
      let list: { key: string; slot: string; until: number }[] = [];
      const inside = (key: string) => list.filter((one) => one.key === key && one.until > now);
      const without = (keys: readonly string[], slot: string) =>
        list.filter((one) => !(keys.includes(one.key) && one.slot === slot));
      const put = (keys: readonly string[], slot: string) => {
        list = [...without(keys, slot), ...keys.map((key) => ({ key, slot, until: now + SLOT_LIFE }))];
      };
      for (const { does, slot: number, keys, wait } of steps) {
        const slot = `${number}`;
        const refs = keys.map((key) => ref({ key, most }));
        if (does === "wait") now += wait;
        else if (does === "leave") {
          slots.leave(refs, slot);
          list = without(keys, slot);
        } else if (does === "stay") {
          slots.stay(refs, slot, now);
          put(keys, slot);
        } else {
          const fits = keys.every((key) => inside(key).length < most || inside(key).some((one) => one.slot === slot));
          expect(entered(slots, refs, slot, now)).toBe(fits);
          if (fits) put(keys, slot);
        }
        for (const key of ["a", "b", "c"]) expect(slots.look(ref({ key }), now).used).toBe(inside(key).length);
      }
    }),
    { numRuns: 1_000 },
  );
});
