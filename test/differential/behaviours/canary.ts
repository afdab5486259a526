import { type Behaviour, documents, ingress } from "./behaviour.ts";

const HOST = "shop.test";

function canary(name: string, annotations: Readonly<Record<string, string>>, more: Partial<Behaviour> = {}): Behaviour {
  return {
    name,
    manifests: documents(
      ingress({ name: "primary", rules: [`${HOST} Prefix /foo primary`, `${HOST} Prefix /bar other`] }),
      ingress({
        name: "canary",
        age: 2,
        annotations: { canary: "true", ...annotations },
        rules: [`${HOST} Prefix /foo canary`],
      }),
    ),
    hosts: [HOST],
    paths: ["/foo", "/foo/x", "/bar", "/"],
    headers: {
      "X-Canary": ["always", "never", "Always", "yes", "v2", "V2", "xv2x", ""],
      Cookie: [
        "canary=always",
        "canary=never",
        "a=1; canary=always",
        "canary=maybe",
        "xcanary=always",
        "canary=",
        "Canary=always",
      ],
    },
    ...more,
  };
}

/** Canaries whose choice is none of chance. */
export const CANARY: readonly Behaviour[] = [
  canary("canary-by-header", { "canary-by-header": "X-Canary" }),
  canary("canary-by-header-value", { "canary-by-header": "X-Canary", "canary-by-header-value": "v2" }),
  canary("canary-by-header-pattern", { "canary-by-header": "X-Canary", "canary-by-header-pattern": "v[0-9]" }),
  canary("canary-by-header-value before -pattern", {
    "canary-by-header": "X-Canary",
    "canary-by-header-value": "yes",
    "canary-by-header-pattern": "v[0-9]",
  }),
  canary("canary-by-cookie", { "canary-by-cookie": "canary" }),
  canary("canary by header before cookie", { "canary-by-header": "X-Canary", "canary-by-cookie": "canary" }),
  canary("canary-weight: 100 after header and cookie", {
    "canary-by-header": "X-Canary",
    "canary-by-cookie": "canary",
    "canary-weight": "100",
  }),
  canary("canary-weight: 0", { "canary-weight": "0" }),
  {
    ...canary("a canary without a primary path", {}),
    manifests: documents(
      ingress({ name: "primary", rules: [`${HOST} Prefix /bar primary`] }),
      ingress({
        name: "canary",
        age: 2,
        annotations: { canary: "true", "canary-weight": "100" },
        rules: [`${HOST} Prefix /foo canary`],
      }),
    ),
  },
];
