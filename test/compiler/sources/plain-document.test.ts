import { readFileSync } from "node:fs";
import { join } from "node:path";
import { globSync } from "tinyglobby";
import { describe, expect, test } from "vitest";
import { settled } from "../../../src/compiler/diagnostics/late-position.ts";
import { coreSchema, nextDocument } from "../../../src/compiler/sources/compose-documents.ts";
import type { SourceDocument, SourceFile, ValuePath } from "../../../src/compiler/sources/document.ts";
import { parseWhole, parseYaml } from "../../../src/compiler/sources/parse-yaml.ts";
import { readPlainDocument } from "../../../src/compiler/sources/plain-document.ts";
import { SCALAR_TESTS } from "../../../src/compiler/sources/plain-scalars.ts";
import { fc } from "../../support/properties.ts";

const RUNS = Number(process.env.PLAIN_RUNS ?? 2_000);

const fileOf = (text: string): SourceFile => ({ name: "in.yaml", realPath: null, text });

/** Every path of a value, and beside each container one that is not there. */
function pathsOf(value: unknown, path: ValuePath = []): ValuePath[] {
  if (typeof value !== "object" || value === null) return [path, [...path, "absent"]];
  const keys = Array.isArray(value)
    ? [...value.keys(), "length", -1, 99]
    : [...Object.keys(value), "absent", "toString"];
  return [path, ...keys.flatMap((key) => pathsOf((value as Record<string | number, unknown>)[key], [...path, key]))];
}

function described({ value, locate }: SourceDocument): unknown {
  const places = pathsOf(value).map((path) => [path.join(" "), settled(locate(path)), settled(locate(path, "key"))]);
  return { value, keys: keysIn(value), places };
}

/** `toEqual` does not look at the order of keys. */
const keysIn = (value: unknown): string => JSON.stringify(value);

/** Holds a text to what the parser makes of it; true where some document was read without it. */
function checkText(text: string): boolean {
  const [fast, plain] = [parseYaml(fileOf(text)), parseWhole(fileOf(text))];
  expect(fast.diagnostics).toEqual(plain.diagnostics);
  expect(fast.documents.map(described)).toEqual(plain.documents.map(described));
  for (let start = 0, end = 0; start < text.length; start = end) {
    end = nextDocument(text, start);
    if (readPlainDocument(text, start, end)?.value != null) return true;
  }
  return false;
}

