import type { Redirect } from "../../../table/policies/redirect.ts";
import type { FilterSource } from "../filter.ts";

/** Gateway API's RequestRedirect, with a location that may name nginx's variables. */
export interface RequestRedirectFilter extends FilterSource {
  readonly type: "RequestRedirect";
  readonly redirect: Redirect;
}
