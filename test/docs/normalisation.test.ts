import { describe, expect, test } from "vitest";
import { translatePattern } from "../../src/compiler/patterns/translate.ts";
import type { PathType } from "../../src/table/layout.ts";
import { buildHostRouter, matchReadings, type RequestView } from "../../src/table/match.ts";
import type { Rule } from "../../src/table/model.ts";
import { canonicalPrefix, normaliseHost, normalisePath, type RefusedReason } from "../../src/table/normalise.ts";
import { DEFAULT_RULE_POLICIES } from "../../src/table/policies/rule-policies.ts";
import { rewritePath } from "../../src/table/rewrite.ts";
import { normaliseTarget } from "../../src/table/target.ts";
import { readPage, tableOf } from "./markdown.ts";

/** The examples of the page, run through the code: `docs/normalisation.md` says what the edge does, or this fails. */
const page = readPage("docs/normalisation.md");
const GET: RequestView = { method: "GET", header: () => null, queryParam: () => null };

describe("hosts", () => {
  test.each(tableOf(page, "Host sent", "Compared as"))("%s is %s", (sent, compared) => {
    expect(normaliseHost(sent as string)).toEqual({ ok: true, host: compared });
  });

  test.each(tableOf(page, "Host sent (JSON)", "Answer 400 because"))("%s: %s", (sent, reason) => {
    expect(normaliseHost(JSON.parse(sent as string))).toEqual({ ok: false, reason });
  });
});

describe("paths", () => {
  test.each(tableOf(page, "Path sent", "Matched and forwarded", "Other readings"))("%s is %s, %s", (...row) => {
    const [sent, path, others] = row as [string, string, string];
    expect(normalisePath(sent)).toEqual({ ok: true, path, others: others === "none" ? [] : others.split("`, `") });
  });

  test.each(tableOf(page, "Path sent (JSON)", "Answer 400 because"))("%s: %s", (sent, reason) => {
    expect(normalisePath(JSON.parse(sent as string))).toEqual({ ok: false, reason });
  });

  test.each(tableOf(page, "Prefix in a manifest", "Kept as"))("prefix %s is %s", (written, kept) => {
    expect(canonicalPrefix(written as string)).toBe(kept);
  });
});

test("the page has every reason", () => {
  const shown = [
    ...tableOf(page, "Host sent (JSON)", "Answer 400 because"),
    ...tableOf(page, "Path sent (JSON)", "Answer 400 because"),
  ].map(([, reason]) => reason);
  const reasons: Readonly<Record<RefusedReason, true>> = {
    "empty host": true,
    "invalid host": true,
    "path is not absolute": true,
    "backslash in path": true,
    "control character in path": true,
    "encoded NUL in path": true,
    "malformed percent-encoding": true,
    "dot segments leave the root": true,
    "hidden dot segments": true,
  };
  expect([...new Set(shown)].sort()).toEqual(Object.keys(reasons).sort());
});

describe("patterns", () => {
  test.each(tableOf(page, "Pattern", "Path sent", "Takes it"))("%s takes %s: %s", (...row) => {
    const [pattern, sent, takes] = row as [string, string, string];
    const translation = translatePattern(`^${pattern}`, { caseless: true });
    const normalised = normalisePath(sent);
    if (!translation.ok || !normalised.ok) throw new Error("not to be read");
    const router = buildHostRouter("shop.example.com", [rule("r", "RegularExpression", translation.pattern.source)]);
    expect(matchReadings(router, normalised, GET) === null ? "no" : "yes").toBe(takes);
  });
});

describe("rewriting", () => {
  const rows = tableOf(page, "Path of the Ingress", "Target", "Path sent", "The Service sees");
  test.each(rows)("%s to %s: %s is %s", (...row) => {
    const [pattern, template, sent, seen] = row as [string, string, string, string];
    const translation = translatePattern(`^${pattern}`, { caseless: true });
    const normalised = normalisePath(sent);
    if (!translation.ok || !normalised.ok) throw new Error("not to be read");
    const taken = rule("r", "RegularExpression", translation.pattern.source);
    expect(rewritePath(taken, { template, forwardedPrefix: "" }, normalised)?.path ?? "400").toBe(seen);
  });
});

describe("the rules of the page's host", () => {
  const rules = tableOf(page, "Rule", "Path type", "Path").map(([name, type, path]) =>
    rule(name as string, type as PathType, path as string),
  );
  const router = buildHostRouter("shop.example.com", rules);

  test.each(tableOf(page, "Request path", "Read by the edge", "Read by others", "Outcome"))("%s", (...row) => {
    const [sent, path, other, outcome] = row as [string, string, string, string];
    const normalised = normalisePath(sent);
    if (!normalised.ok) {
      expect([path, other, outcome]).toEqual(["none", "none", "400"]);
      return;
    }
    expect(normalised).toEqual({ ok: true, path, others: other === "the same" ? [] : other.split("`, `") });
    const taken = matchReadings(router, normalised, GET);
    const said = taken === "ambiguous" ? "400" : taken === null ? "404" : taken.name;
    expect(outcome).toBe(said);
  });
});

describe("what is forwarded", () => {
  test.each(tableOf(page, "URL sent", "Host", "Path", "Query"))("%s", (...row) => {
    const [sent, host, path, query] = row as [string, string, string, string];
    const normalised = normaliseTarget(sent);
    expect(normalised).toMatchObject({ ok: true, target: { host, path, query: query === "none" ? "" : query } });
  });
});

function rule(name: string, pathType: PathType, path: string): Rule {
  const timeouts = { requestTimeout: 0, backendRequestTimeout: 0 };
  return { name, pathType, path, conditions: null, backends: [], ...timeouts, policies: DEFAULT_RULE_POLICIES };
}
