import type { RequestBody } from "../../../../table/policies/request-body.ts";
import { NGINX_BODY_SIZE } from "../../../ir/policy.ts";
import type { FamilyReading } from "./entry.ts";

const BODY_SIZE = "proxy-body-size";

/** What is said of a size that ingress-nginx leaves out of nginx's configuration. */
export const NO_BODY_SIZE = "is no size of nginx, as in 8m: its default of 1m holds";

const UNITS: Readonly<Record<string, number>> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/**
 * A size as nginx writes offsets; 0: no limit. Null for what is none, which ingress-nginx passes over
 * (`isValidByteSize` in internal/ingress/controller/template/template.go).
 */
export function parseBodySize(value: string): RequestBody | null {
  const [, count, unit = ""] = /^(\d{1,12})([kmg]?)$/i.exec(value) ?? [];
  if (count === undefined) return null;
  const maxSize = Number(count) * (UNITS[unit.toLowerCase()] ?? 1);
  return Number.isSafeInteger(maxSize) ? { maxSize } : null;
}

/** `proxy-body-size` of an Ingress. */
export function readBodySize(values: ReadonlyMap<string, string>): FamilyReading {
  const value = values.get(BODY_SIZE);
  if (value === undefined) return { settings: [], findings: [] };
  const size = parseBodySize(value);
  return {
    settings: [{ name: BODY_SIZE, setting: { field: "requestBody", value: size ?? NGINX_BODY_SIZE } }],
    findings: size === null ? [{ name: BODY_SIZE, code: "EI4030", says: NO_BODY_SIZE }] : [],
  };
}
