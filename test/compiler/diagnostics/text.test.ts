import { describe, expect, test } from "vitest";
import type { Diagnostic } from "../../../src/compiler/diagnostics/diagnostic.ts";
import { formatJson } from "../../../src/compiler/diagnostics/json.ts";
import { formatText } from "../../../src/compiler/diagnostics/text.ts";
import { coloured } from "../../../src/compiler/paint.ts";

function diagnostic(over: Partial<Diagnostic>): Diagnostic {
  const position = { file: "a.yaml", line: 2, column: 3, length: 4 };
  return { code: "EI1103", severity: "error", message: "twice", fix: "Delete one.", position, related: [], ...over };
}

const at = (file: string, line: number, column = 1) => ({ file, line, column, length: 1 });
const file = { name: "a.yaml", realPath: "/a.yaml", text: "x:\n  name: a\n  name: b\n" };
const plain = {};

const hostile = "\u001b[2J\u202eevil\r\n\u0007\u009b";
const hostileDiagnostic = diagnostic({
  message: hostile,
  fix: hostile,
  position: at(hostile, 1),
  related: [{ message: hostile, position: at(hostile, 1) }],
});
const hostileFile = { name: hostile, realPath: null, text: `${hostile}\n${hostile}` };

describe("nothing of a user's text acts on the terminal", () => {
  const acting = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/;
  test("as text", () => {
    const text = formatText([hostileDiagnostic], [hostileFile], plain);
    expect(text).not.toMatch(acting);
    expect(text).toContain("\\x1b[2J\\u{202e}evil\\x0d\\x0a\\x07\\x9b");
  });

  test("as text in colours, only those colours", () => {
    const text = formatText([hostileDiagnostic], [hostileFile], { paint: coloured });
    expect(text).toContain("\u001b[31m");
    expect(text.replace(/\u001b\[\d+m/g, "")).not.toMatch(acting);
    expect(text.replace(/\u001b\[\d+m/g, "")).toBe(formatText([hostileDiagnostic], [hostileFile], plain));
  });

  test("as JSON, which still holds the text", () => {
    const message = `${hostile}\u{e0001}\ud800`;
    const json = formatJson([diagnostic({ message })]);
    expect(json).not.toMatch(acting);
    expect(json).not.toMatch(/[\p{Cf}\p{Cs}]/u);
    expect(JSON.parse(json).diagnostics[0].message).toBe(message);
  });
});

describe("text", () => {
  test("of one diagnostic", () => {
    const related = [{ message: "the first one is here", position: at("a.yaml", 2, 3) }];
    const position = { file: "a.yaml", line: 3, column: 3, length: 4 };
    expect(formatText([diagnostic({ position, related })], [file], plain)).toBe(
      [
        "error[EI1103]: twice",
        " --> a.yaml:3:3",
        "  1 | x:",
        "  2 |   name: a",
        "> 3 |   name: b",
        "    |   ^^^^",
        "help: Delete one.",
        "note: the first one is here",
        " --> a.yaml:2:3",
        "  1 | x:",
        "> 2 |   name: a",
        "    |   ^",
        "  3 |   name: b",
        "",
        "1 error",
      ].join("\n"),
    );
  });

  test("without a place, or in a file that was not read", () => {
    const given = [diagnostic({ position: at("gone.yaml", 1) }), diagnostic({ position: null, severity: "warning" })];
    expect(formatText(given, [file], plain)).toBe(
      "warning[EI1103]: twice\nhelp: Delete one.\n\nerror[EI1103]: twice\n --> gone.yaml:1:1\nhelp: Delete one.\n\n1 error, 1 warning",
    );
  });

  test("of nothing is nothing", () => {
    expect(formatText([], [file], plain)).toBe("");
  });

  test.each<readonly [readonly Diagnostic["severity"][], string]>([
    [["error"], "1 error"],
    [["error", "warning", "error"], "2 errors, 1 warning"],
    [["info", "warning", "warning", "info"], "2 warnings, 2 infos"],
  ])("%j are counted as %s", (severities, expected) => {
    const given = severities.map((severity, index) => diagnostic({ severity, message: String(index) }));
    expect(formatText(given, [], plain).split("\n").at(-1)).toBe(expected);
  });
});

describe("order", () => {
  const sorted = [
    diagnostic({ position: null, message: "no place" }),
    diagnostic({ position: at("B.yaml", 9) }),
    diagnostic({ position: at("a.yaml", 2, 9) }),
    diagnostic({ position: at("a.yaml", 10, 1) }),
    diagnostic({ position: at("a.yaml", 10, 2), code: "EI1101" }),
    diagnostic({ position: at("a.yaml", 10, 2), code: "EI1102", message: "a" }),
    diagnostic({ position: at("a.yaml", 10, 2), code: "EI1102", message: "b" }),
  ];
  const marks = (text: string) => text.match(/^.*\[EI.*$|^ --> .*$/gm);

  test("is by file, line, column, code and message, whatever it was", () => {
    const expected = formatText(sorted, [], plain);
    expect(marks(expected)?.filter((mark) => mark.startsWith(" -->"))).toEqual(
      ["B.yaml:9:1", "a.yaml:2:9", "a.yaml:10:1", "a.yaml:10:2", "a.yaml:10:2", "a.yaml:10:2"].map((p) => ` --> ${p}`),
    );
    expect(formatText([...sorted].reverse(), [], plain)).toBe(expected);
    expect(formatJson([...sorted].reverse())).toBe(formatJson(sorted));
  });

  test("the same diagnostic comes once, and is counted once", () => {
    expect(formatText([...sorted, ...sorted], [], plain)).toBe(formatText(sorted, [], plain));
    expect(JSON.parse(formatJson([...sorted, ...sorted]))).toMatchObject({ errors: sorted.length, warnings: 0 });
  });

  test("the same message at another place is another diagnostic", () => {
    expect(JSON.parse(formatJson([diagnostic({}), diagnostic({ position: at("a.yaml", 5) })])).errors).toBe(2);
  });
});

test("JSON has its keys in one order, wherever they came from", () => {
  const { code, ...rest } = diagnostic({ related: [{ position: at("b.yaml", 1), message: "there" }] });
  expect(formatJson([{ ...rest, code }])).toBe(
    JSON.stringify(
      {
        diagnostics: [
          {
            code: "EI1103",
            severity: "error",
            message: "twice",
            fix: "Delete one.",
            position: { file: "a.yaml", line: 2, column: 3, length: 4 },
            related: [{ message: "there", position: { file: "b.yaml", line: 1, column: 1, length: 1 } }],
          },
        ],
        errors: 1,
        warnings: 0,
        infos: 0,
        allowed: [],
      },
      null,
      2,
    ),
  );
});

test("of many infos with one code ten are shown, and the others counted; of warnings all", () => {
  const many = (code: Diagnostic["code"], severity: Diagnostic["severity"], count: number) =>
    Array.from({ length: count }, (_, index) =>
      diagnostic({ code, severity, message: `no. ${index}`, position: null }),
    );
  const text = formatText([...many("EI4005", "info", 25), ...many("EI5001", "warning", 25)], []);
  expect(text.match(/^info\[EI4005\]: no\./gm)).toHaveLength(10);
  expect(text.match(/^warning\[EI5001\]: no\./gm)).toHaveLength(25);
  expect(text).toContain("info[EI4005]: 15 more; edge-ingress check --format json has all of them");
  expect(text).toMatch(/25 warnings, 25 infos$/);
});
