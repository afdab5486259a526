import type { PathRule } from "../../../src/compiler/patterns/path-pattern.ts";
import { translatePattern } from "../../../src/compiler/patterns/translate.ts";
import { fc } from "../../support/properties.ts";

/** The rule of a pattern as an Ingress writes it. Throws where it can't be translated. */
export function patternRule(pattern: string): PathRule {
  const translation = translatePattern(`^${pattern}`, { caseless: true });
  if (!translation.ok) throw new Error(`${pattern} ${translation.problem.says}`);
  return { pathType: "RegularExpression", path: translation.pattern.source, conditions: null };
}

const PIECES = [
  "a",
  "b",
  "/",
  ".",
  "[ab]",
  "[^a]",
  "x",
  "\\d",
  "(a|b)",
  "(?:/|$)",
  "$",
  "\\b",
  "(?=a)",
  "(?!b)",
  "|",
  "|/x",
];
const TURNS = ["", "", "", "?", "*", "+", "{2}"];
const piece = fc
  .tuple(fc.constantFrom(...PIECES), fc.constantFrom(...TURNS))
  .map(([text, turn]) => (/^(?:\$|\\b|\(\?[=!:].*|\|.*)$/.test(text) ? text : `${text}${turn}`));

/** Patterns of few pieces, that meet in many ways. */
export const pathPattern = fc
  .array(piece, { minLength: 1, maxLength: 6 })
  .map((parts) => `/${parts.join("")}`)
  .filter((text) => translatePattern(`^${text}`, { caseless: true }).ok);
