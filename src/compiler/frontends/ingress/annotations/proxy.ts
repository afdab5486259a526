import { DEFAULT_TIMEOUTS } from "../../../ir/rule.ts";
import { readBodySize } from "./body-size.ts";
import { type AnnotationFamily, type AnnotationReading, FALSE, type Remark, TRUE } from "./entry.ts";

/** nginx counts between two reads of the answer; the edge counts to its headers, which is where most time-outs are. */
const HEADERS_ONLY: Remark = {
  code: "EI4008",
  says: "bounds the wait for the answer's headers; pauses within its body are not bounded",
};

/** `fetch` has one wait, until the answer's headers. */
function parseOtherTimeout(value: string): AnnotationReading {
  if (!/^\d{1,9}$/.test(value)) return { ok: false, problem: "is not a whole number of seconds" };
  const says = "has no timer of its own: the wait for the answer's headers (proxy-read-timeout) includes it";
  return { ok: true, effect: {}, remarks: [{ code: "EI4008", says }] };
}

function parseReadTimeout(value: string): AnnotationReading {
  if (!/^\d{1,9}$/.test(value)) return { ok: false, problem: "is not a whole number of seconds" };
  const seconds = Number(value);
  if (seconds === 0) return { ok: false, problem: "is not a whole number of seconds above 0", ofEdge: true };
  const asked = seconds * 1000;
  const most = DEFAULT_TIMEOUTS.request;
  if (asked <= most) return { ok: true, effect: { timeouts: { backendRequest: asked } }, remarks: [HEADERS_ONLY] };
  const bounded: Remark = { code: "EI4007", says: `is more than the ${most / 1000} s that the edge waits in all` };
  return { ok: true, effect: { timeouts: { backendRequest: most } }, remarks: [bounded, HEADERS_ONLY] };
}

export const proxy: AnnotationFamily = {
  title: "Proxy settings",
  entries: [
    {
      name: "proxy-body-size",
      class: "E",
      guards: true,
      summary: "The size of a request body over which the answer is 413; `0` for no limit.",
      together:
        "Honoured, also where the length is not told; what is no size comes to 1m, as in nginx, and is a warning.",
    },
    {
      name: "proxy-connect-timeout",
      class: "P",
      guards: false,
      summary: "How long a connection to a pod may take, in seconds.",
      read: { does: "is part of the wait for the answer's headers, with an info", parse: parseOtherTimeout },
    },
    {
      name: "proxy-read-timeout",
      class: "P",
      guards: false,
      summary: "How long a pod may be silent before the answer is 504, in seconds.",
      read: {
        does: `bounds the wait for the answer's headers, at most ${DEFAULT_TIMEOUTS.request / 1000} s`,
        parse: parseReadTimeout,
      },
    },
    {
      name: "proxy-send-timeout",
      class: "P",
      guards: false,
      summary: "How long a pod may leave the request unread before the answer is 504, in seconds.",
      read: { does: "is part of the wait for the answer's headers, with an info", parse: parseOtherTimeout },
    },
    {
      name: "proxy-http-version",
      class: "N",
      guards: false,
      summary: "The version of HTTP to the pods.",
      inert: ["1.1"],
      instead:
        "Take it away: the platform chooses the version of HTTP to a cluster, and the cluster's own ingress that to the pods.",
    },
    {
      name: "proxy-buffering",
      class: "C",
      guards: false,
      summary: "Buffers answers.",
    },
    {
      name: "proxy-request-buffering",
      class: "C",
      guards: false,
      summary: "Reads the whole request before a pod is asked.",
    },
    {
      name: "proxy-buffers-number",
      class: "C",
      guards: false,
      summary: "How many buffers an answer has.",
    },
    {
      name: "proxy-buffer-size",
      class: "C",
      guards: false,
      summary: "The buffer for the headers of an answer.",
    },
    {
      name: "proxy-busy-buffers-size",
      class: "C",
      guards: false,
      summary: "How much of the buffers may be on the way to the client.",
    },
    {
      name: "proxy-max-temp-file-size",
      class: "C",
      guards: false,
      summary: "How much of an answer may be kept in a file.",
    },
    {
      name: "client-body-buffer-size",
      class: "C",
      guards: false,
      summary: "The buffer for the body of a request.",
    },
    {
      name: "http2-push-preload",
      class: "N",
      guards: false,
      summary: "Pushes what `Link` headers name, which no browser takes any more.",
      inert: FALSE,
      instead:
        "Take it away: no browser takes pushes any more; send `Link` headers and 103 Early Hints from the application.",
    },
    {
      name: "enable-access-log",
      class: "P",
      guards: false,
      summary: "`false` keeps requests out of the access log.",
      inert: TRUE,
    },
  ],
  settle: readBodySize,
};
