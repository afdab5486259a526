import { type Coded, record, text, u32 } from "../codec.ts";

/** The edge's own answer where no endpoint can serve a request. */
export const fallback = record({
  status: u32,
  contentType: text,
  body: text,
});
export type Fallback = Coded<typeof fallback>;
