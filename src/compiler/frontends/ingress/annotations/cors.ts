import { type AnnotationFamily, FALSE, TRUE } from "./entry.ts";

export const cors: AnnotationFamily = {
  title: "CORS",
  entries: [
    {
      name: "enable-cors",
      class: "E",
      guards: false,
      summary: "Adds CORS headers to every answer and answers preflight requests (204).",
      inert: FALSE,
    },
    {
      name: "cors-allow-origin",
      class: "E",
      guards: false,
      summary: "The origins that are allowed.",
      inert: ["*"],
    },
    {
      name: "cors-allow-methods",
      class: "E",
      guards: false,
      summary: "`Access-Control-Allow-Methods`.",
    },
    {
      name: "cors-allow-headers",
      class: "E",
      guards: false,
      summary: "`Access-Control-Allow-Headers`.",
    },
    {
      name: "cors-expose-headers",
      class: "E",
      guards: false,
      summary: "`Access-Control-Expose-Headers`.",
    },
    {
      name: "cors-allow-credentials",
      class: "E",
      guards: false,
      summary: "`Access-Control-Allow-Credentials`; on unless `false`.",
      inert: TRUE,
    },
    {
      name: "cors-max-age",
      class: "E",
      guards: false,
      summary: "`Access-Control-Max-Age`, in seconds.",
      inert: ["1728000"],
    },
  ],
};
