import { type Coded, nullable, record, text } from "../codec.ts";
import { secretRef } from "./secret-ref.ts";

/** Asks for a user and a password (RFC 7617). */
export const basicAuth = record({
  secret: secretRef,
  /** The key whose value is an htpasswd file; null: each key is a user, and its value the hash (`auth-map`). */
  key: nullable(text),
  /** May be empty; without `"` and `\`. */
  realm: text,
});
export type BasicAuth = Coded<typeof basicAuth>;
