import { expect, test } from "vitest";
import { parseTemplate } from "../../src/compiler/resources/templates.ts";
import { expand, expandLocation, expandPath } from "../../src/table/expand.ts";
import type { Template } from "../../src/table/policies/template.ts";
import { normaliseTarget } from "../../src/table/target.ts";
import { fc } from "../support/properties.ts";

function templateOf(text: string): Template {
  const parsed = parseTemplate(text);
  if ("problem" in parsed) throw new Error(parsed.problem);
  return parsed;
}

/** A request as stages see it. */
function visitOf(url: string, headers: Record<string, string> = {}) {
  const normalised = normaliseTarget(url);
  if (!normalised.ok) return null;
  const client = {
    address: "192.0.2.1",
    isPeer: true,
    scheme: "http",
    forwardedFor: "192.0.2.1",
    forwardedHost: "shop.test",
    forwardedProto: "http",
    forwardedPort: "80",
  } as const;
  return { request: new Request("http://shop.test/", { headers }), target: normalised.target, client, requestId: "id" };
}

/** What a header may hold; blanks at its ends are nobody's. */
const value = fc
  .array(
    fc.oneof(
      fc.constantFrom("/", "..", ".", "%2e", "%2F", "?", "#", "&", "=", "\\", "strict=0", ";"),
      fc.string({ maxLength: 3 }),
    ),
  )
  .map((parts) =>
    parts
      .join("")
      .replace(/[^ -~]/g, "")
      .trim(),
  );

test("whatever a client writes, a URL that it stands in has the parts that were written, and it in its place", () => {
  const template = templateOf("/check/$http_x/go?u=$http_y&c=$cookie_c&strict=1");
  fc.assert(
    fc.property(value, value, (x, y) => {
      const visit = visitOf("http://shop.test/", { x, y, cookie: `c=${y.replaceAll(";", "")}` });
      const path = visit === null ? null : expandPath(template, visit);
      if (path === null) return /^(?:\.{1,2})$/.test(x);
      const url = new URL(`http://auth.test${path}`);
      const segments = url.pathname.split("/");
      return (
        url.hash === "" &&
        segments.length === 4 &&
        segments[1] === "check" &&
        decodeURIComponent(segments[2] ?? "") === x &&
        segments[3] === "go" &&
        url.searchParams.getAll("strict").join() === "1" &&
        decodeURIComponent(/[?&]u=([^&]*)/.exec(url.search)?.[1] ?? "") === y
      );
    }),
    { numRuns: 3_000 },
  );
});

test("the path and query of a request come back out of a way back as they are, and go on as they are", () => {
  const [back, raw] = [templateOf("/start?rd=$escaped_request_uri&x=1"), templateOf("/at$request_uri")];
  const piece = fc.constantFrom(
    "a",
    "%41",
    "%2F",
    "%25",
    "..",
    ".",
    "/",
    "//",
    ";",
    "é",
    "%C3%A9",
    '"',
    "?",
    "&",
    "=",
    "'",
    "(",
    "*",
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const visit = visitOf(`http://shop.test/${pieces.join("")}`);
      if (visit === null) return true;
      const uri = new URL(`http://shop.test${visit.target.path}${visit.target.query}`);
      const asked = new URL(`http://auth.test${expandPath(back, visit)}`);
      const passed = new URL(`http://auth.test${expandPath(raw, visit)}`);
      const written = decodeURIComponent(/\?rd=([^&]*)&x=1$/.exec(asked.search)?.[1] ?? "missing");
      return (
        new URL(`http://shop.test${written}`).href === uri.href &&
        passed.href === uri.href.replace("http://shop.test", "http://auth.test/at")
      );
    }),
    { numRuns: 3_000 },
  );
});

test("a Location holds nothing that no header may", () => {
  const template = templateOf("https://login.test/?u=$remote_user&x=$http_x&q=$args");
  fc.assert(
    fc.property(fc.string(), value, (user, x) => {
      const bytes = [...user].map((character) => String.fromCharCode(character.charCodeAt(0) & 0xff)).join("");
      const visit = visitOf("http://shop.test/?a=b", { x, authorization: `Basic ${btoa(`${bytes}:pw`)}` });
      return visit !== null && /^https:\/\/login\.test\/\?[!-~]+$/.test(expandLocation(template, visit));
    }),
    { numRuns: 1_000 },
  );
});

test.each([
  ["$host $http_host", "shop.test shop.test:81"],
  ["$scheme $pass_access_scheme $request_method $remote_addr $req_id", "https http GET 192.0.2.1 id"],
  ["$request_uri $args $is_args", "/a%2Fb?x=1&X=2 x=1&X=2 ?"],
  ["$arg_x $arg_X $arg_y", "1 1 "],
  ["$http_cookie|$cookie_a|$COOKIE_B|$cookie_c", 'A=1; b="2"; a=3|1|"2"|'],
  ["$remote_user", "al"],
])("%s", (written, expected) => {
  const headers = { cookie: 'A=1; b="2"; a=3', authorization: `bAsIc ${btoa("al:p:w")}` };
  const visit = visitOf("https://SHOP.test:81/a%2fb?x=1&X=2", headers);
  expect(visit === null ? null : expand(templateOf(written), visit)).toBe(
    expected.replace("shop.test:81", "SHOP.test:81"),
  );
});