const odd = fc.constantFrom(
  ..."a|-a|-|- a|1|-1|+1|007|1.5|.5|1e3|0x1f|0o17|9007199254740993|-0|true|True|false|no|null|~|Null|.inf|nan|10.0.0.0/8|8m".split(
    "|",
  ),
  "a b",
  "a  b ",
  "a #b",
  "a#b",
  "a: b",
  "a:b",
  "a:",
  ":a",
  "?a",
  "? a",
  "http://a/b?c=d#e",
  "/(.*)|$",
  "<<",
  "*a",
  "&a b",
  "!t a",
  "@a",
  "%a",
  "`a",
  "{a: 1}",
  "[a, b]",
  "{ a: 1, b: [c, 'd'], e: {} } # c",
  "{a: , b: 1}",
  "{a: 1,}",
  "[a, , b]",
  "[a: 1]",
  "[a: ]",
  "[a:, b]",
  "[-, a]",
  "[- a]",
  "[-1, -a]",
  "[a #b]",
  "[a#b]",
  '["a": 1]',
  '{"a": 1}',
  "{a:1}",
  "{a: b: c}",
  "{a: 1, a: 2}",
  "{<<: 1}",
  "[a, b",
  "{a: 1}]",
  "[*a]",
  "{a: |}",
  "[[a, {b: [c]}], d]",
  "[ ]",
  "{ }",
  "[é]",
  '["é"]',
  "[true, 1.5, null, ~, 0x1]",
  "{a: 'it''s'}",
  "{}",
  "[]",
  "{} # c",
  "{}a",
  "[] []",
  '"a"',
  '"a b" # c',
  '"a\\n"',
  '"a" b',
  '"a',
  '""',
  "''",
  "'a'",
  "'it''s'",
  "'a\\n' ",
  "'a'#b",
  '"a: #b"',
  "|",
  "|-",
  ">",
  "é",
  "a\tb",
  "# c",
  "",
  "...",
  "---",
  "--- a",
  "a'b\"c",
  "a,b]}",
);
const oddKey = fc.constantFrom(
  ..."a b c.d/e-f _g spec 1 1a -k .h null true << __proto__ toString".split(" "),
  "a b",
  '"q"',
  "é",
  "? x",
  "[l]",
);
/** Mostly what is plain: one odd thing makes a document the parser's. */
const scalar = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.constantFrom(
      "a",
      "a b",
      "-1",
      "80",
      "true",
      '"a: b"',
      "'' # c",
      "10.0.0.0/8",
      "a:b",
      "[]",
      "",
      "{}",
      "{ a: 1, b: x y }",
      "[a, '', { b: [c] }]",
    ),
  },
  { weight: 1, arbitrary: odd },
);
const key = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom(..."abcdefgh", "spec", "d.e/f-g") },
  { weight: 1, arbitrary: oddKey },
);
const line = fc
  .record({
    indent: fc.constantFrom(0, 0, 2, 2, 4, 4, 6, 1, 3),
    item: fc.constantFrom("", "", "", "- ", "-   ", "- - ", "-"),
    entry: fc.oneof(
      { weight: 6, arbitrary: fc.tuple(key, scalar).map(([k, v]) => `${k}: ${v}`) },
      { weight: 3, arbitrary: key.map((k) => `${k}:`) },
      { weight: 1, arbitrary: key.map((k) => `${k}:  # c`) },
      { weight: 2, arbitrary: scalar },
      {
        weight: 1,
        arbitrary: fc.constantFrom("# c", "#c", "", "  ", "\t", "# é", "---", "--- ", "--- # c", "...", "%YAML 1.2"),
      },
    ),
  })
  .map(({ indent, item, entry }) => `${" ".repeat(indent)}${item}${entry}`);
const ending = fc.constantFrom("\n", "\n", "\n", "\n", "\n", "\n", "\n", "\n", "\n\n", "\r\n", " \n", "\n---\n");
const lines = fc
  .array(fc.tuple(line, ending), { maxLength: 12 })
  .map((all) => all.map(([text, end]) => text + end).join(""));

/** Of a tree, mostly as people indent it. */
const tree = fc.letrec<{ map: string[]; list: string[]; entry: string[]; value: string[] }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalar.map((text) => [` ${text}`]),
    tie("map"),
    tie("list"),
  ),
  entry: fc
    .tuple(key, tie("value"), fc.constantFrom(2, 2, 2, 4, 1, 0))
    .map(([name, [first = "", ...rest], indent]) =>
      first.startsWith(" ")
        ? [`${name}:${first}`, ...rest]
        : [`${name}:`, ...[first, ...rest].map((one) => " ".repeat(indent) + one)],
    ),
  map: fc.array(tie("entry"), { minLength: 1, maxLength: 4 }).map((entries) => entries.flat()),
  list: fc
    .array(tie("value"), { minLength: 1, maxLength: 3 })
    .map((items) =>
      items.flatMap(([first = "", ...rest]) => [`- ${first.trimStart()}`, ...rest.map((one) => `  ${one}`)]),
    ),
})).map;
const trees = fc
  .array(fc.tuple(tree, fc.constantFrom("---\n", "---\n", "--- # c\n", "\n---\n\n", "...\n", "# c\n---\n")), {
    minLength: 1,
    maxLength: 3,
  })
  .map((documents) => documents.map(([all, before]) => `${before}${all.join("\n")}\n`).join(""));

