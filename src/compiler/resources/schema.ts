import * as z from "zod";
import type { Code } from "../diagnostics/catalogue/index.ts";
import { withoutCredentials } from "../diagnostics/credentials.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnose } from "../diagnostics/report.ts";
import { closest } from "../diagnostics/suggest.ts";
import type { SourceDocument, ValuePath } from "../sources/document.ts";
import { acceptorOf, judging, narrowing } from "./accept.ts";
import { type Fields, isMapping } from "./fields.ts";
import type { Finding, Report } from "./finding.ts";
import type { Form } from "./names.ts";

export { type Fields, isMapping } from "./fields.ts";
export type { Report } from "./finding.ts";

/** Says nothing of a value: for manifests whose values are secrets. */
export interface Disclosure {
  readonly hideValues?: boolean;
}

/** A rule of one value that is more than its type; skipped where the type is wrong already. */
export function rule<T>(check: (value: T, report: Report) => void): z.core.$ZodCheck<T> {
  return judging(
    z.check<T>((payload) => check(payload.value, reportTo(payload))),
    check,
  );
}

/**
 * A rule between the fields of an object. It runs although some of them may have the wrong type, so that one run finds
 * everything.
 */
export function between(check: (fields: Fields, report: Report) => void): z.core.$ZodCheck<Fields> {
  const checked = rule<Fields>((fields, report) => {
    if (isMapping(fields)) check(fields, report);
  });
  checked._zod.def.when = ({ value }) => isMapping(value);
  return checked;
}

/** A text of a form, reported with `code` as `what "text" must …`. */
export function formed(code: Code, what: string, form: Form, { hideValues = false }: Disclosure = {}) {
  return rule<string>((text, report) => {
    const reason = form(text);
    if (reason !== null) report({ code, message: `${what} ${hideValues ? "" : `${quote(text)} `}${reason}` });
  });
}

/** An empty text is an absent one: fields of Go structs can't tell the two apart. */
export function unlessEmpty(form: Form): Form {
  return (text) => (text === "" ? null : form(text));
}

/** An object of which every field is known. Unknown ones are errors, as under the API server's strict validation. */
export function exactly<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const known = new Set(Object.keys(shape));
  return z
    .looseObject(shape)
    .meta({ additionalProperties: false })
    .check(
      between((fields, report) => {
        for (const key of Object.keys(fields)) {
          if (known.has(key)) continue;
          const near = closest(key, [...known]);
          report({
            code: "EI1206",
            message: `unknown field ${quote(key)}${near === null ? "" : `: did you mean \`${near}\`?`}`,
            path: [key],
            part: "key",
            fix:
              near === null ? `Remove it; known here: ${[...known].join(", ")}.` : `Write \`${near}\`, or remove it.`,
          });
        }
      }),
    );
}

/** One of some texts. */
export function oneOf<const Value extends string>(values: readonly Value[], code: Code = "EI1208") {
  return z
    .string()
    .meta({ enum: [...values] })
    .transform(
      narrowing((text: string, context: z.core.ParsePayload): Value => {
        const value = values.find((candidate) => candidate === text);
        if (value !== undefined) return value;
        const near = closest(text, values);
        reportTo(context)({
          code,
          message: `${quote(text)} is not one of ${values.join(", ")}`,
          fix: near === null ? `Write one of ${values.join(", ")}.` : `Write ${near}.`,
        });
        return z.NEVER;
      }),
    );
}

/** A whole number within bounds. */
export function integer(minimum: number, maximum: number, code: Code, what: string) {
  return z
    .number()
    .meta({ type: "integer", minimum, maximum })
    .check(
      rule<number>((value, report) => {
        if (Number.isInteger(value) && value >= minimum && value <= maximum) return;
        report({ code, message: `${what} ${value} must be a whole number from ${minimum} to ${maximum}` });
      }),
    );
}

/** Reports of a transform or check, carried through zod with all that a diagnostic needs. */
export function reportTo(payload: z.core.ParsePayload): Report {
  return (finding) =>
    payload.issues.push({
      code: "custom",
      input: payload.value,
      message: finding.message,
      path: [...(finding.path ?? [])],
      params: { finding },
      continue: true,
    });
}

/**
 * The value of a document if it is of that schema, perhaps with fields that the schema does not name; else everything
 * that keeps it from being so.
 */
export function parseDocument<Schema extends z.ZodType>(
  schema: Schema,
  document: SourceDocument,
  disclosure: Disclosure = {},
): { readonly value: z.output<Schema> | null; readonly diagnostics: readonly Diagnostic[] } {
  const accepts = acceptorOf(schema);
  if (accepts?.(document.value)) return { value: document.value as z.output<Schema>, diagnostics: [] };
  const result = schema.safeParse(document.value, { reportInput: true });
  if (result.success) return { value: result.data, diagnostics: [] };
  return { value: null, diagnostics: result.error.issues.map((issue) => fromIssue(issue, document, disclosure)) };
}

function fromIssue(issue: z.core.$ZodIssue, document: SourceDocument, { hideValues = false }: Disclosure): Diagnostic {
  const path = issue.path.filter((key) => typeof key !== "symbol");
  const finding: Finding | undefined = issue.code === "custom" ? issue.params?.finding : undefined;
  if (finding !== undefined) {
    const position = document.locate(path, finding.part ?? "value");
    return diagnose(finding.code, position, finding.message, finding.fix === undefined ? {} : { fix: finding.fix });
  }
  const { input } = issue;
  if (input === undefined || input === null) {
    const position = document.locate(input === undefined ? path.slice(0, -1) : path);
    return diagnose("EI1207", position, `${pathText(path)} is missing`, { fix: `Add \`${path.at(-1)}\`.` });
  }
  const expected = expectedBy(issue);
  const found = hideValues ? kindOf(input) : describe(input);
  const quotable = expected === "a string" && (typeof input === "number" || typeof input === "boolean");
  return diagnose(
    "EI1205",
    document.locate(path),
    `${pathText(path)}: expected ${expected}, found ${found}`,
    quotable ? { fix: hideValues ? "Put the value in quotes." : `Quote it: "${input}".` } : {},
  );
}

function expectedBy(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_union") {
    return [...new Set(issue.errors.flat().map(expectedBy))].join(" or ");
  }
  const names: Readonly<Record<string, string>> = { array: "a list", object: "an object", record: "an object" };
  const expected = issue.code === "invalid_type" ? issue.expected : "another value";
  return names[expected] ?? `a ${expected}`;
}

function describe(value: unknown): string {
  if (typeof value === "string") return `the string ${quote(value)}`;
  if (typeof value === "number" || typeof value === "boolean") return `the ${typeof value} ${value}`;
  return kindOf(value);
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** A text in double quotes with control characters escaped, cut where it gets too long for a message, no password in it. */
export function quote(text: string): string {
  const shown = withoutCredentials(text);
  return JSON.stringify(shown.length > 80 ? `${shown.slice(0, 79)}…` : shown);
}

/** `spec.rules[0].host`, as the API server writes paths. */
export function pathText(path: ValuePath): string {
  const text = path.map((key) => {
    if (typeof key === "number") return `[${key}]`;
    return /^[\w-]+$/.test(key) ? `.${key}` : `[${quote(key)}]`;
  });
  return text.join("").replace(/^\./, "");
}
