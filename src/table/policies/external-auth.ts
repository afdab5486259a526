import { boolean, type Coded, list, nullable, oneOf, record, text, u32 } from "../codec.ts";
import { template } from "./template.ts";

/** A service that the edge itself asks, and how it is reached. */
export const askedService = record({
  /**
   * `edge`: a host that this edge serves; `clusters`: a Service, at its endpoints in the clusters; `binding`: a service
   * binding; `name`: a public name.
   */
  via: oneOf(["edge", "clusters", "binding", "name"]),
  /** `client`: that of the request in question; for `edge` alone. */
  scheme: oneOf(["http", "https", "client"]),
  /** Lower case; empty: that of the request in question, for `edge` alone. */
  hostname: text,
  /** 0: that of the request's Host, where `hostname` is too. */
  port: u32,
  /** For `binding`; else empty. */
  binding: text,
  /** For `clusters`; else empty. `endpoint` is its number in the table. */
  targets: list(record({ endpoint: u32, weight: u32 })),
});
export type AskedService = Coded<typeof askedService>;

/** Asks a service about each request: 2xx lets it in (`auth-url` of ingress-nginx). Fails closed. */
export const externalAuth = record({
  service: askedService,
  /** Path and query; begins with `/`. */
  path: template,
  /** As it was written; null: GET, and the service is not told `X-Original-URI` and `X-Scheme`. */
  method: nullable(text),
  /** Where a 401 leads to, the way back included; null: the client gets the 401. */
  signIn: nullable(template),
  /** Of the service's answer, for the cluster. */
  responseHeaders: list(text),
  /** `X-Auth-Request-Redirect`; null: the path and query of the request. */
  requestRedirect: nullable(template),
  /** What the service is told besides; an empty value takes the header away. */
  requestHeaders: list(record({ name: text, value: template })),
  /** Whether the service's cookies reach the client with any answer, not only with 2xx and 3xx. */
  alwaysSetCookie: boolean,
  /** Milliseconds until the headers of its answer. */
  timeout: u32,
  cache: nullable(
    record({
      key: template,
      /** The first that fits an answer counts; in milliseconds. */
      durations: list(record({ from: u32, to: u32, duration: u32 })),
    }),
  ),
});
export type ExternalAuth = Coded<typeof externalAuth>;
