import { plainFingerprint } from "../../../../table/policies/client-certificate.ts";
import { type Env, textOf } from "../../../env.ts";
import type { Visit } from "../../visit.ts";

/** What is known of the certificate that a client has shown in its TLS handshake. */
export interface CertificateFacts {
  /** As nginx's `$ssl_client_verify`: `NONE`, `SUCCESS` or `FAILED:reason`. */
  readonly verify: string;
  /** Distinguished names as RFC 2253 writes them; empty where they are not known. */
  readonly subject: string;
  readonly issuer: string;
  readonly serial: string;
  /** SHA-256, hex digits in lower case; empty where it is not known. */
  readonly fingerprint: string;
  /** The certificate in DER, as base64; empty where the platform does not give it (over 10 KiB). */
  readonly der: string;
}

const NONE: CertificateFacts = { verify: "NONE", subject: "", issuer: "", serial: "", fingerprint: "", der: "" };

/** Set by `dev`, which listens on loopback: the facts are headers then, for nobody else tells them. */
export const LOCAL_CERTIFICATES = "EDGE_INGRESS_LOCAL_CERTIFICATES";

/** The headers of `dev`: those of Cloudflare's managed transform "Add TLS client auth headers". */
const LOCAL_HEADERS = {
  certPresented: "cf-cert-presented",
  certVerified: "cf-cert-verified",
  certRevoked: "cf-cert-revoked",
  certSubjectDNRFC2253: "cf-cert-subject-dn-rfc2253",
  certIssuerDNRFC2253: "cf-cert-issuer-dn-rfc2253",
  certSerial: "cf-cert-serial",
  certFingerprintSHA256: "cf-cert-fingerprint-sha256",
  certRFC9440: "cf-cert-rfc9440",
} as const;
type Told = { readonly [Name in keyof typeof LOCAL_HEADERS]?: unknown };

/**
 * The facts, out of `request.cf.tlsClientAuth` (Cloudflare, client certificate variables). Every field is untrusted in
 * shape, and what is missing or odd counts as no certificate or as one that failed. Behind a trusted proxy the
 * certificate is the proxy's and says nothing of the client.
 */
export function factsOf({ request, client, env }: Pick<Visit, "request" | "client" | "env">): CertificateFacts {
  if (!client.isPeer) return NONE;
  const { tlsClientAuth } = (request.cf ?? {}) as { readonly tlsClientAuth?: unknown };
  const told = isLocal(env) ? toldByHeaders(request.headers) : tlsClientAuth;
  if (typeof told !== "object" || told === null) return NONE;
  const read = (name: keyof Told) => {
    const value = (told as Told)[name];
    return typeof value === "string" ? value : "";
  };
  if (read("certPresented") !== "1") return NONE;
  return {
    verify: verdictOf(read("certVerified"), read("certRevoked")),
    subject: read("certSubjectDNRFC2253"),
    issuer: read("certIssuerDNRFC2253"),
    serial: read("certSerial"),
    fingerprint: plainFingerprint(read("certFingerprintSHA256")),
    der: derIn(read("certRFC9440")),
  };
}

function isLocal(env: Env): boolean {
  return textOf(env, LOCAL_CERTIFICATES) !== null;
}

function toldByHeaders(headers: Headers): Told {
  return Object.fromEntries(Object.entries(LOCAL_HEADERS).map(([name, header]) => [name, headers.get(header) ?? ""]));
}

/** A certificate that is revoked stands as `SUCCESS` with certRevoked "1"; only "0" says that it is not. */
function verdictOf(verified: string, revoked: string): string {
  if (verified.startsWith("FAILED")) return verified;
  if (verified !== "SUCCESS") return "FAILED:not verified";
  return revoked === "0" ? "SUCCESS" : "FAILED:certificate revoked";
}

/** A Byte Sequence of structured fields (RFC 9440 §2.1, RFC 8941 §3.3.5). */
function derIn(written: string): string {
  return /^:([A-Za-z0-9+/]+={0,2}):$/.exec(written)?.[1] ?? "";
}
