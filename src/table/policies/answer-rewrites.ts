import { type Coded, list, nullable, record, text } from "../codec.ts";
import { template } from "./template.ts";

const rewrite = nullable(record({ from: text, to: template }));

/** What of Services' answers is rewritten, as by nginx's proxy_cookie_domain, proxy_cookie_path and proxy_redirect. */
export const answerRewrites = record({
  /** `from` is in lower case, without a dot at its beginning. */
  cookieDomain: rewrite,
  /** `from` is how the path begins. */
  cookiePath: rewrite,
  /** How Location and Refresh begin; the first that fits is used. */
  redirects: list(record({ from: text, to: template })),
});
export type AnswerRewrites = Coded<typeof answerRewrites>;
