import type { RequestBody } from "../../table/policies/request-body.ts";
import { byteSize } from "./byte-sizes.ts";
import { exactly } from "./schema.ts";

/** No platform takes as much; beyond it a zero too many is more likely than a wish. */
const MOST_BYTES = 1024 ** 4;

/** `spec.requestBody` of an EdgePolicy; a `maxSize` of 0 is no limit, whatever a less specific policy says. */
export const requestBody = exactly({ maxSize: byteSize("maxSize", MOST_BYTES) }).transform(
  ({ maxSize }): RequestBody => ({ maxSize }),
);
