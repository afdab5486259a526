import { type Coded, record, text } from "../codec.ts";
import { secretRef } from "./secret-ref.ts";

/** A header by which a cluster knows that a request has come through the edge. */
export const originSecret = record({
  /** In lower case. */
  header: text,
  secret: secretRef,
  key: text,
});
export type OriginSecret = Coded<typeof originSecret>;

/** The header where none is written. */
export const ORIGIN_HEADER = "x-origin-verify";

/** Characters of a secret at least: a shorter one can be guessed. */
export const SHORTEST_ORIGIN_SECRET = 16;

/** The value that is sent; null for one that is short, or that no header holds as it is. A line break at its end counts for nothing. */
export function readOriginSecret(written: string): string | null {
  const value = written.replace(/\r?\n$/, "");
  return value.length >= SHORTEST_ORIGIN_SECRET && value.length <= 1024 && /^[!-~]+$/.test(value) ? value : null;
}
