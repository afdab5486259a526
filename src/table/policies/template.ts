import { type Coded, list, oneOf, record, text } from "../codec.ts";

/** What of a request can stand in a template: the variables of nginx that are known here, by their names there. */
export const VARIABLES = [
  "host",
  "http_host",
  "request_uri",
  "escaped_request_uri",
  "args",
  "is_args",
  "scheme",
  "pass_access_scheme",
  "request_method",
  "remote_addr",
  "remote_user",
  "req_id",
  /** `$http_NAME`, `$arg_NAME` and `$cookie_NAME`. */
  "http",
  "arg",
  "cookie",
  /** No variable of nginx: the Host, as a trusted proxy tells it, without its port (redirect_host of lua_ingress.lua). */
  "redirect_host",
  /** The port that belongs to it. */
  "redirect_port",
  /** A group of the expression that the template goes with; `value` is its number. */
  "capture",
] as const;
export type Variable = (typeof VARIABLES)[number];

/** A text with places for what a request has. */
export const template = list(
  record({
    type: oneOf(["text", ...VARIABLES]),
    /** The text; of `http` (in lower case, with dashes), `arg` and `cookie` the name; else empty. */
    value: text,
  }),
);
export type Template = Coded<typeof template>;
export type TemplatePart = Template[number];
