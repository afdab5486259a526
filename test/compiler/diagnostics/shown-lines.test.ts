import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { linesOf } from "../../../src/compiler/diagnostics/lines.ts";
import { shownLines } from "../../../src/compiler/diagnostics/shown-lines.ts";
import { fc } from "../../support/properties.ts";

function shown(text: string, marked: readonly number[] = []): string {
  const lines = shownLines(linesOf(text), new Set(marked));
  return Array.from({ length: lines.count }, (_, index) => lines.line(index + 1).text).join("\n");
}

const SECRET = "apiVersion: v1\nkind: Secret\n";

describe("nothing of a Secret but its keys", () => {
  test.each<readonly [string, string, string]>([
    ["plain values", "data:\n  a: HUNTER2\n  b: 'HUNTER2'", "data:\n  a: ***\n  b: ***"],
    ["a value that goes on", "data:\n  a: HUNTER2\n    HUNTER2: x\n  b: y", "data:\n  a: ***\n    ***\n  b: ***"],
    ["a value below its key", "data:\n  a:\n    HUNTER2\n  b: y", "data:\n  a:\n    ***\n  b: ***"],
    [
      "a block scalar",
      "data:\n  a: |-\n    x: HUNTER2\n\n    HUNTER2: y\n  b: >\n    z",
      "data:\n  a: ***\n    ***\n\n    ***\n  b: ***\n    ***",
    ],
    [
      "a block scalar with its own indentation",
      "data:\n  a: |1\n   HUNTER2: x\n  b: y",
      "data:\n  a: ***\n   ***\n  b: ***",
    ],
    [
      "a block scalar that is not indented",
      "data:\n  a: |\n  HUNTER2: x\n  HUNTER2: y\ntype: z",
      "data:\n  a: ***\n  ***\n  ***\ntype: ***",
    ],
    ["a block scalar indented with a tab", "data:\n  a: |\n\tHUNTER2: x\n  b: y", "data:\n  a: ***\n\t***\n  b: ***"],
    ["a block scalar behind an anchor", "data:\n  a: &x !t |\n  HUNTER2: x", "data:\n  a: ***\n  ***"],
    [
      "quotes over lines",
      'data:\n  a: "x\n  HUNTER2: y\\"\n  HUNTER2: z"\n  b: c',
      "data:\n  a: ***\n  ***\n  ***\n  b: ***",
    ],
    ["quotes never closed", "data:\n  a: 'it''s\nHUNTER2: y\nHUNTER2: z", "data:\n  a: ***\n***\n***"],
    [
      "a list",
      "data:\n  - HUNTER2\n  - a: HUNTER2\n  - |\n   HUNTER2: y",
      "data:\n  - ***\n  - a: ***\n  - ***\n   ***",
    ],
    ["no space after the colon", "data:\n  a:HUNTER2\n  b=HUNTER2", "data:\n  ***\n  ***"],
    ["comments", "# a: HUNTER2\ndata: # HUNTER2\n  #HUNTER2\n  a: b # HUNTER2", "# ***\ndata: ***\n  # ***\n  a: ***"],
    ["complex keys", "? HUNTER2\n: HUNTER2\n? |\n  HUNTER2: x", "***\n***\n***\n  ***"],
    ["odd keys", '"HUN TER2": x\n<<: *HUNTER2', "***\n<<: ***"],
    [
      "flow style",
      "data: { a: HUNTER2 }\nlist: [HUNTER2]\ndata: {a: HUNTER2,\n  HUNTER2: x }",
      "data: { … }\nlist: [ … ]\ndata: { … }\n  ***",
    ],
    ["wide and hostile characters", "data:\n  a: \u001b[31mHUNTER2\u202e", "data:\n  a: ***"],
  ])("%s", (_, text, expected) => {
    expect(shown(SECRET + text)).toBe(`apiVersion: ***\nkind: ***\n${expected}`);
    expect(shown((SECRET + text).replaceAll("\n", "\r\n"))).toBe(`apiVersion: ***\nkind: ***\n${expected}`);
  });

  test("of JSON on one line, no key either", () => {
    expect(shown('{"kind":"Secret","data":{"a":"HUNTER2"}}')).toBe("{ … }");
    expect(shown('[{"kind":"Secret","data":{"a":"HUNTER2"}}]')).toBe("[ … ]");
  });

  test("of JSON on many lines", () => {
    const json = JSON.stringify({ data: { a: "HUNTER2", b: ["HUNTER2"] }, kind: "Secret" }, null, 2);
    expect(shown(json)).toBe('{\n  "data": {\n    "a": ***\n    "b": [\n      ***\n    ]\n  },\n  "kind": ***\n}');
  });
});

