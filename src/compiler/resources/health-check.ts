import * as z from "zod";
import { DEFAULT_HEALTH_CHECK, type HealthCheck, REGIONS } from "../../table/policies/health-check.ts";
import { duration, durationText } from "./durations.ts";
import { hostname } from "./names.ts";
import { between, exactly, type Fields, formed, integer, oneOf, type Report, rule } from "./schema.ts";
import { statusRanges } from "./statuses.ts";

/** Where the whole of it may be read by a probe without cost: the prober looks into 64 KiB. */
const EXPECTED_BODY_LIMIT = 1024;
const HOUR = 3_600_000;

const requestTarget = (text: string) =>
  /^\/[!-"$-~]*$/.test(text) ? null : "must begin with '/' and have no space, no '#' and no letters beyond ASCII";

/** `spec.healthCheck` of a Cluster, defaults filled in. */
export const healthCheck = exactly({
  method: oneOf(["GET", "HEAD"]).nullish(),
  path: z
    .string()
    .check(formed("EI1237", "the path", requestTarget))
    .nullish(),
  host: z
    .string()
    .check(formed("EI1237", "the host", probeHost))
    .nullish(),
  interval: duration("the interval", { least: 1000, most: HOUR }).nullish(),
  timeout: duration("the timeout", { least: 100, most: HOUR }).nullish(),
  jitter: integer(0, 100, "EI1233", "the jitter").nullish(),
  healthyThreshold: integer(1, 100, "EI1233", "the threshold").nullish(),
  unhealthyThreshold: integer(1, 100, "EI1233", "the threshold").nullish(),
  expectedStatus: statusRanges(100, 599).check(rule(oneAtLeast)).nullish(),
  expectedBody: z
    .string()
    .check(formed("EI1237", "the expected body", shortText))
    .nullish(),
  locations: z.array(oneOf(REGIONS)).check(rule(distinct)).nullish(),
})
  .check(between(timeoutWithinInterval), between(bodyOfGet))
  .transform((written): HealthCheck => {
    const interval = written.interval ?? DEFAULT_HEALTH_CHECK.interval;
    return {
      method: written.method ?? DEFAULT_HEALTH_CHECK.method,
      path: written.path ?? DEFAULT_HEALTH_CHECK.path,
      host: written.host ?? DEFAULT_HEALTH_CHECK.host,
      expectedStatus: written.expectedStatus ?? DEFAULT_HEALTH_CHECK.expectedStatus,
      expectedBody: written.expectedBody ?? DEFAULT_HEALTH_CHECK.expectedBody,
      interval,
      timeout: written.timeout ?? Math.min(DEFAULT_HEALTH_CHECK.timeout, interval),
      jitterPercent: written.jitter ?? DEFAULT_HEALTH_CHECK.jitterPercent,
      healthyThreshold: written.healthyThreshold ?? DEFAULT_HEALTH_CHECK.healthyThreshold,
      unhealthyThreshold: written.unhealthyThreshold ?? DEFAULT_HEALTH_CHECK.unhealthyThreshold,
      locations: written.locations ?? DEFAULT_HEALTH_CHECK.locations,
    };
  });

/** What a URL parser turns into another host (`010.0.0.1`) would be another Host. */
function probeHost(text: string): string | null {
  const reason = hostname(text);
  if (reason !== null) return reason;
  return URL.parse(`http://${text}/`)?.hostname === text
    ? null
    : "must be a DNS name, or an IPv4 address in four parts";
}

function shortText(text: string): string | null {
  if (text === "") return "must not be empty";
  const bytes = Buffer.byteLength(text);
  return bytes > EXPECTED_BODY_LIMIT ? `must be no longer than ${EXPECTED_BODY_LIMIT} bytes` : null;
}

function oneAtLeast(statuses: readonly unknown[], report: Report): void {
  if (statuses.length === 0) report({ code: "EI1237", message: "expectedStatus must have at least one status" });
}

function distinct(locations: readonly string[], report: Report): void {
  for (const [index, location] of locations.entries()) {
    if (locations.indexOf(location) === index) continue;
    report({ code: "EI1237", message: `the location ${location} must not be given twice`, path: [index] });
  }
}

function timeoutWithinInterval({ interval, timeout }: Fields, report: Report): void {
  const { interval: usual } = DEFAULT_HEALTH_CHECK;
  const isWritten = interval !== undefined && interval !== null;
  if (typeof timeout !== "number" || (isWritten && typeof interval !== "number")) return;
  if (timeout <= Number(interval ?? usual)) return;
  const bound = isWritten ? durationText(Number(interval)) : `${durationText(usual)}, the default`;
  const message = `the timeout ${durationText(timeout)} must not be longer than the interval (${bound})`;
  report({ code: "EI1239", message, path: ["timeout"] });
}

function bodyOfGet({ method, expectedBody }: Fields, report: Report): void {
  if (method !== "HEAD" || expectedBody === undefined || expectedBody === null) return;
  report({ code: "EI1239", message: "an answer to HEAD has no body to expect", path: ["expectedBody"], part: "key" });
}

/** In words, for the report: `GET /healthz every 10s, timeout 2s, 3 bad probes to fall, 2 good to rise`. */
export function healthCheckText(check: HealthCheck): string {
  const statuses = check.expectedStatus.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`));
  const parts = [
    `${check.method} ${check.path}${check.host === "" ? "" : ` of ${check.host}`} every ${durationText(check.interval)}`,
    `timeout ${durationText(check.timeout)}`,
    `${check.unhealthyThreshold} bad to fall, ${check.healthyThreshold} good to rise`,
    `expects ${statuses.join(", ")}${check.expectedBody === "" ? "" : " and a text in the body"}`,
  ];
  if (check.locations.length > 0) parts.push(`from ${check.locations.join(", ")}`);
  return parts.join("; ");
}
