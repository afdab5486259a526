import { boolean, type Coded, list, record, text } from "../codec.ts";
import { credentialSource } from "./credential-source.ts";

/** Requests must have a key that `edge-ingress keys` made. */
export const apiKey = record({
  /** The first place that has a key counts. */
  from: list(credentialSource),
  /** The key must have all of them. */
  scopes: list(text),
  /** Tells clusters whose key it is, in lower case; empty: they are not told. */
  ownerHeader: text,
  /** Whether clusters get the key too. */
  forward: boolean,
});
export type ApiKey = Coded<typeof apiKey>;

export const DEFAULT_API_KEY: ApiKey = {
  from: [{ in: "header", name: "x-api-key", prefix: "" }],
  scopes: [],
  ownerHeader: "",
  forward: false,
};
