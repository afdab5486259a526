import type { AnswerRewriteFilter } from "../../../ir/filters/answer-rewrite.ts";
import { isUnreadable, parseTemplate } from "../../../resources/templates.ts";
import type { AnnotationFamily, FamilyReading } from "./entry.ts";
import { FamilyValues } from "./family-values.ts";

export const answers: AnnotationFamily = {
  title: "Answers of backends",
  settle,
  entries: [
    {
      name: "proxy-redirect-from",
      class: "P",
      guards: false,
      summary: "The beginning of the backend's `Location` that `proxy-redirect-to` replaces.",
      inert: ["off", "default"],
      together: "does the same with literal text; regular expressions and variables are reported",
    },
    {
      name: "proxy-redirect-to",
      class: "P",
      guards: false,
      summary: "What replaces the beginning of the backend's `Location`.",
      inert: ["off"],
      together: "does the same",
    },
    {
      name: "proxy-cookie-domain",
      class: "E",
      guards: false,
      summary: "Rewrites `Domain` of the backend's cookies.",
      inert: ["off"],
      together: "does the same with literal text; regular expressions and variables are reported",
    },
    {
      name: "proxy-cookie-path",
      class: "E",
      guards: false,
      summary: "Rewrites `Path` of the backend's cookies.",
      inert: ["off"],
      together: "does the same with literal text; regular expressions and variables are reported",
    },
  ],
};

type Rewrite = Pick<AnswerRewriteFilter, "match" | "to">;

function settle(written: ReadonlyMap<string, string>): FamilyReading {
  const values = new FamilyValues(written);
  const cookie = (name: string) => {
    const value = written.get(name) ?? "";
    const [from = "", to, ...more] = value.split(/\s+/);
    if (value === "" || value === "off") return null;
    if (to !== undefined && more.length === 0) return rewriteOf(name, from, to, values);
    values.problem(name, "is not two words, what is replaced and by what");
    return null;
  };
  const found = [
    { name: "proxy-redirect-from", type: "Redirect", rewrite: redirectOf(values) },
    { name: "proxy-cookie-domain", type: "CookieDomain", rewrite: ofDomain(cookie("proxy-cookie-domain")) },
    { name: "proxy-cookie-path", type: "CookiePath", rewrite: cookie("proxy-cookie-path") },
  ] as const;
  const filters = found.flatMap(({ name, type, rewrite }) =>
    rewrite === null ? [] : [{ name, filter: { type, ...rewrite, besidesIngress: true } }],
  );
  return { settings: [], filters: values.isSound ? filters : [], findings: values.findings };
}

/** nginx compares domains without a dot at their beginning, and without regard to case. */
function ofDomain(rewrite: Rewrite | null): Rewrite | null {
  return rewrite === null ? null : { ...rewrite, match: rewrite.match.replace(/^\./, "").toLowerCase() };
}

/** `default` is made of names inside the controller, which no backend writes: it changes nothing. */
function redirectOf(values: FamilyValues): Rewrite | null {
  const isSaid = (value: string) => value !== "" && value !== "off";
  const from = values.values.get("proxy-redirect-from") ?? "";
  const to = values.values.get("proxy-redirect-to") ?? "";
  if (from === "default" || !(isSaid(from) || isSaid(to))) return null;
  const missing = isSaid(from) ? "proxy-redirect-to" : "proxy-redirect-from";
  if (!isSaid(from) || !isSaid(to)) {
    const name = isSaid(from) ? "proxy-redirect-from" : "proxy-redirect-to";
    values.remark(name, `means nothing without ${missing}`);
    return null;
  }
  if (/\s/.test(from + to)) {
    values.problem("proxy-redirect-from", "and proxy-redirect-to must be one word each");
    return null;
  }
  return rewriteOf("proxy-redirect-from", from, to, values);
}

function rewriteOf(name: string, from: string, to: string, { findings }: FamilyValues): Rewrite | null {
  const template = parseTemplate(to);
  const reason = from.startsWith("~")
    ? "it is a regular expression"
    : from.includes("$")
      ? "what it replaces depends on variables"
      : isUnreadable(template)
        ? `it ${template.problem}`
        : null;
  if (reason === null && !isUnreadable(template)) return { match: from, to: template };
  findings.push({
    name,
    code: "EI4002",
    says: `is not honoured: ${reason}`,
    fix: "Write literal text, or have the Service answer as its clients need it.",
  });
  return null;
}
