/**
 * Writes schemas/: a JSON Schema of each kind of ours, and the CustomResourceDefinitions. Run `node scripts/schemas.ts`;
 * a test holds them and the parser together.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { stringify } from "yaml";
import { customResourceDefinitions } from "../src/compiler/resources/crds.ts";
import { jsonSchemaOf, OWN_KINDS, schemaPath } from "../src/compiler/resources/json-schema.ts";

const GENERATED = "# Made from the parser of the compiler by `node scripts/schemas.ts`.\n";

/** The files below the root of the repository, and what is in them. */
export function schemaFiles(): ReadonlyMap<string, string> {
  const schemas = OWN_KINDS.map((own): [string, string] => [
    schemaPath(own),
    `${JSON.stringify(jsonSchemaOf(own), null, 2)}\n`,
  ]);
  const definitions = customResourceDefinitions().map((definition) =>
    stringify(definition, { aliasDuplicateObjects: false }),
  );
  return new Map([...schemas, ["schemas/crds.yaml", GENERATED + definitions.join("---\n")]]);
}

if (import.meta.main) {
  const root = new URL("../", import.meta.url);
  mkdirSync(new URL("schemas/", root), { recursive: true });
  for (const [path, text] of schemaFiles()) writeFileSync(new URL(path, root), text);
}
