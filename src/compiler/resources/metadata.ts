import * as z from "zod";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnose } from "../diagnostics/report.ts";
import { closest } from "../diagnostics/suggest.ts";
import type { SourceDocument } from "../sources/document.ts";
import { narrowing } from "./accept.ts";
import { dnsLabel, type Form, labelValue, qualifiedName } from "./names.ts";
import type { Metadata } from "./resource.ts";
import {
  between,
  type Disclosure,
  type Fields,
  formed,
  isMapping,
  quote,
  type Report,
  reportTo,
  rule,
  unlessEmpty,
} from "./schema.ts";

/** The fields of ObjectMeta: kubernetes/kubernetes:staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/types.go. */
const OBJECT_META = [
  "name",
  "generateName",
  "namespace",
  "selfLink",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "labels",
  "annotations",
  "ownerReferences",
  "finalizers",
  "managedFields",
] as const;

/** The bytes that all annotations of an object may take together (objectmeta.go, TotalAnnotationSizeLimitB). */
const ANNOTATIONS_LIMIT = 256 * 1024;

/** RFC 3339 with seconds, as metav1.Time is read. */
const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** How the metadata of a kind differs from that of others. */
export interface MetadataRules extends Disclosure {
  readonly name: Form;
  /** False for kinds that exist once in a cluster: their namespace is ignored, and a warning says so. */
  readonly namespaced: boolean;
}

/** The schema of `metadata`; unknown fields of it are no errors, see metadataWarnings. */
export function metadataSchema({ name, namespaced, hideValues = false }: MetadataRules) {
  const namespace = namespaced
    ? z.string().check(formed("EI1211", "namespace", unlessEmpty(dnsLabel), { hideValues }))
    : z.unknown();
  return z
    .object({
      name: z
        .string()
        .check(formed("EI1210", "name", unlessEmpty(name), { hideValues }))
        .nullish(),
      namespace: namespace.nullish(),
      annotations: stringMap("annotation", { hideValues }).check(rule(withinLimit)).nullish(),
      labels: stringMap("label", { hideValues }).nullish(),
      creationTimestamp: z.string().check(rule(isTimestamp)).nullish(),
    })
    .check(between(hasName));
}

function hasName({ name }: Fields, report: Report): void {
  if (name === undefined || name === null || name === "") {
    report({ code: "EI1210", message: "metadata.name is missing", path: name === "" ? ["name"] : [] });
  }
}

/** Null counts as the empty text, which Go's decoder makes of it. */
function stringMap(what: "annotation" | "label", { hideValues = false }: Disclosure) {
  // A record of zod makes a result for each key, and every object has a dozen of them.
  const shape = { type: "object", propertyNames: { type: "string" }, additionalProperties: {} } as const;
  return z
    .unknown()
    .meta(shape)
    .transform(
      narrowing((map: unknown, context: z.core.ParsePayload): Readonly<Record<string, string>> => {
        if (!isMapping(map)) {
          context.issues.push({ code: "invalid_type", expected: "record", input: map });
          return z.NEVER;
        }
        const report = reportTo(context);
        let isOfTexts = true;
        for (const key of Object.keys(map)) {
          const value = map[key];
          const reason = qualifiedName(what === "annotation" ? key.toLowerCase() : key);
          if (reason !== null) {
            report({ code: "EI1213", message: `the ${what} ${quote(key)} ${reason}`, path: [key], part: "key" });
          }
          if (value === null) isOfTexts = false;
          else if (typeof value !== "string") {
            isOfTexts = false;
            // A value of an annotation may be a secret in any kind: a token of digits alone, say.
            report(notAString(what, key, value, hideValues || what === "annotation"));
          } else if (what === "label") {
            const fault = labelValue(value);
            if (fault !== null) {
              report({ code: "EI1213", message: `the value of the label ${quote(key)} ${fault}`, path: [key] });
            }
          }
        }
        return isOfTexts ? (map as Readonly<Record<string, string>>) : textsOf(map);
      }),
    );
}

/** An entry without a value has an empty text, as in a map of Go; others of another type are none. */
function textsOf(map: Fields): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const [key, value] of Object.entries(map)) {
    if (typeof value === "string" || value === null) texts[key] = value ?? "";
  }
  return texts;
}

function notAString(what: string, key: string, value: unknown, hideValues: boolean) {
  const scalar = typeof value === "number" || typeof value === "boolean";
  const shown = hideValues ? `a ${typeof value}` : `the ${typeof value} ${value}`;
  const found = scalar ? shown : Array.isArray(value) ? "a list" : "an object";
  return {
    code: "EI1212",
    message: `the ${what} ${quote(key)} must be a string, found ${found}`,
    path: [key],
    fix: scalar && !hideValues ? `Quote it: "${value}".` : "Put the value in quotes.",
  } as const;
}

function withinLimit(annotations: Readonly<Record<string, string>>, report: Report): void {
  const texts = Object.entries(annotations).flat();
  const characters = texts.reduce((sum, text) => sum + text.length, 0);
  if (characters * 3 <= ANNOTATIONS_LIMIT) return;
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (bytes > ANNOTATIONS_LIMIT) {
    report({
      code: "EI1214",
      message: `the annotations take ${bytes} bytes, more than the ${ANNOTATIONS_LIMIT} allowed`,
    });
  }
}

function isTimestamp(text: string, report: Report): void {
  if (TIMESTAMP.test(text) && !Number.isNaN(Date.parse(text))) return;
  report({ code: "EI1215", message: "creationTimestamp must be a time as RFC 3339 writes it" });
}

/** Metadata as the compiler uses it, of what metadataSchema let through. */
export function toMetadata(
  parsed: z.output<ReturnType<typeof metadataSchema>>,
  { namespaced }: Pick<MetadataRules, "namespaced">,
): Metadata {
  const namespace = typeof parsed.namespace === "string" && parsed.namespace !== "" ? parsed.namespace : "default";
  return {
    namespace: namespaced ? namespace : "",
    name: parsed.name ?? "",
    annotations: parsed.annotations ?? {},
    createdAt: parsed.creationTimestamp ? Date.parse(parsed.creationTimestamp) : null,
  };
}

/** What is worth a word in `metadata` but keeps no object from being used; reads the untrusted value. */
export function metadataWarnings(document: SourceDocument, { namespaced }: Pick<MetadataRules, "namespaced">) {
  const metadata = isMapping(document.value) ? document.value.metadata : null;
  if (!isMapping(metadata)) return [];
  const warnings: Diagnostic[] = [];
  for (const key of Object.keys(metadata)) {
    if ((OBJECT_META as readonly string[]).includes(key)) continue;
    const near = closest(key, OBJECT_META);
    const message = `unknown field ${quote(key)} in metadata${near === null ? "" : `: did you mean \`${near}\`?`}`;
    const fix = near === null ? {} : { fix: `Write \`${near}\`, or remove it.` };
    warnings.push(diagnose("EI1209", document.locate(["metadata", key], "key"), message, fix));
  }
  if (!namespaced && metadata.namespace) {
    const position = document.locate(["metadata", "namespace"], "key");
    warnings.push(diagnose("EI1216", position, "this kind has no namespace; the one given is ignored"));
  }
  return warnings;
}
