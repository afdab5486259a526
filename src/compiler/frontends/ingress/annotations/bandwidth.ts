import type { FamilyFinding, FamilyReading } from "./entry.ts";

const RATE = "limit-rate";
const AFTER = "limit-rate-after";

/** What is read of `limit-rate` is kilobytes of 1024, as in nginx. */
const KILOBYTE = 1024;

/** `limit-rate` and `limit-rate-after` of an Ingress: whole numbers of kilobytes; 0, as where they are not there: none. */
export function readBandwidth(values: ReadonlyMap<string, string>): FamilyReading {
  const findings: FamilyFinding[] = [];
  const bytesOf = (name: string): number => {
    const value = values.get(name) ?? "0";
    if (/^\d{1,9}$/.test(value)) return Number(value) * KILOBYTE;
    findings.push({ name, code: "EI4006", says: "must be a whole number of kilobytes" });
    return 0;
  };
  const [rate, after] = [bytesOf(RATE), bytesOf(AFTER)];
  if (findings.length > 0) return { settings: [], findings };
  if (rate === 0) {
    const says = `has no effect without ${RATE}`;
    return { settings: [], findings: after === 0 ? [] : [{ name: AFTER, code: "EI4008", says }] };
  }
  const value = { rate, after, onlyServices: true };
  return { settings: [{ name: RATE, setting: { field: "bandwidthLimit", value } }], findings };
}
