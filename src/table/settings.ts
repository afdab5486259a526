import { type Coded, list, record, text } from "./codec.ts";
import { nginxHeaders } from "./nginx-headers.ts";

/** What holds for the whole edge. */
export const settings = record({
  /** Peers whose forwarded headers are believed, as CIDRs. */
  trustedProxies: list(text),
  /** For rules of its dialect, towards Services: a cluster's own ingress does the same itself. */
  nginxHeaders,
});
export type Settings = Coded<typeof settings>;
