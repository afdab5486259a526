import * as z from "zod";
import { type Kind, objectFields, parseObject } from "./kind.ts";
import { dnsSubdomain } from "./names.ts";

/** Many hold what should be in a Secret, so no diagnostic of one quotes a value. */
const METADATA = { name: dnsSubdomain, namespaced: true, hideValues: true };

const schema = z.object({ ...objectFields(METADATA), data: z.record(z.string(), z.string()).nullish() });

/** v1 ConfigMap: what annotations name. */
export const configMap: Kind<"configMaps"> = {
  set: "configMaps",
  apiVersion: "v1",
  kind: "ConfigMap",
  scoped: true,
  parse: (document) => parseObject(document, schema, METADATA, ({ data }) => ({ data: data ?? {} })),
};
