import { boolean, type Coded, list, record, text } from "../codec.ts";

/** Cross-origin requests (fetch.spec.whatwg.org, "CORS protocol"), as ingress-nginx lets them in. Headers' values as sent. */
export const cors = record({
  /** `scheme://host[:port]` in lower case, with `*.` before the host for one label; `*`: any, and none. */
  allowOrigins: list(text),
  allowCredentials: boolean,
  allowMethods: text,
  allowHeaders: text,
  /** Empty: no such header. */
  exposeHeaders: text,
  /** Seconds for which a browser may remember a preflight. */
  maxAge: text,
});
export type Cors = Coded<typeof cors>;

/** Those of ingress-nginx (internal/ingress/annotations/cors/main.go), but for credentials, which it allows unasked. */
export const DEFAULT_CORS: Cors = {
  allowOrigins: ["*"],
  allowCredentials: false,
  allowMethods: "GET, PUT, POST, DELETE, PATCH, OPTIONS",
  allowHeaders:
    "DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization",
  exposeHeaders: "",
  maxAge: "1728000",
};
