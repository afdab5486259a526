import type { AnnotationFamily } from "./entry.ts";
import { readRequestLimits } from "./request-limits.ts";

export const limits: AnnotationFamily = {
  title: "Rate limits",
  entries: [
    {
      name: "limit-rps",
      class: "P",
      guards: true,
      summary: "Requests per second and client address; more get 503.",
      inert: ["0"],
      together:
        "Honoured by a Durable Object, for all places together; the rate and `limit-burst-multiplier` times as many at once, and one.",
    },
    {
      name: "limit-rpm",
      class: "P",
      guards: true,
      summary: "Requests per minute and client address; more get 503.",
      inert: ["0"],
      together: "The same; both have to pass where both are written.",
    },
    {
      name: "limit-burst-multiplier",
      class: "P",
      guards: true,
      summary: "How many times the rate may pass at once.",
      inert: ["5"],
      together: "Honoured.",
    },
    {
      name: "limit-connections",
      class: "P",
      guards: true,
      summary: "Requests of one client address at a time; more get 503.",
      inert: ["0"],
    },
    {
      name: "limit-rate",
      class: "N",
      guards: true,
      summary: "How many kilobytes of an answer are sent per second.",
      inert: ["0"],
    },
    {
      name: "limit-rate-after",
      class: "N",
      guards: true,
      summary: "After how many kilobytes `limit-rate` begins.",
      inert: ["0"],
    },
    {
      name: "limit-allowlist",
      class: "E",
      guards: true,
      summary: "Client addresses that no limit of the Ingress applies to.",
      together: "Honoured; a list that can't be read is an error.",
    },
    {
      name: "limit-whitelist",
      class: "E",
      guards: true,
      summary: "The older name of `limit-allowlist`.",
      together: "Honoured where `limit-allowlist` is not there.",
    },
  ],
  settle: readRequestLimits,
};
