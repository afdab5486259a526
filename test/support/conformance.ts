import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as z from "zod";

/** The format of `../shared/conformance` (its README), as far as the Ingress files use it. */
const expectSchema = z.object({
  status: z.number().nullable(),
  service: z.string().nullable(),
  serviceAnyOf: z.array(z.string()).optional(),
  resource: z.string().optional(),
  backendMethod: z.string().optional(),
  backendPath: z.string().optional(),
  backendHost: z.string().optional(),
  upstreamScheme: z.string().optional(),
  tlsHost: z.string().optional(),
  distinctEndpoints: z.number().optional(),
  notes: z.string().optional(),
});

const caseSchema = z.strictObject({
  name: z.string(),
  source: z.string(),
  kind: z.string(),
  basis: z.string().optional(),
  manifests: z.string(),
  config: z.strictObject({ ingressClass: z.string().optional(), controller: z.string().optional() }).optional(),
  compile: z
    .strictObject({
      valid: z.boolean().optional(),
      served: z.boolean().optional(),
      reason: z.string().optional(),
      ingress: z.string(),
    })
    .optional(),
  requests: z.array(
    z.strictObject({
      method: z.string(),
      scheme: z.enum(["http", "https"]),
      host: z.string(),
      path: z.string(),
      headers: z.record(z.string(), z.string()),
      repeat: z.number().optional(),
      endpoints: z.number().optional(),
      expect: expectSchema.strict(),
    }),
  ),
});

export type ConformanceCase = z.infer<typeof caseSchema>;
export type ConformanceRequest = ConformanceCase["requests"][number];

const DIRECTORY = fileURLToPath(new URL("../../../shared/conformance/", import.meta.url));

/** The cases of one of the Ingress files: see `readCases`. */
export function readConformance(
  file: string,
  env: { readonly CI?: string | undefined } = process.env,
  directory = DIRECTORY,
): readonly ConformanceCase[] | null {
  return readCases(file, caseSchema, env, directory);
}

/**
 * The cases of a file; null where the data does not stand beside the project, but in CI that throws. Throws for a key
 * that nobody reads.
 */
export function readCases<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
  env: { readonly CI?: string | undefined } = process.env,
  directory = DIRECTORY,
): readonly z.output<Schema>[] | null {
  if (!existsSync(directory)) {
    if (["", "0", "false"].includes(env.CI ?? "")) return null;
    throw new Error(`${directory} is missing, and with CI set its cases may not be skipped`);
  }
  const data: unknown = JSON.parse(readFileSync(`${directory}${file}`, "utf8"));
  return z.object({ cases: z.array(schema) }).parse(data).cases;
}
