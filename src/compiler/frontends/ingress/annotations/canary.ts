import { type AnnotationFamily, type AnnotationReading, FALSE, TRUE } from "./entry.ts";

/**
 * A canary Ingress makes no host or path of its own in ingress-nginx, it only takes a share of another Ingress. Served
 * as an ordinary one it would compete with that Ingress for all requests; left out, the other keeps them.
 */
function parseCanary(value: string): AnnotationReading {
  if (!TRUE.includes(value)) return { ok: false, problem: "is neither true nor false" };
  return {
    ok: true,
    effect: { leftOut: true },
    remarks: [
      { code: "EI4013", says: "makes this Ingress a canary: it is left out, and the main Ingress takes every request" },
    ],
  };
}

export const canary: AnnotationFamily = {
  title: "Canary",
  entries: [
    {
      name: "canary",
      class: "E",
      guards: false,
      summary: "Makes the Ingress an alternative to the one with the same host and path.",
      inert: FALSE,
      read: { does: "the canary Ingress is left out, with a warning", parse: parseCanary },
    },
    {
      name: "canary-by-header",
      class: "E",
      guards: false,
      summary: "The header that chooses: `always` for the canary, `never` for the main Ingress.",
    },
    {
      name: "canary-by-header-value",
      class: "E",
      guards: false,
      summary: "The value of the header that chooses the canary, instead of `always` and `never`.",
    },
    {
      name: "canary-by-header-pattern",
      class: "P",
      guards: false,
      summary: "A regular expression (PCRE) for the value of the header that chooses the canary.",
    },
    {
      name: "canary-by-cookie",
      class: "E",
      guards: false,
      summary: "The cookie that chooses: `always` for the canary, `never` for the main Ingress.",
    },
    {
      name: "canary-weight",
      class: "E",
      guards: false,
      summary: "The share of the remaining requests that the canary takes, drawn per request.",
      inert: ["0"],
    },
    {
      name: "canary-weight-total",
      class: "E",
      guards: false,
      summary: "What `canary-weight` is a share of, at least 100.",
      inert: ["100"],
    },
    {
      name: "affinity-canary-behavior",
      class: "P",
      guards: false,
      summary: "Whether an affinity cookie of the canary is honoured before the rules above.",
      inert: ["sticky"],
    },
  ],
};
