import { settableHeader } from "../../../resources/external-auth.ts";
import type { Unreadable } from "../../../resources/templates.ts";
import { readCanaryPattern } from "./canary-pattern.ts";
import { type AnnotationFamily, FALSE, type FamilyReading } from "./entry.ts";
import { FamilyValues } from "./family-values.ts";

export const canary: AnnotationFamily = {
  title: "Canary",
  settle,
  entries: [
    {
      name: "canary",
      class: "E",
      guards: false,
      summary: "Makes the Ingress an alternative to the one with the same host and path.",
      inert: FALSE,
      together: "does the same where the edge goes to Services; a cluster's own ingress draws for itself",
    },
    {
      name: "canary-by-header",
      class: "E",
      guards: false,
      summary: "The header that chooses: `always` for the canary, `never` for the main Ingress.",
      together: "does the same",
    },
    {
      name: "canary-by-header-value",
      class: "E",
      guards: false,
      summary: "The value of the header that chooses the canary, instead of `always` and `never`.",
      together: "does the same",
    },
    {
      name: "canary-by-header-pattern",
      class: "P",
      guards: false,
      summary: "A regular expression (PCRE) for the value of the header that chooses the canary.",
      together: "does the same with patterns that mean the same in ECMAScript; others are errors",
    },
    {
      name: "canary-by-cookie",
      class: "E",
      guards: false,
      summary: "The cookie that chooses: `always` for the canary, `never` for the main Ingress.",
      together: "does the same",
    },
    {
      name: "canary-weight",
      class: "E",
      guards: false,
      summary: "The share of the remaining requests that the canary takes, drawn per request.",
      inert: ["0"],
      together: "does the same, more evenly than by chance",
    },
    {
      name: "canary-weight-total",
      class: "E",
      guards: false,
      summary: "What `canary-weight` is a share of, at least 100.",
      inert: ["100"],
      together: "does the same",
    },
    {
      name: "affinity-canary-behavior",
      class: "P",
      guards: false,
      summary: "Whether an affinity cookie of the canary is honoured before the rules above.",
      inert: ["sticky"],
      together: "does the same, with the edge's own cookie",
    },
  ],
};

/** They mean nothing without `canary: "true"`, and ingress-nginx reports an error in its log. */
const CHOOSING = ["by-header", "by-header-value", "by-header-pattern", "by-cookie", "weight"].map(
  (name) => `canary-${name}`,
);

function settle(written: ReadonlyMap<string, string>): FamilyReading {
  const values = new FamilyValues(written);
  const enabled = values.boolean("canary", false);
  if (enabled === false) {
    const alone = CHOOSING.filter((name) => (written.get(name) ?? "") !== "" && written.get(name) !== "0");
    for (const name of alone) {
      values.findings.push({ name, code: "EI4064", says: "has no effect on an Ingress that is no canary" });
    }
    return { settings: [], findings: values.findings };
  }
  const header = values.get("canary-by-header", headerOf) ?? "";
  const headerValue = values.get("canary-by-header-value", (value): string => value) ?? "";
  const pattern = values.get("canary-by-header-pattern", readCanaryPattern);
  if (header === "" && (headerValue !== "" || pattern !== null)) {
    const name = headerValue === "" ? "canary-by-header-pattern" : "canary-by-header-value";
    values.findings.push({ name, code: "EI4064", says: "has no effect without canary-by-header" });
  } else if (headerValue !== "" && pattern !== null) {
    values.remark("canary-by-header-pattern", "is not looked at beside canary-by-header-value");
  }
  const cookie = values.get("canary-by-cookie", cookieOf) ?? "";
  const weight = values.get("canary-weight", numberOf) ?? 0;
  const total = Math.max(100, values.get("canary-weight-total", numberOf) ?? 100);
  const sticky = values.get("affinity-canary-behavior", stickyOf) ?? true;
  if (enabled === null || !values.isSound) return { settings: [], canary: null, findings: values.findings };
  const isLookedAt = pattern !== null && headerValue === "" && header !== "";
  const patternFails = isLookedAt && pattern.source === null;
  if (patternFails) {
    const says = "is no regular expression: requests with the header go to the main Ingress";
    values.findings.push({ name: "canary-by-header-pattern", code: "EI4065", says });
  }
  return {
    settings: [],
    canary: {
      name: "canary",
      canary: {
        header,
        headerValue,
        headerPattern: isLookedAt ? (pattern.source ?? "") : "",
        patternFails,
        cookie,
        sticky,
      },
      weight,
      total,
    },
    findings: values.findings,
  };
}

function headerOf(value: string): string | Unreadable {
  const reason = settableHeader(value);
  return reason === null ? value.toLowerCase() : { problem: "is no name of a header that clients send" };
}

function cookieOf(value: string): string | Unreadable {
  return /^[\w.-]+$/.test(value) ? value : { problem: "is no name of a cookie: letters, digits, '-', '_' and '.'" };
}

function numberOf(value: string): number | Unreadable {
  return /^\d{1,9}$/.test(value) ? Number(value) : { problem: "is no whole number" };
}

function stickyOf(value: string): boolean | Unreadable {
  if (value === "sticky" || value === "legacy") return value === "sticky";
  return { problem: "is neither sticky nor legacy" };
}
