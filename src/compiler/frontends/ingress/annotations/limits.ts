import { readBandwidth } from "./bandwidth.ts";
import { readConnectionLimit } from "./connection-limit.ts";
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
      together:
        "Honoured by a Durable Object, for all places together: requests under way, until the end of their answer; a status by `limit-conn-status-code` of the controller's ConfigMap.",
    },
    {
      name: "limit-rate",
      class: "P",
      guards: true,
      summary: "How many kilobytes of an answer are sent per second.",
      together: "Honoured where the edge goes to the Service itself; what is no whole number is an error.",
    },
    {
      name: "limit-rate-after",
      class: "P",
      guards: true,
      summary: "After how many kilobytes `limit-rate` begins.",
      together: "Honoured with `limit-rate`.",
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
  settle(values, context) {
    const readings = [readRequestLimits(values, context), readConnectionLimit(values, context), readBandwidth(values)];
    return {
      settings: readings.flatMap(({ settings }) => settings),
      findings: readings.flatMap(({ findings }) => findings),
    };
  },
};
