import { type Behaviour, documents, ingress, secret } from "./behaviour.ts";

const HOST = "shop.test";
const CLIENTS = ["192.0.2.7", "192.0.2.200", "10.1.2.3", "10.255.0.1", "2001:db8::7", "2001:db9::1", "198.51.100.9"];

/** `user:secret` as APR1-MD5, `map:secret` as SHA-1, `plain:secret` as it is. */
const USERS = secret("users", {
  auth: "user:$apr1$salt$VEpBc9VHGUKwI9.yg13Iu0\nsha:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\nplain:{PLAIN}secret\n",
});
const MAP = secret("map", { user: "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=" });
const basic = (pair: string) => `Basic ${btoa(pair)}`;
const CREDENTIALS = [
  basic("user:secret"),
  basic("sha:secret"),
  basic("plain:secret"),
  basic("user:wrong"),
  basic("nobody:secret"),
  basic("user:"),
  basic("user"),
  "Basic !!!",
  "Basic",
  "Bearer token",
  `basic ${btoa("user:secret")}`,
];
const AUTH = { "auth-type": "basic", "auth-secret": "users", "auth-realm": "Shop realm" };

function guarded(
  name: string,
  annotations: Readonly<Record<string, string>>,
  more: Partial<Behaviour> = {},
): Behaviour {
  const manifests = documents(USERS, MAP, ingress({ annotations, rules: [`${HOST} Prefix /foo web`] }));
  return { name, manifests, hosts: [HOST], paths: ["/foo", "/foo/bar", "/other", "/"], clients: CLIENTS, ...more };
}

/** Who is let in. */
export const GUARDS: readonly Behaviour[] = [
  guarded("whitelist-source-range", { "whitelist-source-range": "192.0.2.0/25,2001:db8::/32" }),
  guarded("allowlist-source-range", { "allowlist-source-range": "10.0.0.0/8, 192.0.2.200" }),
  guarded("denylist-source-range", { "denylist-source-range": "10.0.0.0/9,2001:db9::1" }),
  guarded("both lists", { "denylist-source-range": "10.1.0.0/16", "whitelist-source-range": "10.0.0.0/8" }),
  guarded("a list before a redirect to https", {
    "whitelist-source-range": "10.0.0.0/8",
    "force-ssl-redirect": "true",
  }),
  guarded("a redirect before a list", {
    "whitelist-source-range": "10.0.0.0/8",
    "permanent-redirect": "https://new.test",
  }),
  guarded("basic auth", AUTH, { headers: { Authorization: CREDENTIALS } }),
  guarded(
    "basic auth with a map of users",
    { ...AUTH, "auth-secret": "default/map", "auth-secret-type": "auth-map" },
    { headers: { Authorization: CREDENTIALS } },
  ),
  guarded(
    "basic auth with a list",
    { ...AUTH, "whitelist-source-range": "10.0.0.0/8" },
    { headers: { Authorization: CREDENTIALS } },
  ),
  guarded(
    "satisfy: any",
    { ...AUTH, "whitelist-source-range": "10.0.0.0/8", satisfy: "any" },
    { headers: { Authorization: CREDENTIALS } },
  ),
  guarded(
    "satisfy: all",
    { ...AUTH, "whitelist-source-range": "10.0.0.0/8", satisfy: "all" },
    { headers: { Authorization: CREDENTIALS } },
  ),
  {
    name: "the implicit / has the guards of the oldest Ingress of its host",
    manifests: documents(
      USERS,
      ingress({ name: "older", annotations: AUTH, rules: [`${HOST} Prefix /foo web`] }),
      ingress({ name: "newer", age: 2, rules: [`${HOST} Prefix /open open`] }),
    ),
    hosts: [HOST],
    paths: ["/foo", "/open", "/other", "/"],
    headers: { Authorization: CREDENTIALS },
  },
  {
    name: "basic auth leaves the ACME challenge alone",
    manifests: documents(
      USERS,
      ingress({
        annotations: AUTH,
        rules: [`${HOST} Prefix / web`, `${HOST} Prefix /.well-known/acme-challenge acme`],
      }),
    ),
    hosts: [HOST],
    paths: ["/", "/.well-known/acme-challenge/x", "/.well-known/other"],
    headers: { Authorization: CREDENTIALS },
  },
  guarded(
    "proxy-body-size",
    { "proxy-body-size": "1k" },
    { bodies: [0, 1, 1023, 1024, 1025, 5000], methods: ["POST", "PUT", "GET"] },
  ),
  guarded(
    "the body size that is usual",
    {},
    { bodies: [1, 1048576, 1048577], methods: ["POST", "GET", "GET", "GET", "GET", "GET", "GET", "GET"] },
  ),
  guarded(
    "proxy-body-size: 0",
    { "proxy-body-size": "0" },
    { bodies: [1, 1100000], methods: ["POST", "GET", "GET", "GET", "GET", "GET", "GET", "GET"] },
  ),
];
