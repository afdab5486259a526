import type { FilterSource } from "../filter.ts";

/** The `hostname` of Gateway API's URLRewrite: which Host a Service sees. */
export interface HostRewriteFilter extends FilterSource {
  readonly type: "HostRewrite";
  /** With its port where one is written. */
  readonly hostname: string;
}
