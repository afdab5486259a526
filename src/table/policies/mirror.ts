import { boolean, type Coded, record, u32 } from "../codec.ts";
import { askedService } from "./external-auth.ts";
import { template } from "./template.ts";

/** A copy of requests that are let through goes there, and its answer to nobody (Gateway API's RequestMirror). */
export const mirror = record({
  service: askedService,
  /** Path and query; begins with `/`. */
  path: template,
  /** Whether the copy has the body. */
  body: boolean,
  /** Of 100 requests; at least 1. */
  percent: u32,
  /** Only of what goes to Services: a cluster's own ingress makes its copies itself. */
  onlyServices: boolean,
});
export type Mirror = Coded<typeof mirror>;
