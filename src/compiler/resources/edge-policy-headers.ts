import * as z from "zod";
import type { HeaderChange, HeaderModifier } from "../../table/policies/header-modifier.ts";
import { settableHeader } from "./external-auth.ts";
import { between, exactly, type Fields, formed, type Report, reportTo, rule } from "./schema.ts";
import { isUnreadable, parseTemplate } from "./templates.ts";

const ACTIONS = ["set", "add", "remove"] as const;

const name = z.string().check(formed("EI1237", "the header", settableHeader));

const value = z
  .string()
  .check(rule(withoutSpaceAround))
  .transform((text, context) => {
    const parsed = parseTemplate(text);
    if (!isUnreadable(parsed)) return parsed;
    reportTo(context)({ code: "EI1237", message: `the header's value ${parsed.problem}` });
    return z.NEVER;
  });

const headers = z.array(exactly({ name, value })).nullish();

const modifier = exactly({ set: headers, add: headers, remove: z.array(name).nullish() })
  .check(between(notEmpty))
  .transform(({ set, add, remove }): HeaderModifier => {
    const change = (action: HeaderChange["action"]) => (each: Pick<HeaderChange, "name" | "value">) => ({
      ...each,
      action,
      besidesIngress: false,
      onlySuccess: false,
    });
    return [
      ...(remove ?? []).map((each) => change("remove")({ name: each, value: [] })),
      ...(set ?? []).map(change("set")),
      ...(add ?? []).map(change("add")),
    ];
  });

/** `spec.headers` of an EdgePolicy: Gateway API's RequestHeaderModifier and ResponseHeaderModifier. */
export const headerModifiers = exactly({ request: modifier.nullish(), response: modifier.nullish() })
  .check(between(oneOfBoth))
  .transform(({ request, response }) => ({ request: request ?? [], response: response ?? [] }));

function withoutSpaceAround(text: string, report: Report): void {
  if (text.trim() !== text) report({ code: "EI1237", message: "the header's value begins or ends with a space" });
}

/** Gateway API lets one filter do one thing with a header. */
function notEmpty(fields: Fields, report: Report): void {
  const lists = ACTIONS.map((action) => fields[action]).filter((list): list is unknown[] => Array.isArray(list));
  if (lists.every((list) => list.length === 0)) report({ code: "EI1239", message: "nothing is set, added or removed" });
  const names = lists.flat().map(nameOf);
  const twice = names.find((each, index) => each !== null && names.indexOf(each) !== index);
  if (twice !== undefined) report({ code: "EI1239", message: `the header ${JSON.stringify(twice)} is there twice` });
}

function nameOf(entry: unknown): string | null {
  const written = typeof entry === "object" && entry !== null && "name" in entry ? entry.name : entry;
  return typeof written === "string" ? written.toLowerCase() : null;
}

function oneOfBoth({ request, response }: Fields, report: Report): void {
  if ((request ?? null) === null && (response ?? null) === null) {
    report({ code: "EI1239", message: "headers needs `request` or `response`" });
  }
}
