import { type Behaviour, configMap, controllerConfig, documents, ingress, service } from "./behaviour.ts";

const HOST = "shop.test";

function answering(
  name: string,
  annotations: Readonly<Record<string, string>>,
  more: Partial<Behaviour> = {},
): Behaviour {
  const manifests = documents(service("pages"), ingress({ annotations, rules: [`${HOST} Prefix /app web`] }));
  return { name, manifests, hosts: [HOST], paths: ["/app", "/app/x", "/other"], ...more };
}

const ERRORS = ["ok", "badRequest", "unauthorized", "forbidden", "notFound", "failed", "unavailable"] as const;

/** What becomes of the answers of Services. */
export const ANSWERED: readonly Behaviour[] = [
  answering(
    "answers as they are",
    {},
    { answers: ["own", "created", "empty", "toPath", "unauthorized", "unavailable", "refresh", "cookies"] },
  ),
  answering(
    "custom-headers",
    { "custom-headers": "default/shown" },
    {
      manifests: documents(
        controllerConfig({ "global-allowed-response-headers": "X-Custom,X-Frame-Options,Server" }),
        configMap("shown", { "X-Custom": "costs $5", "X-Frame-Options": "DENY" }),
        ingress({ annotations: { "custom-headers": "default/shown" }, rules: [`${HOST} Prefix /app web`] }),
      ),
      answers: ["ok", "own", "notFound", "failed"],
    },
  ),
  answering(
    "proxy-cookie-domain",
    { "proxy-cookie-domain": "backend.internal shop.test" },
    { answers: ["cookies", "ok"] },
  ),
  answering("proxy-cookie-path", { "proxy-cookie-path": "/app /shop" }, { answers: ["cookies", "ok"] }),
  answering(
    "proxy-cookie-domain and -path",
    { "proxy-cookie-domain": "backend.internal shop.test", "proxy-cookie-path": "/app/ /" },
    { answers: ["cookies", "ok"] },
  ),
  answering(
    "proxy-redirect-from and -to",
    { "proxy-redirect-from": "http://backend.internal/", "proxy-redirect-to": "/shop/" },
    { answers: ["toBackend", "toPath", "refresh", "created"] },
  ),
  answering(
    "proxy-redirect-to a URL",
    { "proxy-redirect-from": "/app/", "proxy-redirect-to": "https://shop.test/" },
    { answers: ["toBackend", "toPath", "refresh", "created"] },
  ),
  answering("proxy-redirect-from: off", { "proxy-redirect-from": "off" }, { answers: ["toBackend", "toPath"] }),
  answering(
    "custom-http-errors with a default-backend",
    { "custom-http-errors": "404,503", "default-backend": "pages" },
    { answers: ERRORS },
  ),
  answering("custom-http-errors without one", { "custom-http-errors": "404,503" }, { answers: ERRORS }),
  answering(
    "disable-proxy-intercept-errors",
    {
      "custom-http-errors": "403,404",
      "default-backend": "pages",
      "disable-proxy-intercept-errors": "true",
      "denylist-source-range": "10.0.0.0/8",
    },
    { answers: ERRORS },
  ),
  answering(
    "custom-http-errors of what a list refuses",
    { "custom-http-errors": "403", "default-backend": "pages", "whitelist-source-range": "10.0.0.0/8" },
    { answers: ERRORS },
  ),
  answering(
    "default-backend of a Service without endpoints",
    { "default-backend": "pages" },
    {
      manifests: documents(
        service("pages"),
        ingress({ annotations: { "default-backend": "pages" }, rules: [`${HOST} Prefix /app away`] }),
      ),
    },
  ),
  answering(
    "a Service without endpoints",
    {},
    { manifests: ingress({ rules: [`${HOST} Prefix /app away`, `${HOST} Prefix /web web`] }) },
  ),
  answering(
    "configuration-snippet with more_set_headers and add_header",
    {},
    {
      manifests: documents(
        controllerConfig({ "allow-snippet-annotations": "true", "annotations-risk-level": "Critical" }),
        ingress({
          annotations: {
            "configuration-snippet":
              'more_set_headers "X-Frame-Options: DENY";\nadd_header X-Added "yes";\nproxy_set_header X-To-Service "1";',
          },
          rules: [`${HOST} Prefix /app web`],
        }),
      ),
      answers: ["ok", "own", "notFound"],
    },
  ),
  {
    name: "a snippet's rewrite that leads to another path, with its guard and Service",
    manifests: documents(
      controllerConfig({ "allow-snippet-annotations": "true", "annotations-risk-level": "Critical" }),
      ingress({
        annotations: {
          "configuration-snippet":
            "rewrite ^/app/x$ /web/x last;\nrewrite ^/app/y(.*)$ /shut/y$1;\nrewrite ^/app/z$ /app/w last;",
        },
        rules: [`${HOST} Prefix /app web`],
      }),
      ingress({ name: "further", rules: [`${HOST} Prefix /web other`] }),
      ingress({
        name: "shut",
        annotations: { "whitelist-source-range": "10.0.0.0/8" },
        rules: [`${HOST} Prefix /shut other`],
      }),
    ),
    hosts: [HOST],
    paths: ["/app", "/app/x", "/app/y", "/app/y/1", "/app/z", "/web", "/shut"],
  },
  {
    name: "a snippet's lines before permanent-redirect",
    manifests: documents(
      controllerConfig({ "allow-snippet-annotations": "true", "annotations-risk-level": "Critical" }),
      ingress({
        annotations: {
          "permanent-redirect": "https://elsewhere.test/",
          "configuration-snippet": "rewrite ^/app/x$ /app/y break;\nif ($arg_a = 1) { return 418 no; }",
        },
        rules: [`${HOST} Prefix /app web`],
      }),
    ),
    hosts: [HOST],
    paths: ["/app", "/app/x", "/app?a=1"],
  },
];
