import { type Template, type TemplatePart, VARIABLES } from "../../table/policies/template.ts";

/** A reason ends the sentence that begins with what has the text, and never quotes the text but for a variable's name. */
export interface Unreadable {
  readonly problem: string;
  /** Of an annotation's value that ingress-nginx takes. */
  readonly ofEdge?: true;
}

export function isUnreadable<Value>(parsed: Value | Unreadable): parsed is Unreadable {
  return typeof parsed === "object" && parsed !== null && "problem" in parsed;
}

/** Other names of nginx for the same. */
const ALIASES: Readonly<Record<string, string>> = { best_http_host: "http_host", query_string: "args" };

/** What no variable of nginx is called: families of them, and groups. */
const OF_A_NAME: readonly string[] = ["http", "arg", "cookie", "capture"];

const CONTROL = /[\u0000-\u001f\u007f]/;
const VARIABLE = /\$(?:\{(\w+)\}|(\w+)|)/;

/** Reads a text with nginx's variables, `$name` or `${name}`. */
export function parseTemplate(text: string): Template | Unreadable {
  if (CONTROL.test(text)) return { problem: "holds a control character" };
  const parts: TemplatePart[] = [];
  let rest = text;
  for (let found = VARIABLE.exec(rest); found !== null; found = VARIABLE.exec(rest)) {
    if (found.index > 0) parts.push({ type: "text", value: rest.slice(0, found.index) });
    const name = found[1] ?? found[2];
    if (name === undefined) return { problem: "holds a `$` that no name follows" };
    // nginx compares names of variables without regard to case.
    const part = variableOf(name.toLowerCase());
    if (part === null) return { problem: `uses the variable $${name}, which the edge does not have`, ofEdge: true };
    parts.push(part);
    rest = rest.slice(found.index + found[0].length);
  }
  return rest === "" ? parts : [...parts, { type: "text", value: rest }];
}

function variableOf(written: string): TemplatePart | null {
  const name = ALIASES[written] ?? written;
  const [, family, key = ""] = /^(http|arg|cookie)_(.+)$/.exec(name) ?? [];
  if (family === "http" && key !== "host") return { type: "http", value: key.replaceAll("_", "-") };
  if (family === "arg" || family === "cookie") return { type: family, value: key };
  const known = VARIABLES.find((variable) => variable === name && !variable.startsWith("redirect_"));
  return known === undefined || OF_A_NAME.includes(known) ? null : { type: known, value: "" };
}

/** The text of a template as it could have been written. */
export function templateText(template: Template): string {
  return template
    .map(({ type, value }, index) => {
      if (type === "text") return value;
      if (type === "capture") return `$${value}`;
      const name = value === "" ? type : `${type}_${value.replaceAll("-", "_")}`;
      const next = template[index + 1];
      return next?.type === "text" && /^\w/.test(next.value) ? `\${${name}}` : `$${name}`;
    })
    .join("");
}
