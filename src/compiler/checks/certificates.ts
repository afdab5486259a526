import { X509Certificate } from "node:crypto";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnose } from "../diagnostics/report.ts";
import { overlaps } from "../ir/scope.ts";
import { coversHost, type TlsHost } from "../ir/tls.ts";
import type { Resource, ResourceSet, SecretBody } from "../resources/resource.ts";

/**
 * Hosts that the certificate does not name which `tls` gives them. Of Secrets that are among the manifests the names of
 * the certificate are read, and nothing else; whether it has expired depends on the day, and is not looked at.
 */
export function reportCertificates(
  tls: readonly TlsHost[],
  { secrets }: Pick<ResourceSet, "secrets">,
): readonly Diagnostic[] {
  const byName = Map.groupBy(secrets, ({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  const names = new Map<Resource<SecretBody>, readonly string[] | null>();
  return tls.flatMap(({ hostname, secret, owner, at }) => {
    if (secret === null) return [];
    const name = `${secret.namespace}/${secret.name}`;
    const present = (byName.get(name) ?? []).filter(({ scope }) => overlaps(scope, owner.scope));
    return present.flatMap((each) => {
      const known = names.has(each) ? names.get(each) : namesOf(each.body);
      names.set(each, known ?? null);
      const related = [{ message: "the Secret", position: each.locate(["metadata", "name"]) }];
      if (known === null || known === undefined) {
        return [
          diagnose("EI2064", at, `Secret ${name} has no certificate under tls.crt that can be read`, { related }),
        ];
      }
      if (hostname === "*" || known.some((pattern) => coversHost(pattern, hostname))) return [];
      return [diagnose("EI2065", at, `the certificate of Secret ${name} does not name ${hostname}`, { related })];
    });
  });
}

const DNS_NAME = /(?:^|, )DNS:([^,]+)/g;

/** The DNS names of a certificate (RFC 6125: those of the subject alone do not count); null where it is none. */
function namesOf({ content }: SecretBody): readonly string[] | null {
  const value = content.read("tls.crt");
  if (value === null || value === "unreadable") return null;
  try {
    const { subjectAltName = "" } = new X509Certificate(value.text);
    return [...(subjectAltName ?? "").matchAll(DNS_NAME)].map(([, name = ""]) => name.toLowerCase());
  } catch {
    return null;
  }
}
