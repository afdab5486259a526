import { parseRange } from "../../../../table/address.ts";
import { limitOf } from "../../../../table/gcra.ts";
import type { RateLimitTerms } from "../../../../table/policies/rate-limit.ts";
import type { RateLimit } from "../../../ir/rate-limit.ts";
import { termsOf } from "../../../resources/edge-policy-rate-limit.ts";
import { isUnreadable, type Unreadable } from "../../../resources/templates.ts";
import { controllerValue } from "../controller-config.ts";
import type { FamilyContext, FamilyReading } from "./entry.ts";
import { FamilyValues, OF_EDGE } from "./family-values.ts";

const RPS = "limit-rps";
const RPM = "limit-rpm";
const MULTIPLIER = "limit-burst-multiplier";
const ALLOW = "limit-allowlist";
const OLD_ALLOW = "limit-whitelist";

/** The controller's key for the status of a refusal. */
const LIMIT_STATUS_KEY = "limit-req-status-code";

const MOST = 1_000_000_000;

/**
 * `limit-rps` and `limit-rpm`: nginx's `limit_req` with `nodelay`. Its burst is what may wait behind the request that is
 * served, so one more passes at once. One bucket for the Ingress and a client's address, as
 * `internal/ingress/annotations/ratelimit/main.go` names the zones.
 */
export function readRequestLimits(written: ReadonlyMap<string, string>, context: FamilyContext): FamilyReading {
  const values = new FamilyValues(written);
  const rates = [
    { name: RPS, period: 1_000, rate: values.get(RPS, wholeNumber) ?? 0 },
    { name: RPM, period: 60_000, rate: values.get(RPM, wholeNumber) ?? 0 },
  ].filter(({ rate }) => rate > 0);
  const multiplier = values.get(MULTIPLIER, atLeastOne) ?? 5;
  const exempt = readAllowlist(values);
  const [first] = rates;
  if (first === undefined) return { settings: [], findings: values.findings };
  const status = readStatus(first.name, LIMIT_STATUS_KEY, context, values);
  const { namespace, name } = context.ingress.metadata;
  const limits = rates.flatMap(({ name: annotation, period, rate }): RateLimitTerms[] => {
    const burst = rate * multiplier + 1;
    if (rate > MOST || burst > MOST || limitOf({ requests: rate, period, burst }) === null) {
      values.problem(annotation, "with its burst is more than the edge can count", OF_EDGE);
      return [];
    }
    const id = `ingress/${namespace}/${name}/${annotation}`;
    return [termsOf(id, { name: annotation, requests: rate, period, burst, ipv6Prefix: 128, status })];
  });
  const value: RateLimit = { limits, quota: null, exempt, headers: false, isOfAnnotation: true };
  const settings = [{ name: first.name, setting: { field: "rateLimit", value } }] as const;
  return { settings: values.isSound ? settings : [], findings: values.findings };
}

/** The addresses that no limit of the Ingress applies to. */
export function readAllowlist(values: FamilyValues): readonly string[] {
  // ingress-nginx reads the older name where the newer one is missing or empty.
  const name = values.values.get(ALLOW) || !values.values.has(OLD_ALLOW) ? ALLOW : OLD_ALLOW;
  if (name === ALLOW && values.values.has(OLD_ALLOW)) {
    values.findings.push({ name: OLD_ALLOW, code: "EI4016", says: `is not read beside ${ALLOW}` });
  }
  return values.get(name, readRanges) ?? [];
}

function readRanges(text: string): readonly string[] | Unreadable {
  const ranges = text.split(",").map((part) => part.trim());
  const wrong = ranges.findIndex((range) => parseRange(range) === null);
  if (wrong === -1) return ranges;
  return { problem: `must be addresses and CIDRs with commas between, and has something else as entry ${wrong + 1}` };
}

/** What a refused request gets: 503, or what the controller's ConfigMap says under the key. */
export function readStatus(
  annotation: string,
  key: string,
  { resources }: FamilyContext,
  values: FamilyValues,
): number {
  const status = Number(controllerValue(resources, key)?.trim() || 503);
  if (Number.isInteger(status) && status >= 400 && status <= 599) return status;
  values.problem(annotation, `needs ${key} of the controller's ConfigMap to be a status from 400 to 599`, OF_EDGE);
  return 503;
}

/** Go's `strconv.Atoi`. */
export function wholeNumber(text: string): number | Unreadable {
  const number = Number(text);
  return /^[+-]?\d+$/.test(text) && Number.isSafeInteger(number) ? number : { problem: "must be a whole number" };
}

/** nginx does not start with another burst. */
function atLeastOne(text: string): number | Unreadable {
  const number = wholeNumber(text);
  return isUnreadable(number) || number > 0 ? number : { problem: "must be above 0", ofEdge: true };
}
