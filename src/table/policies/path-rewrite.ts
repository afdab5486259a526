import { type Coded, record, text } from "../codec.ts";

/** What takes the place of a path towards a Service; `$1` to `$9` in both texts are groups of the rule's pattern. */
export const pathRewrite = record({
  template: text,
  /** `X-Forwarded-Prefix`; empty: none. */
  forwardedPrefix: text,
});
export type PathRewrite = Coded<typeof pathRewrite>;
