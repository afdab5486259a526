import type { Disagreement } from "../compare.ts";
import type { WantedDifference } from "../differences.ts";
import { ANSWER } from "../wire/backend.ts";
import { headerOf } from "../wire/messages.ts";
import { sameUrl } from "./paths.ts";

/** Statuses and other places. */
export const OF_ANSWERS: readonly WantedDifference[] = [
  {
    edge: "What nobody serves gets 404 whatever the size of its body",
    nginx: "413 over the limit of the host's oldest Ingress",
    reason: "there is no rule whose limit it would be",
    covers: ({ what, nginx, edge }) => what === "status" && nginx === "413" && edge === "404",
  },
  {
    edge: "A Service that nothing listens for gets 502",
    nginx: "503 where it has no endpoints",
    reason: "the edge knows addresses, and not how many endpoints are behind them",
    covers: ({ what, nginx, edge, outcomes }) =>
      what === "status" && nginx === "503" && edge === "502" && outcomes.nginx.seen.length === 0,
  },
  {
    edge: "`custom-http-errors` without `default-backend` and `--default-backend` leaves answers as they are",
    nginx: "the answer of the controller's own default backend",
    reason: "there is none at the edge: a warning says so (EI4002)",
    covers: ({ what, nginx, edge, asked, outcomes }) =>
      outcomes.nginx.seen.length === 1 &&
      ((what === "status" && nginx === "404" && edge === "503" && answerOf(asked) === "unavailable") ||
        (/^header (?:content-type|x-backend)$/.test(what) && answerOf(asked) === "notFound")),
  },
  {
    edge: "A list answers 403 where nobody serves the path, `custom-http-errors` or not",
    nginx: "the controller's own default backend is asked for a page, and has 404",
    reason: "there is none at the edge",
    covers: ({ what, nginx, edge, outcomes }) =>
      what === "status" && nginx === "404" && edge === "403" && outcomes.nginx.seen.length === 0,
  },
  {
    edge: "Pages for errors are asked with all headers that Services get",
    nginx: "`X-Forwarded-For` alone; what a client claims in `X-Real-IP`, `X-Forwarded-Proto` and the like goes on",
    reason: "nobody is to believe what clients claim",
    covers: (disagreement) =>
      isPage(disagreement) &&
      /^upstream header x-(?:real-ip|forwarded-(?:host|port|proto|scheme)|scheme|original-forwarded-(?:for|host))$/.test(
        disagreement.what,
      ),
  },
  {
    edge: "Pages for errors are asked without `Proxy`",
    nginx: "with it, where a client sends one",
    reason: "CVE-2016-5385",
    covers: (disagreement) => isPage(disagreement) && disagreement.what === "upstream header proxy",
  },
  {
    edge: "Pages for errors, and `default-backend` in the place of a Service, are asked without the request's body",
    nginx: "with it",
    reason: "the Service has had it: it is passed on as it comes, and not kept",
    covers: (disagreement) => isPage(disagreement) && disagreement.what === "upstream body" && disagreement.edge === "",
  },
  {
    edge: "`default-backend` in the place of a Service gets `X-Request-ID` once",
    nginx: "twice: the template sets it in two places",
    reason: "the second says nothing more",
    covers: ({ what, nginx, edge }) => what === "upstream header x-request-id" && nginx === `${edge} | ${edge}`,
  },
  {
    edge: "`from-to-www-redirect` leads to the port that the client named",
    nginx: "to 80 or 443",
    reason: "the platform serves several ports; the client keeps its own",
    covers: ({ what, nginx, edge, asked }) => {
      const port = /:(\d+)$/.exec(asked.host)?.[1];
      const there = nginx?.replace(/^(https?:\/\/[^/:]*):\d+/, `$1:${port}`);
      return what === "header location" && there !== undefined && edge !== null && sameUrl(there, edge);
    },
  },
  {
    edge: "A `Location` that `proxy-redirect-to` makes a path stays a path",
    nginx: "it becomes a URL of the host",
    reason: "clients resolve it against the same address",
    covers: ({ what, nginx, edge }) =>
      what === "header location" && edge !== null && edge.startsWith("/") && nginx === `http://shop.test${edge}`,
  },
];

/** Whether the last that was asked is the default backend. */
function isPage({ outcomes: { edge } }: Disagreement): boolean {
  return headerOf(edge.seen.at(-1)?.headers ?? [], "x-code") !== undefined;
}

function answerOf({ headers }: Disagreement["asked"]): string | undefined {
  return headerOf(headers, ANSWER);
}
