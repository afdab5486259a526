import * as z from "zod";
import { quote, reportTo } from "./schema.ts";

/** Statuses from one to another, both included. */
interface StatusRange {
  readonly from: number;
  readonly to: number;
}

/** A list of statuses and ranges of them: `[200, 300-399]`. */
export function statusRanges(least: number, most: number) {
  const range = z.union([z.number(), z.string()]).transform((written, context): StatusRange => {
    const text = String(written);
    const [from = 0, to = from] = /^\d{3}(-\d{3})?$/.test(text) ? text.split("-").map(Number) : [];
    if (from >= least && to <= most && from <= to) return { from, to };
    reportTo(context)({
      code: "EI1237",
      message: `the status ${quote(text)} must be one from ${least} to ${most}, or a range as in ${least}-${most}`,
    });
    return z.NEVER;
  });
  return z.array(range);
}
