import type { ErrorPages } from "../../../table/policies/error-pages.ts";
import type { ServiceRef } from "../backend.ts";
import type { FilterSource } from "../filter.ts";

/** Has another Service answer in the place of errors. */
export interface ErrorPagesFilter extends FilterSource {
  readonly type: "ErrorPages";
  readonly service: ServiceRef;
  readonly pages: ErrorPages;
}
