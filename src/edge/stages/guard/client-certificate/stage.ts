import { CERTIFICATE_HEADERS, type ClientCertificate } from "../../../../table/policies/client-certificate.ts";
import type { RulePolicies } from "../../../../table/policies/rule-policies.ts";
import { logRefusal } from "../../../observe/refusals.ts";
import type { Problem } from "../../../problem.ts";
import type { StageFactory } from "../../chain.ts";
import type { Visit } from "../../visit.ts";
import { subjectAltNames } from "./alt-names.ts";
import { type CertificateFacts, factsOf } from "./facts.ts";

/**
 * What nginx's `optional_no_ca` passes over: nobody known has signed it (ngx_ssl_verify_error_optional). A certificate that
 * is too old or revoked is refused all the same.
 */
const WITHOUT_CA: ReadonlySet<string> = new Set([
  "FAILED:self signed certificate",
  "FAILED:self-signed certificate",
  "FAILED:self signed certificate in certificate chain",
  "FAILED:self-signed certificate in certificate chain",
  "FAILED:unable to get local issuer certificate",
  "FAILED:unable to verify the first certificate",
]);

/**
 * Asks for a certificate of the client. Of a request over TLS before anything may answer it, as nginx does ahead of its
 * phases (nginx/nginx:src/http/ngx_http_request.c, ngx_http_process_request): CORS preflights and redirects too. A plain one
 * has none, and is refused only where it would go on: the redirect to https comes before. It holds whatever `satisfy` says.
 * No certificate and one that can't be verified are answered 400, one of somebody else 403, which is ingress-nginx's.
 */
export function clientCertificate(overTls: boolean): StageFactory {
  return ({ clientCertificate: policy }: RulePolicies) => {
    if (policy === null) return null;
    const pattern = policy.subjectPattern === "" ? null : new RegExp(policy.subjectPattern);
    return {
      handle(visit) {
        const facts = factsOf(visit);
        if (visit.target.https === overTls) return judge(facts, policy, pattern, visit);
        // In nginx a line of the server, with or without TLS: `if ($ssl_client_s_dn !~ …) { return 403 …; }`.
        return overTls && isOther(facts, pattern) ? refused("forbidden", "another subject", visit) : null;
      },
    };
  };
}

function judge(
  facts: CertificateFacts,
  policy: ClientCertificate,
  pattern: RegExp | null,
  visit: Visit,
): Response | Problem | null {
  const reason = whyUnverified(facts, policy);
  if (reason !== null) {
    const answer = policy.errorPage === "" ? "certificate" : elsewhere(policy.errorPage, visit.requestId);
    return facts.verify === "NONE" ? answer : refused(answer, reason, visit);
  }
  const other = whyOther(facts, policy, pattern);
  if (other !== null) return refused("forbidden", other, visit);
  admit(facts, policy, visit);
  return null;
}

function refused(answer: Response | Problem, reason: string, { requestId }: Visit): Response | Problem {
  logRefusal({ by: "client-certificate", reason, requestId });
  return answer;
}

function isOther({ subject }: CertificateFacts, pattern: RegExp | null): boolean {
  return pattern !== null && !pattern.test(plain(subject));
}

function whyUnverified({ verify }: CertificateFacts, { mode }: ClientCertificate): string | null {
  if (verify === "SUCCESS") return null;
  if (verify === "NONE") return mode === "Required" ? "no certificate" : null;
  if (mode === "OptionalNoCA" && WITHOUT_CA.has(verify)) return null;
  return verify === "FAILED:certificate revoked" ? "a revoked certificate" : "a certificate that is not verified";
}

/** Which list has nothing that fits; null: the certificate is one of those that are meant. */
function whyOther(facts: CertificateFacts, policy: ClientCertificate, pattern: RegExp | null): string | null {
  if (isOther(facts, pattern)) return "another subject";
  if (facts.verify === "NONE") return null;
  const { subjects, issuers, fingerprints, subjectAltNames: names } = policy;
  if (subjects.length > 0 && !subjects.includes(facts.subject)) return "another subject";
  if (issuers.length > 0 && !issuers.includes(facts.issuer)) return "another issuer";
  if (fingerprints.length > 0 && !fingerprints.includes(facts.fingerprint)) return "another fingerprint";
  if (names.length > 0 && !subjectAltNames(facts.der).some((name) => names.includes(name))) return "other names";
  return null;
}

function admit(facts: CertificateFacts, policy: ClientCertificate, visit: Visit): void {
  const { verify, subject, issuer, serial, fingerprint, der } = facts;
  const { toCluster } = visit;
  const [verifyHeader, subjectHeader, issuerHeader] = CERTIFICATE_HEADERS;
  toCluster.set(verifyHeader, plain(verify));
  if (verify === "NONE") return;
  if (subject !== "") toCluster.set(subjectHeader, plain(subject));
  if (issuer !== "") toCluster.set(issuerHeader, plain(issuer));
  const { certificateHeader } = policy;
  if (certificateHeader !== "" && der !== "") {
    toCluster.set(certificateHeader, certificateHeader === "client-cert" ? `:${der}:` : escapedPem(der));
  }
  // Without a known authority it is the list of fingerprints alone that proves who it is.
  if (verify !== "SUCCESS" && policy.fingerprints.length === 0) return;
  const claims = { issuer, serial, fingerprint, subjectAltNames: der === "" ? [] : subjectAltNames(der) };
  visit.identities.push({ by: "clientCertificate", subject, claims });
}

/**
 * The bytes of a header have no character set: what is not printable ASCII is written as RFC 2253's hex pairs, as nginx
 * has it in headers and for its expressions.
 */
function plain(text: string): string {
  return text.replace(/[^\x20-\x7e]/gu, (character) =>
    Array.from(
      new TextEncoder().encode(character),
      (byte) => `\\${byte.toString(16).toUpperCase().padStart(2, "0")}`,
    ).join(""),
  );
}

/** nginx's `$ssl_client_escaped_cert`: PEM, percent-encoded. */
function escapedPem(der: string): string {
  const lines = der.match(/.{1,64}/g) ?? [];
  return encodeURIComponent(`-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`);
}

function elsewhere(location: string, requestId: string): Response {
  return new Response(null, {
    status: 302,
    headers: { location, "cache-control": "no-store", "x-request-id": requestId },
  });
}
