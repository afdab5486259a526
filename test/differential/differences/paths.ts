import type { Disagreement } from "../compare.ts";
import type { WantedDifference } from "../differences.ts";

/** What `docs/normalisation.md` has otherwise than nginx. */
export const OF_PATHS: readonly WantedDifference[] = [
  {
    edge: "The path goes on as it was matched: escapes of unreserved characters decoded, dot segments resolved, the hex digits of other escapes in upper case",
    nginx: "as it was sent",
    reason: "no server behind the edge finds another path in it than the one whose guards it passed",
    covers: ({ what, nginx, edge }) => what === "upstream target" && nginx !== null && normalised(nginx) === edge,
  },
  {
    edge: "`Location`, and `X-Original-URI` of pages for errors, have the path as it was matched",
    nginx: "as it was sent",
    reason: "the same",
    covers: ({ what, nginx, edge }) =>
      ["header location", "upstream header x-original-uri"].includes(what) &&
      nginx !== null &&
      edge !== null &&
      sameUrl(nginx, edge),
  },
  {
    edge: "A path that can be read in two ways, by two rules, gets 400: `//`, `%2F`, `%5C`, `;`",
    nginx: "one of the readings",
    reason: "the Service may take it for one that is guarded otherwise",
    covers: (disagreement) => isRefused(disagreement) && /\/\/|%2f|%5c|;|%3b/i.test(pathOf(disagreement)),
  },
  {
    edge: "A path that is not well-formed gets 400: a backslash, `%zz`, dot segments that only some see, with patterns also an escaped control character",
    nginx: "taken as it is",
    reason: "servers decode it in different ways, or not at all",
    covers: (disagreement) =>
      isRefused(disagreement) && /\\|%(?![0-9a-f]{2})|%2e|\/\.\.?(?:\/|$)|%[01]./i.test(pathOf(disagreement)),
  },
  {
    edge: "A path with raw `<`, `` ` `` or bytes beyond ASCII gets 400 of workerd's HTTP parser",
    nginx: "taken as it is",
    reason: "the edge never sees such a request",
    covers: (disagreement) => isRefused(disagreement) && /[<>`\u0080-\u00ff]/.test(disagreement.asked.target),
  },
  {
    edge: "`//` counts as a segment where `..` follows it",
    nginx: "slashes are merged before `..` is resolved, so that it climbs further",
    reason: "RFC 3986 §5.2.4; what was matched is what is forwarded",
    covers: (disagreement) =>
      isPathOrOutcome(disagreement) && /\/\//.test(pathOf(disagreement)) && /\.\.|%2e/i.test(pathOf(disagreement)),
  },
  {
    edge: "`%2F` and `%5C` are no slash and no backslash, and where such a sign or `;` stands beside `//` slashes are not merged: a path that no rule takes as it stands gets 404",
    nginx: "escapes are decoded and slashes merged before locations are looked up",
    reason: "a Service may read it either way",
    covers: (disagreement) => {
      const path = pathOf(disagreement);
      return isOutcome(disagreement) && statusOf(disagreement) === "404" && /%2f|%5c|\/\/.*;|;.*\/\//i.test(path);
    },
  },
  {
    edge: "A host that ends in a number and is no IPv4 address gets 400",
    nginx: "a name like others",
    reason: "the URL standard takes it for an address",
    covers: (disagreement) => isRefused(disagreement) && /\d\.?(?::\d+)?$/.test(disagreement.asked.host),
  },
  {
    edge: "A request with a fragment goes on without it",
    nginx: "`#` and what follows stays",
    reason: "no client sends one (RFC 9110 §4.2.5), and servers differ about it",
    covers: ({ what, nginx, edge, asked }) =>
      what === "upstream target" && nginx !== null && asked.target.includes("#") && normalised(cut(nginx)) === edge,
  },
  {
    edge: '`"`, `^`, `{` and `}` in a path are escaped when it is forwarded',
    nginx: "as they were sent",
    reason: "the URL standard escapes them, so the runtime would",
    covers: ({ what, nginx, edge }) =>
      what === "upstream target" && nginx !== null && /["^{}]/.test(nginx) && asUrl(normalised(nginx)) === edge,
  },
  {
    edge: "By https a path comes with its dot segments resolved and `\\` turned",
    nginx: "as it was sent, and 400 where `..` leads above the root",
    reason: "the TLS front of `dev` makes the request anew, from a URL, as the platform does",
    covers: (disagreement) =>
      disagreement.asked.https && /\.\.|%2e|\\/i.test(pathOf(disagreement)) && isPathOrOutcome(disagreement),
  },
];

function pathOf({ asked }: Disagreement): string {
  return asked.target.split(/[?#]/, 1)[0] as string;
}

/** The edge's own 400: of one status both may be by chance. */
function isRefused(disagreement: Disagreement): boolean {
  const { edge } = disagreement.outcomes;
  return isOutcome(disagreement) && statusOf(disagreement) === "400" && edge.seen.length === 0;
}

function statusOf({ outcomes: { edge } }: Disagreement): string | undefined {
  return edge.answer?.start.split(" ")[1];
}

function isOutcome({ what }: Disagreement): boolean {
  return what === "status" || what === "services";
}

function isPathOrOutcome(disagreement: Disagreement): boolean {
  return isOutcome(disagreement) || ["upstream target", "header location"].includes(disagreement.what);
}

const cut = (target: string) => target.replace(/#.*$/, "");

function asUrl(target: string): string {
  const [path = "", ...query] = target.split("?");
  return [path.replace(/["^{}]/g, encodeURIComponent), ...query].join("?");
}

/** A path and query in the form that is compared, but for what is refused. */
function normalised(target: string): string {
  const mark = target.indexOf("?");
  const [path, query] = mark < 0 ? [target, ""] : [target.slice(0, mark), target.slice(mark)];
  const decoded = path.replace(/%[0-9a-f]{2}/gi, (triplet) => {
    const character = String.fromCharCode(Number.parseInt(triplet.slice(1), 16));
    return /[A-Za-z0-9\-._~]/.test(character) ? character : triplet.toUpperCase();
  });
  return withoutDots(decoded) + query;
}

function withoutDots(path: string): string {
  const kept: string[] = [];
  const segments = path.split("/").slice(1);
  for (const [index, segment] of segments.entries()) {
    if (segment === "..") kept.pop();
    if (segment !== "." && segment !== "..") kept.push(segment);
    else if (index === segments.length - 1) kept.push("");
  }
  return `/${kept.join("/")}`;
}

/** Alike once paths are normalised; a redirect to https has cut one slash at the end of what it repeats. */
export function sameUrl(one: string, other: string): boolean {
  const [, start = "", path = "/"] = /^([a-z]+:\/\/[^/]*)?(\/.*)?$/.exec(cut(one)) ?? [];
  const whole = asUrl(normalised(path));
  return [whole, whole.replace(/\/$/, "")].some((each) => start + each === other);
}
