import { type Coded, record, u53 } from "../codec.ts";

/** What requests may carry. `maxSize`: bytes of a body, more get 413; 0: no limit. Named as in NGINX Gateway Fabric (`body.maxSize`). */
export const requestBody = record({ maxSize: u53 });
export type RequestBody = Coded<typeof requestBody>;
