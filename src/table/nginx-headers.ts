import { boolean, type Coded, list, oneOf, record, text } from "./codec.ts";

/** How ingress-nginx treats headers on the way to Services and back, unasked (rootfs/etc/nginx/template/nginx.tmpl). */
export const nginxHeaders = record({
  /** Whether X-Forwarded-For holds the whole chain, and not the client alone. */
  fullForwardedFor: boolean,
  /** Which names of clients' headers go on: letters, digits and `-`; with `_` too; or any. */
  names: oneOf(["plain", "underscores", "any"]),
  /** Names that are taken off Services' answers, in lower case. */
  hidden: list(text),
});
export type NginxHeaders = Coded<typeof nginxHeaders>;

/** What nginx keeps to itself (nginx/nginx:src/http/modules/ngx_http_proxy_module.c, ngx_http_proxy_hide_headers), but for Date. */
const HIDDEN = [
  "x-accel-buffering",
  "x-accel-charset",
  "x-accel-expires",
  "x-accel-limit-rate",
  "x-accel-redirect",
  "x-pad",
];

export const DEFAULT_NGINX_HEADERS: NginxHeaders = {
  fullForwardedFor: false,
  names: "plain",
  hidden: ["server", ...HIDDEN],
};
