import { type Cors, DEFAULT_CORS } from "../../../../table/policies/cors.ts";
import type { Unreadable } from "../../../resources/templates.ts";
import { type AnnotationFamily, FALSE, TRUE } from "./entry.ts";
import { FamilyValues } from "./family-values.ts";

export const cors: AnnotationFamily = {
  title: "CORS",
  entries: [
    {
      name: "enable-cors",
      class: "E",
      guards: false,
      summary: "Adds CORS headers to every answer and answers preflight requests (204).",
      inert: FALSE,
      together: "Honoured.",
    },
    {
      name: "cors-allow-origin",
      class: "E",
      guards: false,
      summary: "The origins that are allowed.",
      inert: ["*"],
      together: "Honoured; the whole Origin is compared, where ingress-nginx compares how it ends.",
    },
    {
      name: "cors-allow-methods",
      class: "E",
      guards: false,
      summary: "`Access-Control-Allow-Methods`.",
      together: "Honoured.",
    },
    {
      name: "cors-allow-headers",
      class: "E",
      guards: false,
      summary: "`Access-Control-Allow-Headers`.",
      together: "Honoured.",
    },
    {
      name: "cors-expose-headers",
      class: "E",
      guards: false,
      summary: "`Access-Control-Expose-Headers`.",
      together: "Honoured.",
    },
    {
      name: "cors-allow-credentials",
      class: "E",
      guards: false,
      summary: "`Access-Control-Allow-Credentials`; on unless `false`.",
      inert: TRUE,
      together: "Honoured.",
    },
    {
      name: "cors-max-age",
      class: "E",
      guards: false,
      summary: "`Access-Control-Max-Age`, in seconds.",
      inert: ["1728000"],
      together: "Honoured.",
    },
  ],
  settle(written) {
    const values = new FamilyValues(written);
    const enabled = values.boolean("enable-cors", false);
    const value: Cors = {
      allowOrigins: values.get("cors-allow-origin", (text) => readOrigins(text, values)) ?? DEFAULT_CORS.allowOrigins,
      allowCredentials: values.boolean("cors-allow-credentials", true) ?? true,
      allowMethods: values.get("cors-allow-methods", readMethods) ?? DEFAULT_CORS.allowMethods,
      allowHeaders: values.get("cors-allow-headers", readHeaders) ?? DEFAULT_CORS.allowHeaders,
      exposeHeaders: values.get("cors-expose-headers", readExposed) ?? DEFAULT_CORS.exposeHeaders,
      maxAge: values.get("cors-max-age", readSeconds) ?? DEFAULT_CORS.maxAge,
    };
    const { findings, isSound } = values;
    const settings = [{ name: "enable-cors", setting: { field: "cors", value } }] as const;
    return { settings: enabled && isSound ? settings : [], findings };
  },
};

/** An entry that ingress-nginx goes on without where it lacks the scheme; anything else makes its whole list `*`. */
const ENTRY = /^(?:([a-z]+:\/\/)?(?:\*\.)?[A-Za-z0-9.-]*(?::\d+)?|null)$/;

function readOrigins(text: string, { findings }: FamilyValues): readonly string[] | Unreadable {
  const entries = text.split(",").map((entry) => entry.trim());
  if (entries.includes("*")) return ["*"];
  const origins: string[] = [];
  for (const [index, entry] of entries.entries()) {
    const parts = ENTRY.exec(entry);
    if (parts === null) return { problem: `has something else than an origin as entry ${index + 1}` };
    if (parts[1] !== undefined || entry === "null") origins.push(entry.toLowerCase());
    else if (entry !== "") {
      findings.push({ name: "cors-allow-origin", code: "EI4015", says: `has no scheme in entry ${index + 1}` });
    }
  }
  return origins;
}

/** Go's `^([A-Za-z]+,?\s?)+$` without its backtracking: names with a comma, a space or both between. */
function readMethods(text: string): string | Unreadable {
  return /^[A-Za-z]+(?:(?:,[ \t]?|[ \t])[A-Za-z]+)*,?$/.test(text)
    ? text
    : { problem: "must be methods with a comma between" };
}

function readHeaders(text: string): string | Unreadable {
  return /^[A-Za-z0-9_, -]*$/.test(text) ? text : { problem: "must be names of headers with commas between" };
}

function readExposed(text: string): string | Unreadable {
  return /^[A-Za-z0-9_*-]+(?:(?:,[ \t]?|[ \t])[A-Za-z0-9_*-]+)*,?$/.test(text)
    ? text
    : { problem: "must be names of headers, or `*`, with a comma between" };
}

/** Go's `strconv.Atoi`. */
function readSeconds(text: string): string | Unreadable {
  const seconds = Number(text);
  return /^[+-]?\d+$/.test(text) && Number.isSafeInteger(seconds)
    ? String(seconds)
    : { problem: "must be a whole number of seconds" };
}
