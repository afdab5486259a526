import * as z from "zod";
import { routeTestSchema } from "../testing/route-test.ts";
import { clusterSchema } from "./cluster.ts";
import { edgePolicySchema } from "./edge-policy.ts";

/** A JSON Schema, or a part of one. */
export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** A kind of ours that people write. */
export interface OwnKind {
  readonly kind: string;
  readonly plural: string;
  readonly description: string;
  readonly schema: z.ZodType;
  /** Its scope in a cluster; null where it is read from files alone. */
  readonly resource: "Cluster" | "Namespaced" | null;
}

/** The API group and version of our own kinds. */
export const OWN_GROUP = "edge-ingress.dev";
export const OWN_VERSION = "v1alpha1";

/** The kinds that have a published schema. */
export const OWN_KINDS: readonly OwnKind[] = [
  {
    kind: "Cluster",
    plural: "clusters",
    description: "A Kubernetes cluster behind the edge: where it is reached, and when it counts as healthy.",
    schema: clusterSchema,
    resource: "Cluster",
  },
  {
    kind: "EdgePolicy",
    plural: "edgepolicies",
    description: "What an Ingress can't say, attached to Ingresses, Services, hosts or the whole edge.",
    schema: edgePolicySchema,
    resource: "Namespaced",
  },
  {
    kind: "RouteTest",
    plural: "routetests",
    description: "Requests, and what must become of them: `edge-ingress test` runs them.",
    schema: routeTestSchema,
    resource: null,
  },
];

/** The place of a schema in the repository and the package, from its root. */
export function schemaPath({ kind }: OwnKind): string {
  return `schemas/${kind.toLowerCase()}-${OWN_VERSION}.json`;
}

/**
 * The JSON Schema of a kind, for completion and checks in editors (draft 7, which they know best). It is drawn from the
 * parser itself and refuses nothing that the compiler takes; rules between fields are the compiler's alone.
 */
export function jsonSchemaOf({ kind, description, schema }: OwnKind): JsonSchema {
  const drawn = z.toJSONSchema(schema, { io: "input", unrepresentable: "any", target: "draft-7" });
  return {
    ...drawn,
    title: kind,
    description,
    required: ["apiVersion", "kind", "metadata", "spec"],
    properties: {
      ...drawn.properties,
      apiVersion: { type: "string", enum: [`${OWN_GROUP}/${OWN_VERSION}`] },
      kind: { type: "string", enum: [kind] },
    },
  };
}
