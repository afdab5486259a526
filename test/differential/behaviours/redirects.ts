import { type Behaviour, controllerConfig, documents, ingress } from "./behaviour.ts";

const HOST = "shop.test";
const PATHS = ["/", "/foo", "/foo/", "/foo/bar", "/other"];

function redirecting(
  name: string,
  annotations: Readonly<Record<string, string>>,
  more: Partial<Behaviour> = {},
): Behaviour {
  const manifests = ingress({ annotations, rules: [`${HOST} Prefix /foo web`] });
  return { name, manifests, hosts: [HOST], paths: PATHS, ...more };
}

/** What is answered with the address of another place. */
export const REDIRECTS: readonly Behaviour[] = [
  redirecting("permanent-redirect to a URL", { "permanent-redirect": "https://new.test/x?y=1" }),
  redirecting("permanent-redirect to a path", { "permanent-redirect": "/new" }),
  redirecting("permanent-redirect-code", {
    "permanent-redirect": "https://new.test",
    "permanent-redirect-code": "308",
  }),
  redirecting("a code that is none", { "permanent-redirect": "https://new.test", "permanent-redirect-code": "200" }),
  redirecting("temporal-redirect", { "temporal-redirect": "https://new.test/x" }),
  redirecting("temporal-redirect-code", { "temporal-redirect": "https://new.test/x", "temporal-redirect-code": "307" }),
  redirecting("temporal-redirect before permanent-redirect", {
    "temporal-redirect": "https://temporal.test",
    "permanent-redirect": "https://permanent.test",
  }),
  redirecting("permanent-redirect with a variable", { "permanent-redirect": "https://new.test$request_uri" }),
  redirecting("relative-redirects", { "permanent-redirect": "/new", "relative-redirects": "true" }),
  {
    name: "relative-redirects of a slash at the end",
    manifests: ingress({ annotations: { "relative-redirects": "true" }, rules: [`${HOST} Prefix /foo/ web`] }),
    hosts: [HOST],
    paths: ["/foo", "/foo/", "/foo/a"],
  },
  redirecting("app-root", { "app-root": "/start" }),
  {
    name: "app-root with a rule for /",
    manifests: ingress({ annotations: { "app-root": "/start" }, rules: [`${HOST} Prefix / web`] }),
    hosts: [HOST],
    paths: ["/", "/a", "/start"],
    https: true,
  },
  {
    name: "app-root without host",
    manifests: documents(
      ingress({ annotations: { "app-root": "/start" }, rules: ["* Prefix /foo web"] }),
      ingress({ name: "other", age: 2, rules: [`${HOST} Prefix /foo other`] }),
    ),
    hosts: ["other.test", HOST],
    paths: PATHS,
  },
  {
    name: "app-root without host before a default backend",
    manifests: documents(
      ingress({ annotations: { "app-root": "/start" }, rules: ["* Prefix /foo web"] }),
      ingress({ name: "rest", age: 2, rules: [], defaultBackend: "rest" }),
    ),
    hosts: ["other.test"],
    paths: PATHS,
  },
  redirecting("force-ssl-redirect", { "force-ssl-redirect": "true" }, { https: true }),
  redirecting("force-ssl-redirect with preserve-trailing-slash", {
    "force-ssl-redirect": "true",
    "preserve-trailing-slash": "true",
  }),
  redirecting("force-ssl-redirect with use-port-in-redirects", {
    "force-ssl-redirect": "true",
    "use-port-in-redirects": "true",
  }),
  {
    name: "ssl-redirect of a host with tls",
    manifests: documents(
      ingress({ name: "tls", tls: true, rules: [`${HOST} Prefix /foo web`] }),
      ingress({ name: "plain", age: 2, rules: [`${HOST} Prefix /bar web`, "other.test Prefix / other"] }),
    ),
    hosts: [HOST, "other.test"],
    paths: ["/foo", "/bar", "/", "/foo/x/"],
    https: true,
  },
  {
    name: "ssl-redirect: false",
    manifests: ingress({ tls: true, annotations: { "ssl-redirect": "false" }, rules: [`${HOST} Prefix /foo web`] }),
    hosts: [HOST],
    paths: PATHS,
    https: true,
  },
  {
    name: "ssl-redirect leaves the ACME challenge alone",
    manifests: documents(
      ingress({ name: "web", tls: true, rules: [`${HOST} Prefix / web`] }),
      ingress({ name: "acme", age: 2, rules: [`${HOST} Exact /.well-known/acme-challenge/token acme`] }),
    ),
    hosts: [HOST],
    paths: ["/", "/.well-known/acme-challenge/token", "/.well-known/acme-challenge/other"],
    https: true,
  },
  {
    name: "ssl-redirect beside permanent-redirect",
    manifests: ingress({
      tls: true,
      annotations: { "permanent-redirect": "https://new.test" },
      rules: [`${HOST} Prefix /foo web`],
    }),
    hosts: [HOST],
    paths: PATHS,
    https: true,
  },
  {
    name: "from-to-www-redirect to the name with www",
    manifests: ingress({ annotations: { "from-to-www-redirect": "true" }, rules: ["www.shop.test Prefix / web"] }),
    hosts: ["www.shop.test", "shop.test"],
    paths: ["/", "/a/", "/a"],
  },
  {
    name: "from-to-www-redirect to the name without",
    manifests: ingress({ annotations: { "from-to-www-redirect": "true" }, rules: ["shop.test Prefix / web"] }),
    hosts: ["www.shop.test", "shop.test"],
    paths: ["/", "/a/", "/a"],
    https: true,
  },
  {
    name: "http-redirect-code and hsts of the ConfigMap",
    manifests: documents(
      controllerConfig({ "http-redirect-code": "302", hsts: "false", "no-tls-redirect-locations": "/free" }),
      ingress({ tls: true, rules: [`${HOST} Prefix / web`, `${HOST} Prefix /free/x free`] }),
    ),
    hosts: [HOST],
    paths: ["/", "/free/x", "/free"],
    https: true,
  },
  {
    name: "HSTS",
    manifests: ingress({ tls: true, rules: [`${HOST} Prefix /foo web`] }),
    hosts: [HOST],
    paths: PATHS,
    https: true,
    answers: ["ok", "hsts", "notFound", "failed"],
  },
  {
    name: "hsts-max-age, hsts-preload and hsts-include-subdomains of the ConfigMap",
    manifests: documents(
      controllerConfig({ "hsts-max-age": "60", "hsts-preload": "true", "hsts-include-subdomains": "false" }),
      ingress({ tls: true, rules: [`${HOST} Prefix / web`] }),
    ),
    hosts: [HOST],
    paths: PATHS,
    https: true,
  },
];
