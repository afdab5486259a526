import * as z from "zod";
import { readCases } from "./conformance.ts";

/** The format of `../shared/conformance/ingress-nginx.json`, as its key `format` tells it. */
const wantedHeaders = z.record(z.string(), z.union([z.string(), z.strictObject({ matches: z.string() }), z.null()]));

const answer = z.strictObject({
  status: z.number().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  unavailable: z.boolean().optional(),
});

const nginxCase = z.strictObject({
  name: z.string(),
  source: z.string(),
  note: z.string().optional(),
  manifests: z.string(),
  secrets: z.record(z.string(), z.record(z.string(), z.string())).default({}),
  configMap: z.record(z.string(), z.string()).default({}),
  requests: z.array(
    z.strictObject({
      method: z.string(),
      scheme: z.enum(["http", "https"]),
      host: z.string(),
      path: z.string(),
      headers: z.record(z.string(), z.string()),
      body: z.string().optional(),
      clientIp: z.string().optional(),
      auth: answer.optional(),
      backend: z.union([answer, z.record(z.string(), answer)]).optional(),
      expect: z.strictObject({
        status: z.number(),
        service: z.string().nullable(),
        backendPath: z.string().optional(),
        location: z.string().optional(),
        responseHeaders: wantedHeaders.optional(),
        requestHeaders: wantedHeaders.optional(),
        authRequest: z
          .strictObject({
            method: z.string().optional(),
            url: z.string().optional(),
            headers: wantedHeaders.optional(),
          })
          .optional(),
      }),
    }),
  ),
});

export type NginxCase = z.output<typeof nginxCase>;
export type NginxRequest = NginxCase["requests"][number];
export type NginxAnswer = z.output<typeof answer>;
export type WantedHeaders = z.output<typeof wantedHeaders>;

/** The cases, or null where the data does not stand beside the project. */
export function readNginxCases(): readonly NginxCase[] | null {
  return readCases("ingress-nginx.json", nginxCase);
}

/** What the Service of a name answers to a request. */
export function answerOf({ backend }: NginxRequest, service: string): NginxAnswer {
  if (backend === undefined) return {};
  const isOne = ["status", "headers", "unavailable"].some((key) => key in backend);
  return isOne ? (backend as NginxAnswer) : ((backend as Readonly<Record<string, NginxAnswer>>)[service] ?? {});
}
