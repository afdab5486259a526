import type { ExternalAuth } from "../../../../table/policies/external-auth.ts";
import type { Unreadable } from "../../../resources/templates.ts";

type Durations = NonNullable<ExternalAuth["cache"]>["durations"];

/** What ingress-nginx keeps where only a key is given. */
const USUAL = "200 202 401 5m";

/** nginx's units of time for seconds and more. */
const SECONDS: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3_600,
  d: 86_400,
  w: 7 * 86_400,
  M: 30 * 86_400,
  y: 365 * 86_400,
};

const MOST = 0xffff_ffff;

/**
 * The arguments of nginx's `proxy_cache_valid`, several of them with commas between: statuses, or `any`, and how long
 * their answers are kept. Without a status it is for 200, 301 and 302.
 */
export function parseCacheDurations(value: string): Durations | Unreadable {
  const written = value.split(",").filter((part) => part.trim() !== "");
  const lists = (written.length === 0 ? [USUAL] : written).map(durationsOf);
  if (lists.some((list) => list === null)) {
    return { problem: "is not a list of statuses with a time each, as in 200 202 10m, 401 1m" };
  }
  return lists.flatMap((list) => list ?? []);
}

function durationsOf(part: string): Durations | null {
  const words = part.split(" ").filter((word) => word !== "");
  const [, count, unit = ""] = /^(\d+)([smhdwMy])$/.exec(words.at(-1) ?? "") ?? [];
  if (count === undefined) return null;
  const duration = Math.min(MOST, Number(count) * (SECONDS[unit] ?? 0) * 1000);
  const statuses = words.slice(0, -1);
  if (statuses.some((status) => status !== "any" && !/^[1-5]\d\d$/.test(status))) return null;
  const range = (status: string) =>
    status === "any" ? { from: 100, to: 599 } : { from: Number(status), to: Number(status) };
  return (statuses.length === 0 ? ["200", "301", "302"] : statuses).map((status) => ({ ...range(status), duration }));
}
