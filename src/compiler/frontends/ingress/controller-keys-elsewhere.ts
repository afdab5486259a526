import type { ControllerKey, ControllerKeyEffect } from "./controller-keys.ts";

/** Keys that are for others than the edge, by what they are about. */
const GROUPS: readonly { readonly effect: ControllerKeyEffect; readonly does: string; readonly names: string }[] = [
  {
    effect: "platform",
    does: "TLS towards clients: a setting of the zone.",
    names: `ssl-ciphers ssl-ecdh-curve ssl-dh-param ssl-protocols ssl-early-data ssl-session-cache ssl-session-cache-size
      ssl-session-tickets ssl-session-ticket-key ssl-session-timeout ssl-buffer-size enable-ocsp`,
  },
  {
    effect: "platform",
    does: "Compression: a setting of the zone.",
    names: `use-gzip gzip-disable gzip-level gzip-min-length gzip-types enable-brotli brotli-level brotli-min-length
      brotli-types`,
  },
  {
    effect: "platform",
    does: "Connections of clients and how much a request's head may hold: the platform's.",
    names: `use-http2 http2-max-field-size http2-max-header-size http2-max-requests http2-max-concurrent-streams keep-alive
      keep-alive-requests client-header-buffer-size client-header-timeout client-body-timeout large-client-header-buffers`,
  },
  {
    effect: "cluster",
    does: "Whom the controller believes, and how it hears of clients' addresses. At the edge the platform tells them, and `--trusted-proxy`.",
    names: `proxy-real-ip-cidr use-proxy-protocol proxy-protocol-header-timeout enable-real-ip forwarded-for-proxy-protocol-header`,
  },
  {
    effect: "cluster",
    does: "What the controller takes from Ingresses. The edge reads annotations and snippets whatever it says, and reports what it does not do.",
    names: `allow-snippet-annotations annotations-risk-level annotation-value-word-blocklist strict-validate-path-type`,
  },
  {
    effect: "cluster",
    does: "Logs of the controller.",
    names: `access-log-params access-log-path http-access-log-path stream-access-log-path enable-access-log-for-default-backend
      enable-auth-access-log disable-access-log disable-http-access-log disable-stream-access-log error-log-path
      error-log-level log-format-escape-none log-format-escape-json log-format-upstream log-format-stream
      skip-access-log-urls enable-syslog syslog-host syslog-port debug-connections`,
  },
  {
    effect: "cluster",
    does: "Spans of the controller.",
    names: `opentelemetry-config opentelemetry-operation-name opentelemetry-trust-incoming-span otlp-collector-host
      otlp-collector-port otel-service-name otel-sampler otel-sampler-ratio otel-sampler-parent-based otel-max-queuesize
      otel-schedule-delay-millis otel-max-export-batch-size jaeger-collector-host jaeger-collector-port jaeger-endpoint
      jaeger-service-name jaeger-propagation-format jaeger-sampler-type jaeger-sampler-param jaeger-sampler-host
      jaeger-sampler-port jaeger-trace-context-header-name jaeger-debug-header jaeger-baggage-header
      jaeger-trace-baggage-header-prefix`,
  },
  {
    effect: "cluster",
    does: "Processes, memory and sockets of the controller.",
    names: `worker-processes worker-cpu-affinity worker-shutdown-timeout enable-serial-reloads enable-multi-accept
      max-worker-connections max-worker-open-files map-hash-bucket-size server-name-hash-max-size
      server-name-hash-bucket-size proxy-headers-hash-max-size proxy-headers-hash-bucket-size variables-hash-bucket-size
      variables-hash-max-size lua-shared-dicts reuse-port bind-address bind-address-ipv4 bind-address-ipv6 disable-ipv6
      disable-ipv6-dns enable-aio-write default-type nginx-status-ipv4-whitelist nginx-status-ipv6-whitelist use-geoip
      use-geoip2 geoip2-autoreload-in-minutes`,
  },
  {
    effect: "cluster",
    does: "The way from the controller to the pods.",
    names: `load-balance upstream-hash-by-subset upstream-hash-by-subset-size service-upstream upstream-keepalive-connections
      upstream-keepalive-time upstream-keepalive-timeout upstream-keepalive-requests proxy-buffers-number proxy-buffer-size
      proxy-busy-buffers-size proxy-buffering proxy-request-buffering proxy-max-temp-file-size client-body-buffer-size
      proxy-ssl-location-only grpc-buffer-size-kb limit-conn-zone-variable`,
  },
  {
    effect: "cluster",
    does: "Streams of TCP and UDP, which do not pass the edge.",
    names: `proxy-stream-timeout proxy-stream-next-upstream proxy-stream-next-upstream-timeout proxy-stream-next-upstream-tries
      proxy-stream-responses stream-snippet`,
  },
];

export const OTHER_KEYS: readonly ControllerKey[] = GROUPS.flatMap(({ effect, does, names }) =>
  names.split(/\s+/).map((name) => ({ name, effect, does })),
);
