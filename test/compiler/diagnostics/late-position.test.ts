import { expect, test } from "vitest";
import { LatePosition, settled } from "../../../src/compiler/diagnostics/late-position.ts";
import { byPosition } from "../../../src/compiler/diagnostics/order.ts";
import { diagnose } from "../../../src/compiler/diagnostics/report.ts";
import type { ValuePath } from "../../../src/compiler/sources/document.ts";

const place = (line: number) => ({ file: "a.yaml", line, column: 3, length: 5 });

test("is looked for once, and not before somebody asks", () => {
  let looked = 0;
  const find = (path: ValuePath, part: "key" | "value") => {
    looked += 1;
    return place(path[0] === "spec" && part === "key" ? 7 : 0);
  };
  const at = new LatePosition("a.yaml", find, ["spec"], "key");
  expect([at.file, looked]).toEqual(["a.yaml", 0]);
  expect([at.line, at.column, at.length, looked]).toEqual([7, 3, 5, 1]);
  expect(JSON.stringify(at)).toBe(JSON.stringify(place(7)));
  expect(byPosition(at, place(8))).toBeLessThan(0);
  expect(looked).toBe(1);
});

test("diagnostics hold plain data: what is spread, cloned or compared has all of it", () => {
  const at = new LatePosition("a.yaml", () => place(7), [], "value");
  const related = [{ message: "here", position: new LatePosition("a.yaml", () => place(9), [], "value") }];
  const {
    position,
    related: others,
    edit,
  } = diagnose("EI5001", at, "says", { related, edit: { at, from: "a", to: "b" } });
  expect([position, edit?.at, others[0]?.position]).toEqual([place(7), place(7), place(9)]);
  expect(settled(place(1))).toEqual(place(1));
});
