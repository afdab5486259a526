import type { PathRewrite } from "../../../table/policies/path-rewrite.ts";
import type { FilterSource } from "../filter.ts";

/** The path of Gateway API's URLRewrite, always the whole of it (ReplaceFullPath), with groups of the rule's pattern. */
export interface PathRewriteFilter extends FilterSource, PathRewrite {
  readonly type: "PathRewrite";
}
