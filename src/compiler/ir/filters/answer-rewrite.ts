import type { Template } from "../../../table/policies/template.ts";
import type { FilterSource } from "../filter.ts";

/** Rewrites a part of Services' answers: attributes of their cookies, or where they redirect to. */
export interface AnswerRewriteFilter extends FilterSource {
  readonly type: "CookieDomain" | "CookiePath" | "Redirect";
  /** What it begins with, or is. */
  readonly match: string;
  readonly to: Template;
}
