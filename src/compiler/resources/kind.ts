import * as z from "zod";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { SourceDocument } from "../sources/document.ts";
import { type MetadataRules, metadataSchema, metadataWarnings, toMetadata } from "./metadata.ts";
import type {
  ClusterBody,
  ConfigMapBody,
  EdgePolicyBody,
  IngressBody,
  IngressClassBody,
  Metadata,
  Resource,
  SecretBody,
  ServiceBody,
} from "./resource.ts";
import { parseDocument } from "./schema.ts";

/** The bodies of the kinds, by their names in a ResourceSet. */
export interface Bodies {
  readonly ingresses: IngressBody;
  readonly ingressClasses: IngressClassBody;
  readonly services: ServiceBody;
  readonly secrets: SecretBody;
  readonly configMaps: ConfigMapBody;
  readonly clusters: ClusterBody;
  readonly edgePolicies: EdgePolicyBody;
}

/** An object without its place: `value` is null where it is invalid, and then a diagnostic says why. */
export interface Parsed<Body> {
  readonly value: Pick<Resource<Body>, "metadata" | "body"> | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** One kind of resource that is read. */
export interface Kind<Name extends keyof Bodies> {
  /** Where its objects go in a ResourceSet. */
  readonly set: Name;
  readonly apiVersion: string;
  readonly kind: string;
  /** The scope of a document says which clusters hold the object; a Cluster itself is in none, so has but one name. */
  readonly scoped: boolean;
  parse(document: SourceDocument): Parsed<Bodies[Name]>;
}

type ObjectMetadata = z.output<ReturnType<typeof metadataSchema>>;

/** Fields that every object has beside those of its kind. */
export function objectFields(rules: MetadataRules) {
  return { apiVersion: z.string(), kind: z.string(), metadata: metadataSchema(rules) };
}

/** Parses a document by the schema of its kind: errors of the shape and of the rules, and warnings of the metadata. */
export function parseObject<Schema extends z.ZodType<{ metadata: ObjectMetadata }>, Body>(
  document: SourceDocument,
  schema: Schema,
  rules: MetadataRules,
  toBody: (value: z.output<Schema>, metadata: Metadata) => Body,
): Parsed<Body> {
  const { value, diagnostics } = parseDocument(schema, document, rules);
  const warnings = metadataWarnings(document, rules);
  const all = warnings.length === 0 ? diagnostics : [...diagnostics, ...warnings];
  if (value === null) return { value: null, diagnostics: all };
  const metadata = toMetadata(value.metadata, rules);
  return { value: { metadata, body: toBody(value, metadata) }, diagnostics: all };
}
