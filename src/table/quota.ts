import { isScope } from "./api-keys.ts";

/** Windows of the calendar, in UTC, in the order in which a client is told of them. */
export const QUOTA_WINDOWS = ["minute", "day", "month"] as const;
export type QuotaWindow = (typeof QUOTA_WINDOWS)[number];

/** A rate plan: requests in each window; one that is not there has no limit. */
export type Plan = { readonly [window in QuotaWindow]?: number };

/** Requests that a window may have at most. */
export const MOST_QUOTA = 1_000_000_000;

/** The prefix of the names of plans in the KV namespace of API keys. */
export const PLANS = "plan/";

export function planName(plan: string): string {
  return PLANS + plan;
}

export const isPlanName = isScope;

/** When the window in which this time lies began and ends: milliseconds since the epoch. */
export function windowAt(window: QuotaWindow, now: number): { readonly start: number; readonly end: number } {
  if (window === "month") {
    const date = new Date(now);
    const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
    return { start: Date.UTC(year, month), end: Date.UTC(year, month + 1) };
  }
  // Unix time has no leap seconds, so all days are as long.
  const length = window === "minute" ? 60_000 : 86_400_000;
  const start = Math.floor(now / length) * length;
  return { start, end: start + length };
}

/** The plan in a value of KV; null for anything else, and for a plan that limits nothing. */
export function parsePlan(value: string): Plan | null {
  try {
    const plan: unknown = JSON.parse(value);
    return isPlan(plan) ? plan : null;
  } catch {
    return null;
  }
}

/** Any field that is no window is a limit that would not be kept, so it is no plan. */
export function isPlan(value: unknown): value is Plan {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const windows: readonly string[] = QUOTA_WINDOWS;
  const fields = Object.entries(value);
  return fields.length > 0 && fields.every(([name, most]) => windows.includes(name) && isQuota(most));
}

export function isQuota(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= MOST_QUOTA;
}
