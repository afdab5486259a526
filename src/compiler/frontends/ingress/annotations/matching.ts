import { type AnnotationFamily, type AnnotationReading, FALSE, TRUE } from "./entry.ts";

/** Refused, not passed over: requests would go to other Services than they do in ingress-nginx. */
function parseUseRegex(value: string): AnnotationReading {
  if (!TRUE.includes(value)) return { ok: false, problem: "is neither true nor false" };
  const problem = "makes the paths of its hosts regular expressions, which this version does not read";
  return { ok: false, code: "EI4014", problem };
}

export const matching: AnnotationFamily = {
  title: "Matching and rewriting",
  entries: [
    {
      name: "use-regex",
      class: "E",
      guards: false,
      summary: "Reads all paths of the host, of every Ingress, as case-insensitive regular expressions.",
      inert: FALSE,
      read: { does: "**error**: paths are not read as patterns", parse: parseUseRegex },
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
