import { boolean, type Coded, list, oneOf, record, text } from "../codec.ts";
import { template } from "./template.ts";

/** Changes to the headers of a request or an answer (Gateway API's HTTPHeaderFilter), in the order in which they are made. */
export const headerModifier = list(
  record({
    action: oneOf(["set", "add", "remove"]),
    name: text,
    /** Empty for `remove`. */
    value: template,
    /** True: what goes to a cluster's own ingress, or comes from there, is left as it is. */
    besidesIngress: boolean,
    /** Of an answer: only with the statuses of nginx's `add_header` without `always`. */
    onlySuccess: boolean,
  }),
);
export type HeaderModifier = Coded<typeof headerModifier>;
export type HeaderChange = HeaderModifier[number];
