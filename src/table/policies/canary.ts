import { boolean, type Coded, record, text } from "../codec.ts";

/**
 * Which requests of a rule with two backends go to the second one, its canary, as ingress-nginx decides it: by header,
 * by cookie, else by lot with the backends' weights.
 */
export const canary = record({
  /** In lower case; empty: none. */
  header: text,
  /** What the header has to be; empty: `always` for the canary, `never` for the main backend. */
  headerValue: text,
  /** A regular expression of ECMAScript that the header has to have a match of; empty: none. */
  headerPattern: text,
  /** True: the pattern is none, and whoever sends the header gets the main backend. */
  patternFails: boolean,
  /** Empty: none. */
  cookie: text,
  /** Whether a session that was begun with one of the backends stays with it, whatever header and cookie say. */
  sticky: boolean,
});
export type Canary = Coded<typeof canary>;
