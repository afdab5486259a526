import * as z from "zod";
import { quote, reportTo } from "./schema.ts";

/** Gateway API's duration (GEP-2257), in which `1h30m` is one too. */
const DURATION = /^(?:\d{1,5}(?:ms|s|m|h)){1,4}$/;
const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** The milliseconds of `250ms`, `10s`, `1h30m`; null for anything else. */
export function parseDuration(text: string): number | null {
  if (!DURATION.test(text)) return null;
  const parts = [...text.matchAll(/(\d+)(ms|s|m|h)/g)];
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (MILLISECONDS[unit ?? ""] ?? 0), 0);
}

/** Milliseconds as manifests write them, in the largest unit that leaves a whole number. */
export function durationText(milliseconds: number): string {
  const unit = ["h", "m", "s"].find((name) => milliseconds !== 0 && milliseconds % (MILLISECONDS[name] ?? 1) === 0);
  if (milliseconds === 0) return "0s";
  return unit === undefined ? `${milliseconds}ms` : `${milliseconds / (MILLISECONDS[unit] ?? 1)}${unit}`;
}

/** Bounds of a duration in milliseconds; `orZero`: `0s` is allowed too, and switches something off. */
interface Bounds {
  readonly least: number;
  readonly most: number;
  readonly orZero?: boolean;
}

/** A duration in milliseconds. */
export function duration(what: string, { least, most, orZero = false }: Bounds) {
  return z
    .union([z.string(), z.number()])
    .meta({ anyOf: undefined, type: "string", pattern: DURATION.source })
    .transform((written, context): number => {
      const report = reportTo(context);
      if (typeof written === "number") {
        report({
          code: "EI1205",
          message: `${what} ${written} has no unit`,
          fix: `Write a number and a unit, as in ${written}s or ${written}ms.`,
        });
        return z.NEVER;
      }
      const milliseconds = parseDuration(written);
      if (milliseconds === null) {
        report({ code: "EI1237", message: `${what} ${quote(written)} must be a duration, as in 500ms, 10s or 1m30s` });
        return z.NEVER;
      }
      if ((milliseconds >= least && milliseconds <= most) || (orZero && milliseconds === 0)) return milliseconds;
      const bounds = `from ${durationText(least)} to ${durationText(most)}${orZero ? ", or 0s" : ""}`;
      report({ code: "EI1233", message: `${what} ${written} must be ${bounds}` });
      return z.NEVER;
    });
}
