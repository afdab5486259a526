import { type Coded, list, oneOf, record, text } from "../codec.ts";

/** Asks for a certificate of the client (mutual TLS). Each list that has something must have one that fits. */
export const clientCertificate = record({
  /**
   * `OptionalNoCA`: a certificate that no known authority has signed is let in too, as `optional_no_ca` of nginx; what it
   * says of its holder proves nothing, but for its fingerprint.
   */
  mode: oneOf(["Required", "Optional", "OptionalNoCA"]),
  /** Distinguished names as RFC 2253 writes them. */
  subjects: list(text),
  issuers: list(text),
  /** SHA-256, 64 hex digits in lower case. */
  fingerprints: list(text),
  /** `DNS:name`, `URI:uri`, `email:address`; names and hosts in lower case. */
  subjectAltNames: list(text),
  /**
   * A regular expression that is looked for in the subject, where there is no certificate in an empty one
   * (`auth-tls-match-cn`); empty: none. Proved to take linear time when it is compiled.
   */
  subjectPattern: text,
  /** The URL that clients without a fitting certificate are sent to, in the place of 400; empty: none. */
  errorPage: text,
  /** The header in which clusters get the certificate itself; empty: they do not. */
  certificateHeader: oneOf(["", "ssl-client-cert", "client-cert"]),
});
export type ClientCertificate = Coded<typeof clientCertificate>;

export const DEFAULT_CLIENT_CERTIFICATE: ClientCertificate = {
  mode: "Required",
  subjects: [],
  issuers: [],
  fingerprints: [],
  subjectAltNames: [],
  subjectPattern: "",
  errorPage: "",
  certificateHeader: "",
};

/** How a fingerprint is compared: without colons, in lower case. */
export function plainFingerprint(written: string): string {
  return written.replaceAll(":", "").toLowerCase();
}

/** Headers by which clusters are told of the certificate, as ingress-nginx names them; no client may send them. */
export const CERTIFICATE_HEADERS = ["ssl-client-verify", "ssl-client-subject-dn", "ssl-client-issuer-dn"] as const;
