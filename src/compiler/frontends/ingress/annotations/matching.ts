import { type AnnotationFamily, FALSE } from "./entry.ts";

export const matching: AnnotationFamily = {
  title: "Matching and rewriting",
  entries: [
    {
      name: "use-regex",
      class: "E",
      guards: false,
      summary: "Reads all paths of the host, of every Ingress, as case-insensitive regular expressions.",
      inert: FALSE,
    },
    {
      name: "rewrite-target",
      class: "E",
      guards: false,
      summary: "Replaces the path before forwarding, with captures; turns the whole host to regular expressions.",
    },
    {
      name: "app-root",
      class: "E",
      guards: false,
      summary: "Redirects `/` of the host to this path (302).",
    },
    {
      name: "preserve-trailing-slash",
      class: "E",
      guards: false,
      summary: "Keeps the trailing slash in the redirect to https.",
      inert: FALSE,
    },
    {
      name: "enable-rewrite-log",
      class: "C",
      guards: false,
      summary: "Writes rewrites to the error log.",
    },
    {
      name: "x-forwarded-prefix",
      class: "E",
      guards: false,
      summary: "Sends `X-Forwarded-Prefix` to the backend where `rewrite-target` changed the path.",
    },
  ],
};
