import * as z from "zod";
import type { Mirror } from "../../table/policies/mirror.ts";
import type { Template } from "../../table/policies/template.ts";
import { parseAuthUrl } from "./auth-urls.ts";
import { dnsSubdomain, serviceName } from "./names.ts";
import type { Metadata } from "./resource.ts";
import { between, exactly, type Fields, formed, integer, type Report, reportTo } from "./schema.ts";
import { isUnreadable, type Unreadable } from "./templates.ts";

type Asked = Pick<Mirror, "service" | "path">;

/** Where the copy has the path and the query of its request. */
const REQUEST_URI: Template = [{ type: "request_uri", value: "" }];

function parseCopyUrl(text: string): Asked | Unreadable {
  const parsed = parseAuthUrl(/^https?:\/\/[^/?#$]+$/.test(text) ? `${text}$request_uri` : text);
  if (isUnreadable(parsed)) return parsed;
  const { hostname } = parsed.service;
  if (hostname === "") return { problem: "has the request's own host, where the copy would be copied again" };
  return /^[a-z0-9-]+$/.test(hostname) ? { problem: "names a Service: name it by `backendRef`" } : parsed;
}

const url = z.string().transform((text, context): Asked => {
  const parsed = parseCopyUrl(text);
  if (!isUnreadable(parsed)) return parsed;
  reportTo(context)({ code: "EI1237", message: `the URL ${parsed.problem}` });
  return z.NEVER;
});

const backendRef = exactly({
  name: z.string().check(formed("EI1237", "the Service name", serviceName)),
  namespace: z
    .string()
    .check(formed("EI1237", "the namespace", dnsSubdomain))
    .nullish(),
  port: integer(1, 65_535, "EI1233", "the port"),
});

/** `spec.mirror` of an EdgePolicy: Gateway API's HTTPRequestMirrorFilter, to a Service or to a URL. */
export const mirror = exactly({
  backendRef: backendRef.nullish(),
  url: url.nullish(),
  percent: integer(0, 100, "EI1233", "the percentage").nullish(),
  body: z.boolean().nullish(),
}).check(between(oneTarget));

export function mirrorIn({ namespace }: Pick<Metadata, "namespace">, written: z.output<typeof mirror>): Mirror {
  const { backendRef: ref, url: asked, percent, body } = written;
  const service = { via: "name", binding: "", targets: [] } as const;
  const to: Asked = asked ?? {
    service: {
      ...service,
      scheme: "http",
      hostname: `${ref?.name}.${ref?.namespace ?? namespace}.svc`,
      port: ref?.port ?? 80,
    },
    path: REQUEST_URI,
  };
  return { ...to, body: body ?? true, percent: percent ?? 100, onlyServices: false };
}

function oneTarget({ backendRef: ref, url: asked }: Fields, report: Report): void {
  if (((ref ?? null) === null) === ((asked ?? null) === null)) {
    report({ code: "EI1239", message: "mirror needs `backendRef` or `url`, and not both" });
  }
}
