/** Where certificate authorities look for proofs (RFC 8555 §8.3): without credentials, and by plain http. */
export const ACME_CHALLENGE = "/.well-known/acme-challenge";
