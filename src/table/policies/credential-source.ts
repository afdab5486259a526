import { type Coded, oneOf, record, text } from "../codec.ts";

/** Where in a request a token or key is looked for. */
export const credentialSource = record({
  in: oneOf(["header", "cookie", "query"]),
  name: text,
  /** What stands before it in a header, as `Bearer `; else empty. */
  prefix: text,
});
export type CredentialSource = Coded<typeof credentialSource>;
