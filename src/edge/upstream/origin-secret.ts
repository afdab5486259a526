import { type OriginSecret, readOriginSecret } from "../../table/policies/origin-secret.ts";
import type { Env } from "../env.ts";
import { readSecret, reportSecret } from "../secrets.ts";
import { removeSpellings } from "./headers.ts";

interface Access {
  readonly env: Env;
  readonly waitUntil: (promise: Promise<unknown>) => void;
}

/**
 * The value of a cluster's secret header; null where the Secret can't be had: nothing may be sent then, for the cluster
 * would refuse it, or take it for one that came around the edge.
 */
export async function originSecretOf(policy: OriginSecret, access: Access): Promise<string | null> {
  const content = await readSecret(policy.secret, access);
  if (content === null) return null;
  const value = readOriginSecret(content.values.get(policy.key) ?? "");
  if (value === null) reportSecret(policy.secret, "it has no value that a header can hold under the key");
  return value;
}

/** Puts the header in place of whatever a client has sent in any of its spellings. */
export function setOriginSecret({ header }: OriginSecret, value: string, headers: Headers): void {
  removeSpellings(headers, header);
  headers.set(header, value);
}
