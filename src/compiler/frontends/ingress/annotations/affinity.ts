import { type AnnotationFamily, FALSE } from "./entry.ts";

export const affinity: AnnotationFamily = {
  title: "Session affinity",
  entries: [
    {
      name: "affinity",
      class: "P",
      guards: false,
      summary: "Keeps a client on one pod by a `cookie`.",
    },
    {
      name: "affinity-mode",
      class: "C",
      guards: false,
      summary: "Whether clients move when pods are added: `balanced` or `persistent`.",
    },
    {
      name: "session-cookie-name",
      class: "P",
      guards: false,
      summary: "The name of the cookie, INGRESSCOOKIE by default.",
    },
    {
      name: "session-cookie-path",
      class: "P",
      guards: false,
      summary: "`Path` of the cookie.",
    },
    {
      name: "session-cookie-domain",
      class: "P",
      guards: false,
      summary: "`Domain` of the cookie.",
    },
    {
      name: "session-cookie-expires",
      class: "P",
      guards: false,
      summary: "`Expires` of the cookie, in seconds from now.",
    },
    {
      name: "session-cookie-max-age",
      class: "P",
      guards: false,
      summary: "`Max-Age` of the cookie.",
    },
    {
      name: "session-cookie-samesite",
      class: "P",
      guards: false,
      summary: "`SameSite` of the cookie.",
    },
    {
      name: "session-cookie-conditional-samesite-none",
      class: "P",
      guards: false,
      summary: "Leaves `SameSite=None` out for browsers that misread it.",
      inert: FALSE,
    },
    {
      name: "session-cookie-secure",
      class: "P",
      guards: false,
      summary: "Marks the cookie `Secure` on http too.",
      inert: FALSE,
    },
    {
      name: "session-cookie-change-on-failure",
      class: "P",
      guards: false,
      summary: "Moves the client to another pod after a failed try.",
      inert: FALSE,
    },
  ],
};
