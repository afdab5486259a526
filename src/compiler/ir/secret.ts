import type { SecretRef } from "../../table/policies/secret-ref.ts";
import { bindingName } from "../binding-name.ts";

/** How the edge finds a Secret. The binding is a function of the Secret's name alone. */
export function secretRef(namespace: string, name: string): SecretRef {
  const full = `${namespace}/${name}`;
  return { name: full, binding: bindingName("SECRET", [namespace, name], full) };
}
