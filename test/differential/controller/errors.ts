import { Annotations } from "./annotations.ts";
import type { Location, Server } from "./servers.ts";
import { errorUpstream, type Writing } from "./template.ts";

/** nginx.tmpl, "CUSTOM_ERRORS", for all that the locations of a server name. */
export function errorLocations({ locations }: Server, writing: Writing): readonly string[] {
  const found = new Map<string, readonly string[]>();
  for (const location of locations) {
    if (location.ingress === null) continue;
    const annotations = new Annotations(location.ingress);
    const upstream = errorUpstream(location, annotations, writing);
    for (const code of annotations.list("custom-http-errors")) {
      found.set(`@custom_${upstream}_${code}`, linesFor(code, upstream, writing));
    }
  }
  return [...found].flatMap(([name, lines]) => [`location ${name} { internal;`, ...lines, "}"]);
}

function linesFor(code: string, upstream: string, writing: Writing): readonly string[] {
  return [
    "proxy_intercept_errors off;",
    ...headersFor(code),
    "proxy_set_header X-Original-URI $request_uri;",
    "proxy_set_header X-Forwarded-For $remote_addr;",
    "proxy_set_header Host $http_host;",
    'proxy_set_header CF-Connecting-IP "";',
    "rewrite (.*) / break;",
    `proxy_pass http://${writing.upstream(upstream)};`,
  ];
}

/** What the default backend is told; the variables are set in each location. */
export function headersFor(code: string): readonly string[] {
  return [
    `proxy_set_header X-Code ${code};`,
    "proxy_set_header X-Format $http_accept;",
    "proxy_set_header X-Namespace $namespace;",
    "proxy_set_header X-Ingress-Name $ingress_name;",
    "proxy_set_header X-Service-Name $service_name;",
    "proxy_set_header X-Service-Port $service_port;",
    "proxy_set_header X-Request-ID $req_id;",
  ];
}

/** What a location sets for them (template.go, getIngressInformation). */
export function informationLines({ ingress, service }: Location): readonly string[] {
  return [
    `set $namespace "${ingress?.metadata.namespace ?? ""}";`,
    `set $ingress_name "${ingress?.metadata.name ?? ""}";`,
    `set $service_name "${service?.name ?? ""}";`,
    `set $service_port "${service?.port.number ?? ""}";`,
  ];
}
