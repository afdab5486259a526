import { DEFAULT_TIMEOUTS, type Timeouts } from "../ir/rule.ts";
import { duration, durationText } from "./durations.ts";
import { between, exactly, type Fields, type Report } from "./schema.ts";

const BOUNDS = { least: 1, most: 24 * 3_600_000, orZero: true };

/** `spec.timeouts` of an EdgePolicy, as Gateway API's HTTPRouteTimeouts: `0s` is no limit. */
export const timeouts = exactly({
  request: duration("the timeout", BOUNDS).nullish(),
  backendRequest: duration("the timeout", BOUNDS).nullish(),
})
  .check(between(backendWithinRequest))
  .transform(({ request, backendRequest }): Timeouts => {
    const whole = request ?? DEFAULT_TIMEOUTS.request;
    const usual = whole === 0 ? DEFAULT_TIMEOUTS.backendRequest : Math.min(whole, DEFAULT_TIMEOUTS.backendRequest);
    return { request: whole, backendRequest: backendRequest ?? usual };
  });

/** Gateway API refuses the same. */
function backendWithinRequest({ request, backendRequest }: Fields, report: Report): void {
  if (typeof backendRequest !== "number") return;
  const isWritten = typeof request === "number";
  const whole = isWritten ? request : DEFAULT_TIMEOUTS.request;
  if (whole === 0 || backendRequest <= whole) return;
  const bound = isWritten ? durationText(whole) : `${durationText(whole)}, the default`;
  const message = `backendRequest ${durationText(backendRequest)} must not be longer than request (${bound})`;
  report({ code: "EI1239", message, path: ["backendRequest"] });
}
