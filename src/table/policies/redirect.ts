import { boolean, type Coded, list, oneOf, record, u32 } from "../codec.ts";
import { template } from "./template.ts";

/** Answers that lead elsewhere. The first that is for a request counts, in the order of the stages. */
export const redirects = list(
  record({
    /** `root`: requests for the path `/`; `http`: those that came without TLS. */
    only: oneOf(["root", "always", "http"]),
    status: u32,
    location: template,
    /** Whether one `/` at the end of the location is cut off, as ingress-nginx does on the way to https. */
    cutSlash: boolean,
  }),
);
export type Redirects = Coded<typeof redirects>;
export type Redirect = Redirects[number];
