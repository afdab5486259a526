import { type Behaviour, documents, ingress, secret } from "./behaviour.ts";

const HOST = "shop.test";
const ORIGINS = [
  "https://app.test",
  "https://app.test:8443",
  "http://app.test",
  "https://a.wild.test",
  "https://a.b.wild.test",
  "https://wild.test",
  "HTTPS://APP.TEST",
  "https://xapp.test",
  "https://app.test.evil.test",
  "null",
  "custom://app.test",
  "https://elsewhere.test",
];

function allowing(
  name: string,
  annotations: Readonly<Record<string, string>>,
  more: Partial<Behaviour> = {},
): Behaviour {
  const manifests = ingress({
    annotations: { "enable-cors": "true", ...annotations },
    rules: [`${HOST} Prefix /foo web`],
  });
  return {
    name,
    manifests,
    hosts: [HOST],
    paths: ["/foo", "/foo/x", "/other"],
    methods: ["GET", "OPTIONS", "OPTIONS", "POST", "HEAD"],
    headers: { Origin: ORIGINS, "Access-Control-Request-Method": ["PUT", "GET"] },
    answers: ["ok", "cors", "own", "notFound", "failed", "empty"],
    ...more,
  };
}

/** What browsers are told about other origins. */
export const CORS: readonly Behaviour[] = [
  allowing("enable-cors", {}),
  allowing("enable-cors: false", { "enable-cors": "false" }),
  allowing("cors-allow-origin of one", { "cors-allow-origin": "https://app.test" }),
  allowing("cors-allow-origin of several, with wildcards", {
    "cors-allow-origin": "https://app.test:8443, https://*.wild.test,http://app.test",
  }),
  allowing("cors-allow-origin of null and of other schemes", { "cors-allow-origin": "null,custom://app.test" }),
  allowing("cors-allow-credentials: false", { "cors-allow-credentials": "false" }),
  allowing("cors-allow-methods, -headers and -max-age", {
    "cors-allow-methods": "PUT, GET",
    "cors-allow-headers": "X-One, X-Two",
    "cors-max-age": "600",
    "cors-expose-headers": "X-Shown, X-Too",
  }),
  allowing("CORS before a redirect", {
    "permanent-redirect": "https://new.test",
    "cors-allow-origin": "https://app.test",
  }),
  allowing(
    "CORS before the redirect to https",
    { "force-ssl-redirect": "true", "cors-allow-origin": "https://app.test" },
    { https: true },
  ),
  {
    ...allowing("CORS before basic auth", {}),
    manifests: documents(
      secret("users", { auth: "user:{PLAIN}secret\n" }),
      ingress({
        annotations: {
          "enable-cors": "true",
          "cors-allow-origin": "https://app.test",
          "auth-type": "basic",
          "auth-secret": "users",
        },
        rules: [`${HOST} Prefix /foo web`],
      }),
    ),
    headers: { Origin: ORIGINS, Authorization: [`Basic ${btoa("user:secret")}`, `Basic ${btoa("user:wrong")}`] },
  },
];
