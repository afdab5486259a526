import type { Disagreement } from "../compare.ts";
import type { WantedDifference } from "../differences.ts";
import { headerOf } from "../wire/messages.ts";

/** Headers that only one of both sets, or takes off. */
export const OF_HEADERS: readonly WantedDifference[] = [
  {
    edge: "Every answer has `X-Request-ID`",
    nginx: "none has, unless a Service sets it",
    reason: "who reports a fault can name the request",
    covers: ({ what, nginx, outcomes }) =>
      what === "header x-request-id" && nginx === null && !isParsers(outcomes.edge.answer),
  },
  {
    edge: "The edge's own answers are `application/problem+json`, with `Cache-Control: no-store`",
    nginx: "pages of HTML",
    reason: "programs can read them (RFC 9457), and no cache keeps a failure",
    covers: ({ what, edge, outcomes }) =>
      (what === "header content-type" && isOwn(edge)) ||
      (what === "header cache-control" && /no-store/.test(edge ?? "") && isOwn(typeOf(outcomes.edge.answer))),
  },
  {
    edge: "400 of workerd's HTTP parser is `text/plain`",
    nginx: "a page of HTML",
    reason: "the edge never sees such a request",
    covers: ({ what, outcomes }) => what === "header content-type" && isParsers(outcomes.edge.answer),
  },
  {
    edge: "Redirects have no body, and so no `Content-Type`",
    nginx: "pages of HTML",
    reason: "nobody sees them",
    covers: ({ what, edge, outcomes }) =>
      what === "header content-type" && edge === null && /^\S+ 30[1-8]\b/.test(outcomes.edge.answer?.start ?? ""),
  },
  {
    edge: "A preflight's answer has `Content-Type: text/plain charset=UTF-8`",
    nginx: "the header that the controller asks for is taken off a 204",
    reason: "it is what the controller's template says, and means nothing without a body",
    covers: ({ what, nginx, outcomes }) =>
      what === "header content-type" && nginx === null && /^\S+ 204\b/.test(outcomes.edge.answer?.start ?? ""),
  },
  {
    edge: "Answers of what is guarded are `Cache-Control: private`",
    nginx: "as the Service sends them",
    reason: "a cache in front would give one's answer to another",
    covers: ({ what, nginx, edge }) =>
      what === "header cache-control" && edge === (nginx === null ? "private" : `private, ${nginx}`),
  },
  {
    edge: "`Strict-Transport-Security` is sent on hosts with `tls` alone",
    nginx: "by https on all, also where it has but a certificate of its own making",
    reason:
      "at the edge every host has a certificate, and browsers would keep to https for a year where nobody asked for it",
    covers: ({ what, nginx, edge }) => what === "header strict-transport-security" && nginx !== null && edge === null,
  },
  {
    edge: "`Forwarded`, `X-Forwarded-Prefix`, `X-Original-URI` and `X-Original-URL` of clients are taken off",
    nginx: "passed on",
    reason: "applications believe them",
    covers: ({ what, edge }) =>
      /^upstream header (?:forwarded|x-forwarded-prefix|x-original-ur[il])$/.test(what) && edge === null,
  },
  {
    edge: "`X-Forwarded-Prefix` has bytes beyond ASCII escaped",
    nginx: "decoded from the path",
    reason: "a header's value is ASCII (RFC 9110 §5.5)",
    covers: ({ what, nginx, edge }) =>
      what === "upstream header x-forwarded-prefix" &&
      nginx?.replace(/[\u0080-\u00ff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`) === edge,
  },
  {
    edge: "`X-Forwarded-Port` is the port that the client named",
    nginx: "80 or 443",
    reason: "the platform serves several ports",
    covers: ({ what, edge, asked }) => what === "upstream header x-forwarded-port" && asked.host.endsWith(`:${edge}`),
  },
  {
    edge: "`TE`, and headers that `Connection` names, are taken off",
    nginx: "passed on",
    reason: "they are of one connection (RFC 9110 §7.6.1)",
    covers: ({ what, edge, asked }) => {
      const named = headerOf(asked.headers, "connection")?.toLowerCase();
      return edge === null && ["te", named].some((name) => what === `upstream header ${name}`);
    },
  },
  {
    edge: "A `User-Agent` without a value is taken off",
    nginx: "passed on",
    reason: "the runtime does it",
    covers: ({ what, nginx, edge }) => what === "upstream header user-agent" && nginx === "" && edge === null,
  },
  {
    edge: "`Host` goes on as it was compared: in lower case, without a dot at its end and without the port of its scheme",
    nginx: "as it was sent",
    reason: "what was matched is what is seen; `X-Forwarded-Host` has it as sent",
    covers: ({ what, nginx, edge }) =>
      what === "upstream header host" && nginx !== null && comparedHost(nginx) === edge,
  },
  {
    edge: "By https `X-Forwarded-Host`, and `Location` of `app-root`, have the Host in lower case and without the port of its scheme",
    nginx: "as it was sent",
    reason: "the TLS front of `dev` makes the request anew, from a URL, as the platform does",
    covers: ({ what, nginx, edge, asked }) =>
      ["upstream header x-forwarded-host", "header location"].includes(what) &&
      asked.https &&
      nginx?.toLowerCase().replace(/:443(?=$|\/)/, "") === edge?.replace(/:443(?=$|\/)/, ""),
  },
];

type Answer = Disagreement["outcomes"]["edge"]["answer"];

function typeOf(answer: Answer): string | null {
  return headerOf(answer?.headers ?? [], "content-type") ?? null;
}

function isOwn(type: string | null): boolean {
  return type === "application/problem+json" || type === "text/html; charset=utf-8";
}

/** Answers of the edge itself name the request. */
function isParsers(answer: Answer): boolean {
  return answer?.start.startsWith("HTTP/1.1 400") === true && headerOf(answer.headers, "x-request-id") === undefined;
}

function comparedHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/:(?:80|443)$/, "")
    .replace(/\.(?=$|:)/, "");
}
