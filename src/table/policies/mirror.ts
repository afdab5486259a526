import { boolean, type Coded, record } from "../codec.ts";
import { askedService } from "./external-auth.ts";
import { template } from "./template.ts";

/** A copy of each request that is let through goes there, and its answer to nobody (Gateway API's RequestMirror). */
export const mirror = record({
  service: askedService,
  /** Path and query; begins with `/`. */
  path: template,
  /** Whether the copy has the body. */
  body: boolean,
});
export type Mirror = Coded<typeof mirror>;
