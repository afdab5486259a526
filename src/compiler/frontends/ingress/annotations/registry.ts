import { closest } from "../../../diagnostics/suggest.ts";
import { access } from "./access.ts";
import { affinity } from "./affinity.ts";
import { answers } from "./answers.ts";
import { backends } from "./backends.ts";
import { basicAuth } from "./basic-auth.ts";
import { canary } from "./canary.ts";
import { clientCertificates } from "./client-certificates.ts";
import { cors } from "./cors.ts";
import type { AnnotationEntry, AnnotationFamily } from "./entry.ts";
import { externalAuth } from "./external-auth.ts";
import { limits } from "./limits.ts";
import { matching } from "./matching.ts";
import { mirror } from "./mirror.ts";
import { proxy } from "./proxy.ts";
import { redirects } from "./redirects.ts";
import { server } from "./server.ts";
import { snippets } from "./snippets.ts";
import { upstreamTls } from "./upstream-tls.ts";

/** The prefix of ingress-nginx's annotations. */
export const PREFIX = "nginx.ingress.kubernetes.io/";

/** Every annotation of ingress-nginx 1.15, in the order of the docs. */
export const families: readonly AnnotationFamily[] = [
  matching,
  redirects,
  canary,
  basicAuth,
  externalAuth,
  clientCertificates,
  access,
  limits,
  cors,
  backends,
  affinity,
  answers,
  proxy,
  upstreamTls,
  mirror,
  server,
  snippets,
];

/** The same by name without the prefix. */
export const registry: ReadonlyMap<string, AnnotationEntry> = new Map(
  families.flatMap((family) => family.entries.map((entry) => [entry.name, entry] as const)),
);

/** The known annotation that a mistyped name most likely stands for; null where none is near. */
export function nearestEntry(name: string): AnnotationEntry | null {
  const near = closest(name, [...registry.keys()]);
  return near === null ? null : (registry.get(near) ?? null);
}