describe("what is taken for a Secret", () => {
  const body = "data_: x\na: HUNTER2";
  test.each([
    `kind: Secret\n${body}`,
    `${body}\nkind: Secret`,
    `${body}\nkind: "Secret"`,
    `${body}\n"kind" : 'Secret' # really`,
    `${body}\nkind:\n  Secret`,
    `${body}\nkind: !!str Secret`,
    `${body}\nkind: "\\x53ecret"`,
    `${body}\nkind: !!binary U2VjcmV0`,
    `${body}\nkind: SecretList`,
    `${body}\nkind: SealedSecret`,
    `${body}\nkind:Secret`,
    `${body}\nkind: secret`,
    `${body}\nknd: Secret`,
    `kind: List\nitems:\n- kind: Ingress\n  a: HUNTER2\n- kind: Secret\n  b: HUNTER2`,
    `kind: Ingress\na: HUNTER2\n---x\nkind: Secret`,
    "stringData:\n  a: HUNTER2",
    "kind: Confgi\ndata:\n  a: HUNTER2",
    '"stringData": {"a": "HUNTER2"}',
    "kind: Secret\nstringData:\n---\n  a: HUNTER2\n---\n\n---\nb: HUNTER2",
    "--- {kind: Secret, a: HUNTER2}",
    "--- # Secret HUNTER2\nkind: Secret\na: HUNTER2",
    "kind: Secret\r\na: HUNTER2\r\n---\r\nkind: Ingress\r\nb: c",
  ])("%j", (text) => {
    expect(shown(text)).not.toContain("HUNTER2");
  });

  test.each([
    "kind: Ingress\nspec: { a: shown }",
    "# The Secret stays in the clusters.\nkind: Ingress\na: shown",
    "kind: Ingress # Secret\ntls:\n- secretName: shown",
    "kind: Secret\n---\nkind: Ingress\na: shown",
    "kind: Secret\n---\t# next\r\nkind: Ingress\na: shown",
    "a: shown",
    "",
  ])("%j is none", (text) => {
    const last = (all: string) => all.split("\n").at(-1);
    expect(last(shown(text))).toBe(last(text));
  });
});

describe("no value of an annotation", () => {
  test.each<readonly [string, string, string]>([
    [
      "block style",
      "  annotations:\n    a: HUNTER2\n    b: |\n      HUNTER2: x\n  name: y",
      "  annotations:\n    a: ***\n    b: ***\n      ***\n  name: y",
    ],
    [
      "a comment among them",
      "  annotations:\n# b: HUNTER2\n    # c: HUNTER2\n    a: HUNTER2\n  name: y",
      "  annotations:\n# ***\n    # ***\n    a: ***\n  name: y",
    ],
    ["flow style", "  annotations: { a: HUNTER2 }\n  name: y", "  annotations: { … }\n  name: y"],
    [
      "flow style over lines",
      "  annotations: { a: HUNTER2,\nb: '}HUNTER2',\n c: HUNTER2 }\n  name: y",
      "  annotations: { … }\nb: ***\n ***\n  name: y",
    ],
    ["flow style never closed", "  annotations: { a: HUNTER2\n  b: HUNTER2", "  annotations: { … }\n  b: ***"],
    [
      "flow style around them",
      "  metadata: { annotations: { a: HUNTER2 }, b: HUNTER2 }\n  name: y",
      "  metadata: { annotations: { … }\n  name: y",
    ],
    [
      "JSON",
      '  "annotations": {\n    "a": "HUNTER2",\n    "b": "HUNTER2"\n  },\n  "name": "y"',
      '  "annotations": {\n    "a": ***\n    "b": ***\n  },\n  "name": "y"',
    ],
    [
      "JSON with its brace below",
      '"annotations":\n{\n"a": "HUNTER2"\n}\n"name": "y"',
      '"annotations":\n{\n"a": ***\n}\n"name": "y"',
    ],
    ["JSON on one line", '{"metadata":{"annotations":{"a":"HUNTER2"}}}', '{"metadata":{"annotations":{ … }'],
    [
      "a list, which is wrong",
      "  annotations:\n  - HUNTER2\n  - a: HUNTER2\n  name: y",
      "  annotations:\n  - ***\n  - a: ***\n  name: y",
    ],
    [
      "a text, which is wrong",
      "  annotations: HUNTER2\n    HUNTER2: x\n  name: y",
      "  annotations: ***\n    ***\n  name: y",
    ],
    ["tabs", "  annotations:\n\ta: HUNTER2\n  name: y", "  annotations:\n\ta: ***\n  name: y"],
    ["in a list", "- annotations:\n    a: HUNTER2\n  name: y", "- annotations:\n    a: ***\n  name: y"],
    [
      "quotes over lines",
      "  annotations:\n    a: 'x\n  HUNTER2: y'\n  name: y",
      "  annotations:\n    a: ***\n  ***\n  name: y",
    ],
    [
      "quotes never closed",
      '  annotations:\n    a: "x\n  HUNTER2: y\nHUNTER2',
      "  annotations:\n    a: ***\n  ***\n***",
    ],
    [
      "out of place, known by the name",
      "x:\n  nginx.ingress.kubernetes.io/auth: HUNTER2\n    HUNTER2\n  name: y",
      "x:\n  nginx.ingress.kubernetes.io/auth: ***\n    ***\n  name: y",
    ],
    ["out of place in flow style", 'x: { "a.example/auth":"HUNTER2" }\nname: y', 'x: { "a.example/auth":***\nname: y'],
    [
      "a commented one",
      "# nginx.ingress.kubernetes.io/auth: HUNTER2\nname: y",
      "# nginx.ingress.kubernetes.io/auth: ***\nname: y",
    ],
    ["CRLF", "  annotations:\r\n    a: HUNTER2\r\n  name: y", "  annotations:\n    a: ***\n  name: y"],
  ])("%s", (_, text, expected) => {
    expect(shown(text)).toBe(expected);
  });

  test.each([
    "x: &a\n  auth: HUNTER2\nmetadata:\n  annotations: *a",
    "x: &a\n  auth: HUNTER2\nmetadata:\n  annotations:\n    <<: *a",
  ])("that stands elsewhere: %j", (text) => {
    expect(shown(text)).not.toContain("HUNTER2");
  });

  test("at a line that is known to hold one, however it got there", () => {
    expect(shown('"annot\\x61tions":\n  a: HUNTER2')).toContain("HUNTER2");
    expect(shown('"annot\\x61tions":\n  a: HUNTER2', [2])).not.toContain("HUNTER2");
    expect(shown("annotations:\n  a: HUNTER2\nname: y", [2])).toContain("name: y");
  });
});

