import { parseRange } from "../../../../table/address.ts";
import { type Access, NO_ACCESS_LISTS } from "../../../ir/access.ts";
import type { PolicySetting } from "../../../ir/policy.ts";
import type { AnnotationFamily, FamilyFinding, FamilyReading } from "./entry.ts";
import { accessLinesOf } from "./snippet-access.ts";

const ALLOW = "allowlist-source-range";
const OLD_ALLOW = "whitelist-source-range";
const DENY = "denylist-source-range";
const SATISFY = "satisfy";

export const access: AnnotationFamily = {
  title: "Access lists",
  entries: [
    {
      name: ALLOW,
      class: "E",
      guards: true,
      summary: "The client addresses that are let in; all others get 403.",
      together: "Honoured; a list that can't be read is an error, where ingress-nginx answers 503.",
    },
    {
      name: OLD_ALLOW,
      class: "E",
      guards: true,
      summary: "The older name of `allowlist-source-range`.",
      together: "Honoured where `allowlist-source-range` is not there.",
    },
    {
      name: DENY,
      class: "E",
      guards: true,
      summary: "The client addresses that get 403; beats the allow list.",
      together: "Honoured; a client whose address is not known gets 403 too.",
    },
    {
      name: SATISFY,
      class: "E",
      guards: true,
      summary: "Whether `any` of access list, basic and external authentication is enough, or `all` must agree.",
      together: "Honoured; another value is an error, where ingress-nginx takes it for `all`.",
    },
  ],
  settle(values, { ingress }) {
    const lists = readLists(values);
    const joined = accessLinesOf(ingress.metadata.annotations).length > 0 ? { ...lists, settings: [] } : lists;
    const readings = [joined, readSatisfy(values)];
    return {
      settings: readings.flatMap(({ settings }) => settings),
      findings: readings.flatMap(({ findings }) => findings),
    };
  },
};

/** The lists of the annotations alone: lines of a snippet are joined to them there (`snippet-access.ts`). */
export function readLists(values: ReadonlyMap<string, string>): FamilyReading {
  const findings: FamilyFinding[] = [];
  const listOf = (name: string): readonly string[] => {
    const value = values.get(name);
    if (value === undefined) return [];
    const ranges = value.split(",").map((part) => part.trim());
    const wrong = ranges.findIndex((range) => parseRange(range) === null);
    if (wrong === -1) return ranges;
    const which = value === "" ? "is empty" : `has something else as entry ${wrong + 1}`;
    findings.push({ name, code: "EI4006", says: `must be addresses and CIDRs with commas between, and ${which}` });
    return [];
  };
  // ingress-nginx reads the older name where the newer one is missing or empty.
  const name = values.get(ALLOW) || !values.has(OLD_ALLOW) ? ALLOW : OLD_ALLOW;
  if (name === ALLOW && values.has(OLD_ALLOW)) {
    findings.push({ name: OLD_ALLOW, code: "EI4016", says: `is not read beside ${ALLOW}` });
  }
  const value: Access = { ...NO_ACCESS_LISTS, allow: listOf(name), deny: listOf(DENY) };
  const source = values.has(name) ? name : DENY;
  if (value.allow.length + value.deny.length === 0) return { settings: [], findings };
  return { settings: [{ name: source, setting: { field: "access", value } }], findings };
}

function readSatisfy(values: ReadonlyMap<string, string>): FamilyReading {
  const value = values.get(SATISFY);
  if (value === undefined) return { settings: [], findings: [] };
  if (value !== "any" && value !== "all") {
    return { settings: [], findings: [{ name: SATISFY, code: "EI4006", says: "must be `any` or `all`" }] };
  }
  const setting: PolicySetting = { field: "satisfy", value };
  return { settings: [{ name: SATISFY, setting }], findings: [] };
}
