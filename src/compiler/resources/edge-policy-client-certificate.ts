import * as z from "zod";
import {
  type ClientCertificate,
  DEFAULT_CLIENT_CERTIFICATE,
  plainFingerprint,
} from "../../table/policies/client-certificate.ts";
import { between, exactly, type Fields, formed, oneOf, type Report, rule } from "./schema.ts";

/** Of a text that another one is compared with: what the platform would never write matches nobody. */
const distinguishedName = (text: string) => {
  const parts = text.match(/(?:[^,\\]|\\.)+/g) ?? [];
  const isSound =
    parts.join(",") === text && parts.every((part) => /^[A-Za-z0-9.]+=\S/.test(part) && !/[^\\]\s$/.test(part));
  return isSound
    ? null
    : "must be written as RFC 2253 has it, the name first and without spaces at commas: CN=ann,O=Shop";
};

const fingerprint = (text: string) =>
  /^[0-9a-f]{64}$/.test(plainFingerprint(text)) ? null : "must be the SHA-256 of the certificate, 64 hex digits";

const altName = (text: string) =>
  /^(?:DNS|URI|email):[!-~]+$/.test(text) ? null : "must be of the form DNS:name, URI:uri or email:address";

function some(what: string, form: (text: string) => string | null) {
  return z
    .array(z.string().check(formed("EI1237", what, form)))
    .check(rule(notEmpty))
    .optional();
}

/** `spec.clientCertificate` of an EdgePolicy. */
export const clientCertificate = exactly({
  mode: oneOf(["Required", "Optional", "OptionalNoCA"]).optional(),
  subjects: some("the subject", distinguishedName),
  issuers: some("the issuer", distinguishedName),
  fingerprints: some("the fingerprint", fingerprint),
  subjectAltNames: some("the name", altName),
  certificateHeader: oneOf(["ssl-client-cert", "client-cert"]).optional(),
})
  .check(between(provesSomething))
  .transform(
    ({ mode, subjects, issuers, fingerprints, subjectAltNames, certificateHeader }): ClientCertificate => ({
      ...DEFAULT_CLIENT_CERTIFICATE,
      mode: mode ?? DEFAULT_CLIENT_CERTIFICATE.mode,
      subjects: subjects ?? [],
      issuers: issuers ?? [],
      fingerprints: (fingerprints ?? []).map(plainFingerprint),
      subjectAltNames: (subjectAltNames ?? []).map((name) =>
        name.startsWith("DNS:") ? `DNS:${name.slice(4).toLowerCase()}` : name,
      ),
      certificateHeader: certificateHeader ?? "",
    }),
  );

function notEmpty(items: readonly unknown[], report: Report): void {
  if (items.length > 0) return;
  report({ code: "EI1239", message: "an empty list says neither that nobody is meant nor that everybody is" });
}

/** Whoever makes a certificate for himself writes any name into it. */
function provesSomething(fields: Fields, report: Report): void {
  if (fields.mode !== "OptionalNoCA") return;
  for (const field of ["subjects", "issuers", "subjectAltNames"]) {
    if (fields[field] === undefined) continue;
    const message = `${field} prove nothing with mode OptionalNoCA: anybody can write them into a certificate`;
    report({ code: "EI1239", message, path: [field], part: "key" });
  }
}
