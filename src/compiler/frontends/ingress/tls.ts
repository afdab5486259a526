import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { diagnose } from "../../diagnostics/report.ts";
import { coversHost, type TlsHost } from "../../ir/tls.ts";
import type { IngressBody } from "../../resources/resource.ts";
import type { ServedResource } from "./dialect.ts";
import { ownerOf } from "./owner.ts";
import { hostnameOf } from "./rules.ts";

export interface TlsReading {
  readonly tls: readonly TlsHost[];
  readonly diagnostics: readonly Diagnostic[];
}

/** The TLS entries of one Ingress, and where they and its rules speak of different hosts. */
export function readTls(ingress: ServedResource): TlsReading {
  const tls = ingress.body.tls.flatMap((entry, index) => tlsHosts(ingress, entry, index));
  if (tls.length === 0) return { tls, diagnostics: [] };
  return {
    tls,
    diagnostics: [...withoutHosts(ingress), ...withoutRule(ingress, tls), ...withoutTls(ingress, tls)],
  };
}

function tlsHosts(ingress: ServedResource, entry: IngressBody["tls"][number], index: number): readonly TlsHost[] {
  const { namespace } = ingress.metadata;
  const secret = entry.secretName === null ? null : { namespace, name: entry.secretName };
  const owner = ownerOf(ingress);
  if (entry.hosts.length === 0) {
    return [{ hostname: "*", secret, owner, at: ingress.locate(["spec", "tls", index]) }];
  }
  return entry.hosts.map((host, at) => ({
    hostname: hostnameOf(host),
    secret,
    owner,
    at: ingress.locate(["spec", "tls", index, "hosts", at]),
  }));
}

function withoutHosts(ingress: ServedResource): readonly Diagnostic[] {
  return ingress.body.tls.flatMap((entry, index) =>
    entry.hosts.length > 0
      ? []
      : [
          diagnose(
            "EI2061",
            ingress.locate(["spec", "tls", index]),
            "the TLS entry has no hosts: it stands for the default certificate",
          ),
        ],
  );
}

/** A TLS host that none of the requests which this Ingress takes can have. */
function withoutRule(ingress: ServedResource, tls: readonly TlsHost[]): readonly Diagnostic[] {
  const taken = ingress.body.rules.map((rule) => hostnameOf(rule.host));
  if (ingress.body.defaultBackend !== null) taken.push("*");
  return tls
    .filter((entry) => !taken.some((host) => coversHost(entry.hostname, host) || coversHost(host, entry.hostname)))
    .map((entry) => diagnose("EI2059", entry.at, `the TLS host ${entry.hostname} has no rule in this Ingress`));
}

/** A rule host that the Ingress leaves out of its TLS entries. A rule without a host has none to be left out. */
function withoutTls(ingress: ServedResource, tls: readonly TlsHost[]): readonly Diagnostic[] {
  const reported = new Set<string>();
  return ingress.body.rules.flatMap((rule, index) => {
    const host = hostnameOf(rule.host);
    if (host === "*" || reported.has(host) || tls.some((entry) => coversHost(entry.hostname, host))) return [];
    reported.add(host);
    const at = ingress.locate(["spec", "rules", index, "host"]);
    return [diagnose("EI2060", at, `the host ${host} is in no TLS entry of this Ingress, which has others`)];
  });
}
