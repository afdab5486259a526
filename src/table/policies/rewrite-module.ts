import { boolean, type Coded, list, nullable, oneOf, record, text, u32 } from "../codec.ts";
import { headerModifier } from "./header-modifier.ts";
import { template } from "./template.ts";

/** An `if` of nginx. */
const condition = record({
  /** Empty: the decoded path (`$uri`). */
  subject: template,
  /** `set`: neither empty nor `0`. */
  test: oneOf(["set", "equals", "matches"]),
  /** The text, or an expression for `new RegExp`; of `set` empty. */
  value: text,
  caseless: boolean,
  negated: boolean,
});

/** A `return`, `rewrite` or `break` of nginx. */
const action = record({
  /**
   * `path`: in the place of the path, and no later line is run. `location`: so too, and the host's rules are matched with it
   * anew. `change`: anew as well, when the later lines have run.
   */
  does: oneOf(["answer", "redirect", "path", "break", "location", "change"]),
  /** An expression that the decoded path has to match; empty: any. */
  pattern: text,
  status: u32,
  /** The body of the answer, the location, or the path; groups are those of the pattern, else of the condition. */
  to: template,
  /** Whether scheme and Host come before a location that is a path. */
  absolute: boolean,
  /** How the query of the request comes after a location: not at all, after `?`, or after `&`. */
  query: oneOf(["none", "first", "more"]),
  contentType: text,
});

/** The lines of snippets that nginx's ngx_http_rewrite_module runs (its documentation, and src/http/ngx_http_script.c), in their order. */
export const rewriteModule = list(
  record({
    /** Those of the server come before all else of the request. */
    level: oneOf(["server", "location"]),
    /** Null: for all requests. */
    condition: nullable(condition),
    /** Changes to the answer, where no later condition of that level holds too. */
    headers: headerModifier,
    actions: list(action),
  }),
);
export type RewriteModule = Coded<typeof rewriteModule>;
export type RewriteBlock = RewriteModule[number];
export type RewriteCondition = Coded<typeof condition>;
export type RewriteAction = Coded<typeof action>;

/** Whether it may lead a request to another rule of its host. */
export function leadsElsewhere({ does }: RewriteAction): boolean {
  return does === "location" || does === "change";
}
