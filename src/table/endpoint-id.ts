/** What tells an endpoint from all others. */
export interface EndpointIdentity {
  readonly cluster: string;
  readonly mode: "ingress" | "service";
  readonly url: { readonly scheme: "http" | "https"; readonly hostname: string; readonly port: number };
}

/** The identity of an endpoint in words, the same in every table, report and status. */
export function endpointId({ cluster, mode, url }: EndpointIdentity): string {
  return `${mode} ${cluster} ${url.scheme}://${url.hostname}:${url.port}`;
}
