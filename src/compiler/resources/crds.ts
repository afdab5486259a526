import { type JsonSchema, jsonSchemaOf, OWN_GROUP, OWN_KINDS, OWN_VERSION, type OwnKind } from "./json-schema.ts";

type Part = JsonSchema | boolean;

/** Anything: the compiler says what may stand there. */
const ANYTHING = { "x-kubernetes-preserve-unknown-fields": true };

/**
 * The CustomResourceDefinitions of our kinds, as objects. Their schemas are structural
 * (https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema):
 * what JSON Schema says beyond that is left to the compiler.
 */
export function customResourceDefinitions(): readonly object[] {
  return OWN_KINDS.filter(({ resource }) => resource !== null).map(definition);
}

function definition(own: OwnKind): object {
  const { kind, plural, description, resource } = own;
  const schema = jsonSchemaOf(own);
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${OWN_GROUP}` },
    spec: {
      group: OWN_GROUP,
      scope: resource,
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List`, categories: ["edge-ingress"] },
      versions: [
        {
          name: OWN_VERSION,
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: "object",
              description,
              required: ["spec"],
              properties: {
                apiVersion: { type: "string" },
                kind: { type: "string" },
                metadata: { type: "object" },
                spec: structural(schema.properties?.spec ?? true),
              },
            },
          },
        },
      ],
    },
  };
}

/** A part of a JSON Schema as a structural schema may say it. */
export function structural(part: Part): object {
  if (typeof part === "boolean" || part.$ref !== undefined || part.allOf !== undefined) return ANYTHING;
  const { nullable, rest } = withoutNull(part);
  const said = { ...(nullable && { nullable: true }), ...(part.description && { description: part.description }) };
  const types = [rest.type ?? []].flat();
  if (types.length === 2 && types.includes("string") && (types.includes("number") || types.includes("integer"))) {
    return { ...said, "x-kubernetes-int-or-string": true };
  }
  const [type] = types;
  if (types.length !== 1 || rest.anyOf !== undefined) return { ...said, ...ANYTHING };
  if (type === "array") return { ...said, type, items: structural(itemsOf(rest)) };
  if (type === "object") return { ...said, ...objectOf(rest) };
  const { enum: values, minimum, maximum, pattern } = rest;
  const bounds = Object.entries({ enum: values, minimum, maximum, pattern }).filter(([, value]) => value !== undefined);
  return { ...said, type, ...Object.fromEntries(bounds) };
}

function objectOf({ properties, required, additionalProperties }: JsonSchema): object {
  if (properties === undefined) {
    const values = structural(additionalProperties ?? true);
    return { type: "object", additionalProperties: values };
  }
  const fields = Object.entries(properties).map(([name, field]) => [name, structural(field)]);
  return { type: "object", ...(required && { required }), properties: Object.fromEntries(fields) };
}

function itemsOf({ items }: JsonSchema): Part {
  return items === undefined || Array.isArray(items) ? true : items;
}

/** Kubernetes has `nullable` where JSON Schema has one more type. */
function withoutNull(part: JsonSchema): { readonly nullable: boolean; readonly rest: JsonSchema } {
  const types = [part.type ?? []].flat();
  if (types.includes("null")) {
    return { nullable: true, rest: { ...part, type: types.filter((type) => type !== "null") } };
  }
  const others = part.anyOf?.filter((other) => typeof other === "boolean" || other.type !== "null");
  const [only] = others ?? [];
  if (others?.length !== 1 || part.anyOf?.length !== 2 || typeof only !== "object")
    return { nullable: false, rest: part };
  return { nullable: true, rest: only };
}
