import * as z from "zod";
import { type Kind, objectFields, parseObject } from "./kind.ts";
import { dnsSubdomain } from "./names.ts";
import { SecretContent } from "./secret-content.ts";

/** A value may stand in the wrong place of a Secret, so no diagnostic of one quotes any. */
const METADATA = { name: dnsSubdomain, namespaced: true, hideValues: true };

const schema = z.object({ ...objectFields(METADATA), type: z.string().nullish() });

/** v1 Secret. What it holds is judged where a route needs it: placeholders in others are nobody's business. */
export const secret: Kind<"secrets"> = {
  set: "secrets",
  apiVersion: "v1",
  kind: "Secret",
  scoped: true,
  parse: (document) =>
    parseObject(document, schema, METADATA, ({ type }) => ({
      type: type || "Opaque",
      content: SecretContent.of(document.value),
    })),
};
