import { setTimeout as pause } from "node:timers/promises";
import { PATIENCE } from "./cli.ts";

/** Asks again and again until the answer is yes; fails only after so long that something must hang. */
export async function until(holds: () => boolean | Promise<boolean>, what = `${holds}`): Promise<void> {
  const deadline = Date.now() + PATIENCE;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await pause(20);
  }
}
