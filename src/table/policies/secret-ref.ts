import { type Coded, record, text } from "../codec.ts";

/** Where a Secret is found at the edge. The table has its name, and never its content. */
export const secretRef = record({
  /** `namespace/name`: its key in the KV namespace `SECRETS_NAMESPACE`. */
  name: text,
  /** The Worker secret that comes before it; a function of the name. */
  binding: text,
});
export type SecretRef = Coded<typeof secretRef>;

/** The binding of the KV namespace with the Secrets that are no secrets of the Worker. */
export const SECRETS_NAMESPACE = "EDGE_INGRESS_SECRETS";
