import { type Behaviour, documents, ingress } from "./behaviour.ts";

const HOST = "shop.test";

/** What path a Service sees. */
export const REWRITING: readonly Behaviour[] = [
  {
    name: "rewrite-target puts its text in the place of the whole path",
    manifests: ingress({ annotations: { "rewrite-target": "/new" }, rules: [`${HOST} Prefix /old web`] }),
    hosts: [HOST],
    paths: ["/old", "/old/x", "/older", "/OLD", "/"],
  },
  {
    name: "rewrite-target with a group",
    manifests: ingress({
      annotations: { "rewrite-target": "/$2", "use-regex": "true" },
      rules: [`${HOST} ImplementationSpecific /app(/|$)(.*) web`],
    }),
    hosts: [HOST],
    paths: ["/app", "/app/", "/app/x/y", "/application", "/APP/X"],
  },
  {
    name: "rewrite-target with several groups",
    manifests: ingress({
      annotations: { "rewrite-target": "/$2/$1/end" },
      rules: [`${HOST} ImplementationSpecific /([a-z]+)/([0-9]+)(/opt)? web`],
    }),
    hosts: [HOST],
    paths: ["/abc/12", "/abc/12/opt", "/ABC/1/x", "/1/abc"],
  },
  {
    name: "rewrite-target on / sends all to one path",
    manifests: ingress({ annotations: { "rewrite-target": "/new/backend" }, rules: [`${HOST} Prefix / web`] }),
    hosts: [HOST],
    paths: ["/", "/a", "/a/b"],
  },
  {
    name: "rewrite-target that is the path itself",
    manifests: ingress({ annotations: { "rewrite-target": "/" }, rules: [`${HOST} Prefix / web`] }),
    hosts: [HOST],
    paths: ["/", "/a", "/a/b"],
  },
  {
    name: "rewrite-target beside an Ingress without",
    manifests: documents(
      ingress({
        name: "rewritten",
        annotations: { "rewrite-target": "/api/$1" },
        rules: [`${HOST} ImplementationSpecific /api/v1/(.*) api`],
      }),
      ingress({ name: "plain", age: 2, rules: [`${HOST} Prefix / web`, `${HOST} Prefix /docs docs`] }),
    ),
    hosts: [HOST],
    paths: ["/api/v1/x", "/api/v2/x", "/docs", "/docs/x", "/docsx", "/"],
  },
  {
    name: "x-forwarded-prefix with rewrite-target",
    manifests: ingress({
      annotations: { "rewrite-target": "/$1", "x-forwarded-prefix": "/pre/$1" },
      rules: [`${HOST} ImplementationSpecific /pre/(.*) web`],
    }),
    hosts: [HOST],
    paths: ["/pre/x", "/pre/", "/pre/a/b", "/pre"],
  },
  {
    name: "x-forwarded-prefix without rewrite-target",
    manifests: ingress({ annotations: { "x-forwarded-prefix": "/pre" }, rules: [`${HOST} Prefix /pre web`] }),
    hosts: [HOST],
    paths: ["/pre/x", "/pre"],
  },
  {
    name: "upstream-vhost",
    manifests: ingress({ annotations: { "upstream-vhost": "inside.test" }, rules: [`${HOST} Prefix / web`] }),
    hosts: [HOST],
    paths: ["/", "/a"],
  },
  {
    name: "connection-proxy-header",
    manifests: ingress({ annotations: { "connection-proxy-header": "keep-alive" }, rules: [`${HOST} Prefix / web`] }),
    hosts: [HOST],
    paths: ["/", "/a"],
  },
];
