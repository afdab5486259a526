import { describe, expect, test } from "vitest";
import { translatePattern } from "../../../src/compiler/patterns/translate.ts";

/** The bytes of a text, one character each: what patterns are matched with. */
const bytes = (text: string) => Buffer.from(text, "utf8").toString("latin1");

function sourceOf(pattern: string): string {
  const translation = translatePattern(pattern, { caseless: true });
  if (!translation.ok) throw new Error(translation.problem.says);
  return translation.pattern.source;
}

function match(pattern: string, text: string): (string | null)[] | null {
  const found = new RegExp(sourceOf(pattern), "i").exec(bytes(text));
  return found === null ? null : [...found].map((group) => group ?? null);
}

describe("what PCRE writes otherwise", () => {
  test.each([
    ["^/foo", "^/foo"],
    ["^/v1\\.0\\/x\\-y\\_z", "^/v1\\.0/x-y_z"],
    ["^/[A-Z]{3}", "^/[a-z]{3}"],
    ["^/(?<id>\\d+)/(?P<name>\\w+)/(?'last'x)", "^/(\\d+)/(\\w+)/(x)"],
    ["^/\\Q.*\\E+x", "^/\\.\\*+x"],
    ["^/(?i)foo(?i:bar)(?#comment)", "^/foobar"],
    ["\\A/x\\z", "^/x$"],
    ["^/[[:alpha:][:digit:]-]", "^/[\\-\\da-z]".replace("\\d", "0-9")],
    ["^/[]a]", "^/[\\]a]"],
    ["^/[^]a]", "^/[^\\]a]"],
    ["^/a{,3}", null],
    ["^/\\x41\\x{42}\\0101", "^/ab\\x081"],
    ["^/{x}", "^/\\{x\\}"],
    ["^/a|/b", "(?:^/a|/b)"],
    ["^/é", "^/(?-i:\\xc3)(?-i:\\xa9)"],
    ["^/\\s\\S\\h", null],
  ])("%s", (pattern, source) => {
    if (source === null) expect(translatePattern(pattern, { caseless: true }).ok).toBe(false);
    else expect(sourceOf(pattern)).toBe(source);
  });
});

describe("what a pattern matches", () => {
  test.each([
    ["^/foo", "/FOObar", ["/FOO"]],
    ["^/[^a]", "/A", null],
    ["^/\\W", "/_", null],
    ["^/\\s", "/\u00a0", null],
    ["^/.{2}$", "/é", ["/\u00c3\u00a9"]],
    ["^/é$", "/É", null],
    ["^/[à-é]", "/ã", ["/\u00c3"]],
    ["^/a|/b", "/x/b", ["/b"]],
    ["^/(en|de)?/?(.*)", "/x", ["/x", null, "x"]],
    ["^/(?!api)(.*)", "/api/x", null],
    ["^/(.*)(?<!\\.php)$", "/x.php", null],
    ["^/\\bfoo\\b", "/foo-x", ["/foo"]],
  ])("%s on %s", (pattern, text, groups) => {
    expect(match(pattern, text)).toEqual(groups);
  });
});

describe("what has no exact counterpart is refused", () => {
  test.each([
    ["^/a*+b", "possessive", 4],
    ["^/(?>a)", "atomic", 2],
    ["^/(a)\\1", "refers back", 5],
    ["^/(?1)(a)", "calls itself", 2],
    ["^/(?R)?", "calls itself", 2],
    ["^/(?-i)x", "changes flags", 2],
    ["^/(?s:x)", "changes flags", 2],
    ["^/(?|a|b)", "resets the numbers", 2],
    ["^/(?(?=a)b)", "condition", 2],
    ["(*UTF8)/x", "setting of PCRE", 0],
    ["^/(*FAIL)", "verb", 2],
    ["^/\\Kx", "`\\K`", 2],
    ["^/\\p{L}", "`\\p`", 2],
    ["^/\\R", "`\\R`", 2],
    ["^/\\y", "`\\y`", 2],
    ["^/(a*)*", "may be empty", 2],
    ["^/(a|)+", "may be empty", 2],
    ["^/(?=a)*", "takes no characters", 2],
    ["^/a**", "behind a quantifier", 4],
    ["^*", "takes no characters", 0],
    ["*", "nothing before it", 0],
    ["^/a{3,1}", "end is before its start", 3],
    ["^/a{1,2000}", "more than 1000 times", 3],
    ["^/(a", "without its `)`", 2],
    ["^/a)", "without its `(`", 3],
    ["^/[a", "without its `]`", 2],
    ["^/[b-a]", "end is before its start", 6],
    ["^/[\\d-z]", "begins with a class", 5],
    ["^/[[:nope:]]", "unknown class", 2],
    ["^/[[.a.]]", "collating", 3],
    ["^/\\", "ends with a backslash", 2],
    ["^/(?<=(a))b", "capture group in a look-behind", 2],
    [`^/${"(".repeat(200)}a${")".repeat(200)}`, "100 levels", 102],
  ])("%s", (pattern, says, offset) => {
    const translation = translatePattern(pattern, { caseless: true });
    if (translation.ok) throw new Error(`translated to ${translation.pattern.source}`);
    expect(translation.why).toBe("syntax");
    expect(translation.problem.says).toContain(says);
    expect(translation.problem.offset).toBe(offset);
  });
});

test("groups that a later turn of a repetition passes by are named: the engines fill them differently", () => {
  const unsteady = (pattern: string) => {
    const translation = translatePattern(pattern, { caseless: true });
    return translation.ok ? [...translation.pattern.unsteady] : null;
  };
  expect(unsteady("^/((a)|b)+")).toEqual([2]);
  expect(unsteady("^/(a(b)?)+")).toEqual([2]);
  expect(unsteady("^/(a(b))+/(c)?")).toEqual([]);
});

test("without caselessness letters stand for themselves", () => {
  const translation = translatePattern("^Be[a-c]é", { caseless: false });
  expect(translation).toMatchObject({ ok: true, pattern: { source: "^Be[a-c]\\xc3\\xa9" } });
});
