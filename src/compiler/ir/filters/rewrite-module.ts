import type { RewriteBlock, RewriteModule } from "../../../table/policies/rewrite-module.ts";
import type { FilterSource } from "../filter.ts";

/** Conditions, redirects and answers of nginx's rewrite module; Gateway API has no filter for them. */
export interface RewriteModuleFilter extends FilterSource {
  readonly type: "RewriteModule";
  /** `server`: for all paths of the hosts. */
  readonly level: RewriteBlock["level"];
  readonly blocks: RewriteModule;
}