/** Of all that may stand in a flow collection, seldom well formed. */
const flowPart = fc.constantFrom(
  ..."{ } [ ] , : ? - # & * ! | a b.c -1 80 true null << __proto__ 'q' \"r\"".split(" "),
  "a: ",
  ", ",
  ", b: ",
  " #",
  "- ",
  " ",
  "x y",
  "h:p",
);
const flowOfParts = fc.array(flowPart, { maxLength: 8 }).map((parts) => parts.join(""));
const flowTree = fc.letrec<{ value: string; map: string; list: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom("a", "1", "x y", "''", '"b, c"', "true", "10.0.0.0/8", "h:p", "-1"),
    { weight: 1, arbitrary: flowOfParts },
    tie("map"),
    tie("list"),
  ),
  map: fc
    .tuple(fc.array(fc.tuple(key, tie("value")), { maxLength: 3 }), fc.constantFrom("", " "))
    .map(([entries, space]) => `{${space}${entries.map(([k, v]) => `${k}: ${v}`).join(`,${space}`)}${space}}`),
  list: fc
    .tuple(fc.array(tie("value"), { maxLength: 3 }), fc.constantFrom("", " "))
    .map(([items, space]) => `[${space}${items.join(`${space},`)}${space}]`),
}));
const flows = fc
  .array(fc.tuple(key, fc.oneof(flowTree.map, flowTree.list, flowOfParts)), { minLength: 1, maxLength: 3 })
  .map((entries) => entries.map(([k, v]) => `${k}: ${v}\n`).join(""));

test.each([
  '{ a: 1, b: [c, "d"] }',
  "{path: /, port: 80}",
  "[a, b]",
  "[1,2]",
  "[/]",
  "{ path: /healthz, interval: 10s, timeout: 2s }",
  "[[a], {b: {c: d}}, '', -1, true]",
  "{}",
  "[ ]",
])("%s needs no parser", (text) => {
  for (const document of [`a: ${text}\n`, `a:\n  - ${text} # c\n  - b: ${text}\n`]) {
    expect(readPlainDocument(document, 0, document.length)).not.toBeNull();
    expect(checkText(document)).toBe(true);
  }
});

test("what is no text is told by the tests of the parser's schema", () => {
  const tests = coreSchema().tags.flatMap((tag) =>
    "test" in tag && tag.default === true && tag.test ? [tag.test] : [],
  );
  expect(SCALAR_TESTS).toEqual(tests);
});

describe("what is read without the parser is what the parser reads", () => {
  test.each([
    ["any lines", lines],
    ["trees", trees],
    ["flow collections", flows],
  ])(`${RUNS} texts of %s`, (_, texts) => {
    let plain = 0;
    fc.assert(
      fc.property(texts, (text) => {
        if (checkText(text)) plain += 1;
      }),
      { numRuns: RUNS },
    );
    expect(plain).toBeGreaterThan(RUNS / 100);
  });

  test("all manifests of the project, and each with a line less or a character more", () => {
    const root = join(import.meta.dirname, "../../..");
    const files = globSync(["examples/**/*.yaml", "test/golden/*/*.yaml"], { cwd: root });
    const texts = files.map((name) => readFileSync(join(root, name), "utf8"));
    let plain = 0;
    for (const text of texts) if (checkText(text)) plain += 1;
    expect(plain).toBeGreaterThan(2);
    const edit = fc.record({
      text: fc.constantFrom(...texts),
      at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      more: fc.constantFrom(
        "",
        "",
        " ",
        "  ",
        "\n",
        "\n\n",
        "#",
        " #",
        ":",
        ": ",
        "-",
        "- ",
        '"',
        "'",
        "|",
        "&",
        "*",
        "{",
        "\t",
        "é",
        "\n---\n",
      ),
    });
    fc.assert(
      fc.property(edit, ({ text, at, more }) => {
        const offset = Math.floor(at * text.length);
        const end = more === "" ? text.indexOf("\n", offset) + 1 || text.length : offset;
        checkText(text.slice(0, offset) + more + text.slice(end));
      }),
      { numRuns: RUNS / 10 },
    );
  });
});

test("a text of too many little keys is refused for its tokens, as ever", () => {
  const file = fileOf(`l:\n${"- a: 1\n".repeat(120_000)}`);
  const [fast, whole] = [parseYaml(file), parseWhole(file)];
  expect(whole.diagnostics.map(({ code }) => code)).toEqual(["EI1119"]);
  expect(fast.diagnostics).toEqual(whole.diagnostics);
});