test("no password of a URL, in any line", () => {
  expect(shown("endpoint: https://u:HUNTER2@lb:x # see")).toBe("endpoint: https://***@lb:x # see");
  expect(shown("a: x://u:HUN { annotations: { b: TER2@HUNTER2 } }")).toBe("a: x://***");
});

describe("places move with what is shown", () => {
  const place = (text: string, line: number, column: number, length: number) =>
    Object.values(shownLines(linesOf(text)).line(line).place(column, length));

  test.each([
    [3, 3, 3, 3, "the key"],
    [6, 7, 6, 3, "all of the value"],
    [8, 2, 6, 3, "a part of the value"],
    [3, 10, 3, 6, "the key and the value"],
    [13, 1, 9, 1, "behind the end"],
  ])("column %i, length %i → column %i, length %i: %s", (column, length, toColumn, toLength) => {
    expect(place("kind: Secret\ndata:\n  k: HUNTER2", 3, column, length)).toEqual([toColumn, toLength]);
  });

  test("behind a password", () => {
    expect(place("e: https://u:p@lb x", 1, 19, 1)).toEqual([19, 1]);
    expect(place("e: https://user:HUNTER2@lb x", 1, 28, 1)).toEqual([19, 1]);
  });
});

// What grew with the square of its length would take longer than a test may.
test("text that was made to take long ends", () => {
  const hostile = [
    "kind ",
    "a.",
    "annotations:",
    ".a/b ",
    "://@",
    "- ",
    "'",
    '"\\',
    "{[",
    "data ",
    "# ",
    "\n",
    "---\n",
    "\t",
  ];
  for (const piece of hostile) {
    for (const start of ["", "kind: Secret\nx: ", "annotations: {", "annotations:\n  a: "]) {
      const lines = shownLines(linesOf(start + piece.repeat(1_000_000 / piece.length)));
      lines.line(lines.count);
      lines.line(1);
      expect(lines.count).toBeGreaterThan(0);
    }
  }
});

describe("values of any shape and style are hidden", () => {
  const piece = fc.constantFrom(
    "\n",
    "\n\n",
    " ",
    "  ",
    ": ",
    "#",
    " #",
    '"',
    "'",
    "- ",
    "{",
    "}",
    "[",
    ",",
    "|",
    "\t",
    "a",
    "k: v\n",
    "\\",
    "---",
    "*",
    "漢",
  );
  const text = fc.array(fc.oneof(piece, fc.constant("HUNTER2"))).map((pieces) => `${pieces.join("")}HUNTER2`);
  const key = fc.stringMatching(/^[a-z]{1,5}(\.[a-z]{1,3}\/[a-z]{1,3})?$/);
  const written = fc
    .tuple(
      fc.dictionary(key, text, { minKeys: 1 }),
      fc.record({
        lineWidth: fc.constantFrom(0, 20, 80),
        indent: fc.constantFrom(1, 2, 4),
        defaultStringType: fc.constantFrom("PLAIN", "BLOCK_LITERAL", "BLOCK_FOLDED", "QUOTE_DOUBLE", "QUOTE_SINGLE"),
        collectionStyle: fc.constantFrom("any", "block", "flow"),
      }),
      fc.boolean(),
    )
    .map(([values, options, json]) => ({
      values,
      write: (object: object) => (json ? JSON.stringify(object, null, options.indent) : stringify(object, options)),
    }));

  test("in a Secret", () => {
    fc.assert(
      fc.property(written, ({ values, write }) => {
        expect(shown(write({ apiVersion: "v1", kind: "Secret", stringData: values, type: "x" }))).not.toContain(
          "HUNTER2",
        );
      }),
      { numRuns: 2000 },
    );
  });

  test("in annotations", () => {
    fc.assert(
      fc.property(written, ({ values, write }) => {
        const metadata = { name: "x", annotations: values, namespace: "y" };
        expect(shown(write({ apiVersion: "v1", kind: "Ingress", metadata, spec: {} }))).not.toContain("HUNTER2");
      }),
      { numRuns: 2000 },
    );
  });
});
