import type { Mirror } from "../../../table/policies/mirror.ts";
import type { FilterSource } from "../filter.ts";

/** Gateway API's RequestMirror, to a URL whose path may name nginx's variables. */
export interface RequestMirrorFilter extends FilterSource {
  readonly type: "RequestMirror";
  readonly mirror: Mirror;
}
