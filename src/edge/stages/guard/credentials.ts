import type { CredentialSource } from "../../../table/policies/credential-source.ts";
import { cookiesNamed } from "../../cookies.ts";
import { parametersNamed } from "../../query.ts";
import type { Visit } from "../visit.ts";

/** A token or key and where it stood. */
export interface Credential {
  readonly value: string;
  readonly source: CredentialSource;
}

/** `repeated`: there are several, of which a cluster might read another one than the edge. */
export type Found = Credential | "absent" | "repeated";

type Asked = Pick<Visit, "request" | "target">;

/** What stands at the first of these places that has something. */
export function findCredential(visit: Asked, sources: readonly CredentialSource[]): Found {
  for (const source of sources) {
    const found = readCredential(visit, source);
    if (found !== "absent") return found;
  }
  return "absent";
}

function readCredential(visit: Asked, source: CredentialSource): Found {
  const values = valuesAt(visit, source);
  const [value = ""] = values;
  if (values.length > 1) return "repeated";
  return value === "" ? "absent" : { value, source };
}

function valuesAt({ request, target }: Asked, source: CredentialSource): readonly string[] {
  switch (source.in) {
    case "header":
      return headersAt(request.headers, source);
    case "cookie":
      return cookiesNamed(request.headers, source.name);
    case "query":
      return parametersNamed(target.query, source.name);
  }
}

/**
 * The runtime joins headers of one name with commas, which no credential holds. Schemes are compared without regard to
 * case (RFC 9110 §11.1); a header of another scheme is none of ours, unless one of ours stands beside it.
 */
function headersAt(headers: Headers, { name, prefix }: CredentialSource): readonly string[] {
  const parts = (headers.get(name) ?? "").split(",").map((part) => part.trim());
  const isOurs = (part: string) => part.slice(0, prefix.length).toLowerCase() === prefix.toLowerCase();
  return parts.some(isOurs) ? parts.map((part) => part.slice(prefix.length).trim()) : [];
}

/**
 * Keeps from the cluster what nobody has checked: it stands where credentials are looked for, but another one was taken.
 * What stands at `forwarded` goes on; null: nothing does.
 */
export function withholdCredentials(
  visit: Visit,
  sources: readonly CredentialSource[],
  forwarded: CredentialSource | null,
): void {
  for (const source of sources) {
    if (source.in === forwarded?.in && source.name === forwarded.name) continue;
    if (valuesAt(visit, source).length === 0) continue;
    if (source.in === "header") visit.toCluster.remove(source.name);
    else if (source.in === "cookie") visit.toCluster.removeCookie(source.name);
    else visit.withheldParameters.add(source.name);
  }
}
