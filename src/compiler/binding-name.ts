import { createHash } from "node:crypto";

/** Names that stay apart when every other character becomes `_`. */
const PLAIN = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** The name of a binding for what `parts` name. `identity` is what tells it from all others; names follow from it alone. */
export function bindingName(kind: string, parts: readonly string[], identity: string): string {
  const name = [kind, ...parts]
    .join("_")
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, "_");
  const [first = "", ...rest] = parts;
  if (rest.length === 0 && PLAIN.test(first)) return name;
  return `${name}_${createHash("sha256").update(identity).digest("hex").slice(0, 8).toUpperCase()}`;
}
