import { type AnnotationFamily, FALSE } from "./entry.ts";

export const redirects: AnnotationFamily = {
  title: "Redirects",
  entries: [
    {
      name: "ssl-redirect",
      class: "E",
      guards: false,
      summary: "Redirects http to https (308) on hosts with a certificate; on unless `false`.",
      inert: FALSE,
    },
    {
      name: "force-ssl-redirect",
      class: "E",
      guards: false,
      summary: "Redirects http to https (308) even on hosts without a certificate.",
      inert: FALSE,
    },
    {
      name: "use-port-in-redirects",
      class: "E",
      guards: false,
      summary: "Writes the port in the redirect to https.",
      inert: FALSE,
    },
    {
      name: "permanent-redirect",
      class: "E",
      guards: false,
      summary: "Answers every request with a redirect to this address (301), without its path and query.",
    },
    {
      name: "permanent-redirect-code",
      class: "E",
      guards: false,
      summary: "The status of `permanent-redirect`, 300 to 308.",
      inert: ["301"],
    },
    {
      name: "temporal-redirect",
      class: "E",
      guards: false,
      summary: "Answers every request with a redirect to this URL (302); beats `permanent-redirect`.",
    },
    {
      name: "temporal-redirect-code",
      class: "E",
      guards: false,
      summary: "The status of `temporal-redirect`, 300 to 307.",
      inert: ["302"],
    },
    {
      name: "relative-redirects",
      class: "E",
      guards: false,
      summary: "Keeps `Location` relative in the redirects that nginx itself makes.",
      inert: FALSE,
    },
    {
      name: "from-to-www-redirect",
      class: "E",
      guards: false,
      summary: "Redirects `x` to `www.x`, or the reverse, whichever the rule does not name (308).",
      inert: FALSE,
    },
  ],
};
