import { causeOf } from "./failures.ts";

/** Turns of promises in which an answer that needs no waiting is there. */
const AT_ONCE = 10;

/** The answer, what it failed for, or `slow`. A timer costs more than an answer that is there at once. */
export async function sooner(answer: Promise<boolean>, late: () => Promise<void>): Promise<boolean | string> {
  let here: boolean | string | null = null;
  const settled = answer.then(
    (value) => {
      here = value;
    },
    (error: unknown) => {
      here = causeOf(error);
    },
  );
  for (let turn = 0; turn < AT_ONCE && here === null; turn++) await null;
  if (here === null) await Promise.race([settled, late()]);
  return here ?? "slow";
}
