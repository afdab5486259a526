import { describe, expect, it } from "vitest";
import { load, marked, places } from "./documents.ts";

const BACKEND = "backend: { service: { name: cart, port: { number: 80 } } }";
const PATH = `{ path: /, pathType: Prefix, ${BACKEND} }`;

function ingress(spec: string, metadata = "{ name: web }"): string {
  const indented = spec.split("\n").map((line) => `  ${line}`);
  return ["apiVersion: networking.k8s.io/v1", "kind: Ingress", `metadata: ${metadata}`, "spec:", ...indented].join(
    "\n",
  );
}

const path = (fields: string) => ingress(`rules:\n- http:\n    paths:\n    - ${fields}`);
const backend = (fields: string) => ingress(`defaultBackend: ${fields}`);
const host = (text: string) => ingress(`rules:\n- host: ${text}\n  http: { paths: [${PATH}] }`);

/** `▸` marks where each diagnostic must point. */
const REJECTED: readonly (readonly [rule: string, codes: readonly string[], text: string])[] = [
  [
    "neither rules nor a default backend",
    ["EI2001"],
    "kind: Ingress\napiVersion: networking.k8s.io/v1\nmetadata: { name: web }\nspec: ▸{}",
  ],
  ["no spec at all", ["EI2001"], "▸kind: Ingress\napiVersion: networking.k8s.io/v1\nmetadata: { name: web }"],
  ["empty rules", ["EI2001"], ingress("▸rules: []")],
  ["a null default backend", ["EI2001"], ingress("▸defaultBackend:")],

  ["an IPv4 host", ["EI2002"], host("▸10.0.0.1")],
  ["an IPv4 host with leading zeros", ["EI2002"], host("▸010.0.0.1")],
  ["an IPv6 host", ["EI2002"], host('▸"::1"')],
  ["an upper-case host", ["EI2003"], host("▸Shop.example.com")],
  ["a host with a port", ["EI2003"], host('▸"shop.example.com:8080"')],
  ["a host with an underscore", ["EI2003"], host("▸my_shop.example.com")],
  ["a host with an empty label", ["EI2003"], host("▸shop..example.com")],
  ["a host with a dot at its end", ["EI2003"], host("▸shop.example.com.")],
  ["a label that begins with -", ["EI2003"], host('▸"-shop.example.com"')],
  ["a label that ends with -", ["EI2003"], host("▸shop-.example.com")],
  ["a label of 64 characters", ["EI2003"], host(`▸${"a".repeat(64)}.example.com`)],
  ["a host of 254 characters", ["EI2003"], host(`▸${"a.".repeat(126)}aa`)],
  ["only a star", ["EI2004"], host('▸"*"')],
  ["a star that is part of a label", ["EI2004"], host('▸"*shop.example.com"')],
  ["a star that is not the first label", ["EI2004"], host('▸"shop.*.com"')],
  ["two stars", ["EI2004"], host('▸"*.*.com"')],
  ["an upper-case wildcard", ["EI2004"], host('▸"*.Example.com"')],
  ["a wildcard with a label of 64 characters", ["EI2004"], host(`▸"*.${"a".repeat(64)}.com"`)],
  ["a wildcard of 254 characters", ["EI2004"], host(`▸"*.${"a.".repeat(125)}aa"`)],
  ["a host that is a number", ["EI1205"], host("▸80")],

  ["http without paths", ["EI2005"], ingress("rules:\n- host: a.example.com\n  http: ▸{}")],
  ["http with an empty list", ["EI2005"], ingress("rules:\n- http: { paths: ▸[] }")],
  ["no pathType", ["EI2006"], path(`▸{ path: /, ${BACKEND} }`)],
  ["a null pathType", ["EI2006"], path(`{ path: /, pathType: ▸null, ${BACKEND} }`)],
  ["an unknown pathType", ["EI2007"], path(`{ path: /, pathType: ▸prefix, ${BACKEND} }`)],
  ["a Prefix path that is relative", ["EI2008"], path(`{ path: ▸cart, pathType: Prefix, ${BACKEND} }`)],
  ["an Exact path that is left out", ["EI2008"], path(`▸{ pathType: Exact, ${BACKEND} }`)],
  ["a Prefix path that is empty", ["EI2008"], path(`{ path: ▸"", pathType: Prefix, ${BACKEND} }`)],
  [
    "a regular expression that begins with ^",
    ["EI2008"],
    path(`{ path: ▸^/cart, pathType: ImplementationSpecific, ${BACKEND} }`),
  ],
  ["// in an Exact path", ["EI2009"], path(`{ path: ▸/a//b, pathType: Exact, ${BACKEND} }`)],
  ["/./ in a path", ["EI2009"], path(`{ path: ▸/a/./b, pathType: Prefix, ${BACKEND} }`)],
  ["/../ in a path", ["EI2009"], path(`{ path: ▸/a/../b, pathType: Prefix, ${BACKEND} }`)],
  ["%2f in a path", ["EI2009"], path(`{ path: ▸/a%2fb, pathType: Prefix, ${BACKEND} }`)],
  ["%2F in a path", ["EI2009"], path(`{ path: ▸/a%2Fb, pathType: Exact, ${BACKEND} }`)],
  ["/.. at the end", ["EI2010"], path(`{ path: ▸/a/.., pathType: Prefix, ${BACKEND} }`)],
  ["/. at the end", ["EI2010"], path(`{ path: ▸/a/., pathType: Exact, ${BACKEND} }`)],
  ["a path that is a list", ["EI1205"], path(`{ path: ▸[/], pathType: Exact, ${BACKEND} }`)],

  [
    "service and resource",
    ["EI2011"],
    backend("{ service: { name: a, port: { number: 1 } }, ▸resource: { kind: B, name: b } }"),
  ],
  ["neither service nor resource", ["EI2012"], backend("▸{}")],
  ["a path without backend", ["EI2012"], path("▸{ path: /, pathType: Prefix }")],
  ["no Service name", ["EI2013"], backend("{ service: ▸{ port: { number: 80 } } }")],
  ["an empty Service name", ["EI2013"], backend('{ service: { name: ▸"", port: { number: 80 } } }')],
  [
    "a Service name that begins with a digit",
    ["EI2013"],
    backend("{ service: { name: ▸1cart, port: { number: 80 } } }"),
  ],
  ["a Service name with a dot", ["EI2013"], backend("{ service: { name: ▸cart.shop, port: { number: 80 } } }")],
  ["an upper-case Service name", ["EI2013"], backend("{ service: { name: ▸Cart, port: { number: 80 } } }")],
  [
    "a Service name of 64 characters",
    ["EI2013"],
    backend(`{ service: { name: ▸${"a".repeat(64)}, port: { number: 80 } } }`),
  ],
  [
    "both name and number of a port",
    ["EI2014"],
    backend("{ service: { name: cart, port: { ▸name: http, number: 80 } } }"),
  ],
  ["no port", ["EI2015"], backend("{ service: ▸{ name: cart } }")],
  ["an empty port", ["EI2015"], backend("{ service: { name: cart, port: ▸{} } }")],
  ["port 0", ["EI2015"], backend("{ service: { name: cart, port: ▸{ number: 0 } } }")],
  ["port 65536", ["EI2016"], backend("{ service: { name: cart, port: { number: ▸65536 } } }")],
  ["port -1", ["EI2016"], backend("{ service: { name: cart, port: { number: ▸-1 } } }")],
  ["port 80.5", ["EI2016"], backend("{ service: { name: cart, port: { number: ▸80.5 } } }")],
  ["a port number in quotes", ["EI1205"], backend('{ service: { name: cart, port: { number: ▸"80" } } }')],
  ["a port that is a number", ["EI1205"], backend("{ service: { name: cart, port: ▸80 } }")],
  [
    "a port name of 16 characters",
    ["EI2017"],
    backend(`{ service: { name: cart, port: { name: ▸${"a".repeat(16)} } } }`),
  ],
  ["an upper-case port name", ["EI2017"], backend("{ service: { name: cart, port: { name: ▸HTTP } } }")],
  ["a port name without a letter", ["EI2017"], backend('{ service: { name: cart, port: { name: ▸"80" } } }')],
  ["a port name with --", ["EI2017"], backend("{ service: { name: cart, port: { name: ▸a--b } } }")],
  ["a port name that begins with -", ["EI2017"], backend("{ service: { name: cart, port: { name: ▸-a } } }")],
  ["a port name that ends with -", ["EI2017"], backend("{ service: { name: cart, port: { name: ▸a- } } }")],
  ["a resource without kind", ["EI1207"], backend("{ resource: ▸{ name: b } }")],
  ["a resource without name", ["EI1207"], backend("{ resource: ▸{ kind: B } }")],
  ["a resource whose kind has a /", ["EI2018"], backend("{ resource: { kind: ▸a/B, name: b } }")],
  ["a resource whose name is ..", ["EI2018"], backend("{ resource: { kind: B, name: ▸.. } }")],
  ["a resource whose name has a %", ["EI2018"], backend("{ resource: { kind: B, name: ▸a%b } }")],
  ["a resource whose name is empty", ["EI2018"], backend('{ resource: { kind: B, name: ▸"" } }')],
  [
    "a resource whose apiGroup is upper case",
    ["EI2018"],
    backend("{ resource: { apiGroup: ▸K8s.io, kind: B, name: b } }"),
  ],

  [
    "a TLS host in upper case",
    ["EI2019"],
    ingress(`rules: [{ http: { paths: [${PATH}] } }]\ntls: [{ hosts: [▸A.example.com] }]`),
  ],
  ["a TLS host that is empty", ["EI2019"], ingress(`rules: [{ http: { paths: [${PATH}] } }]\ntls: [{ hosts: [▸""] }]`)],
  [
    "a TLS wildcard in the middle",
    ["EI2019"],
    ingress(`rules: [{ http: { paths: [${PATH}] } }]\ntls: [{ hosts: [▸a.*.com] }]`),
  ],
  [
    "a TLS Secret of another namespace",
    ["EI2020"],
    ingress(`rules: [{ http: { paths: [${PATH}] } }]\ntls: [{ secretName: ▸shop/tls }]`),
  ],
  ["an invalid class name", ["EI2021"], ingress(`ingressClassName: ▸Nginx\nrules: [{ http: { paths: [${PATH}] } }]`)],
  ["an empty class name", ["EI2021"], ingress(`ingressClassName: ▸""\nrules: [{ http: { paths: [${PATH}] } }]`)],
  [
    "a class that the annotation gives otherwise",
    ["EI2022"],
    ingress(
      `ingressClassName: nginx\nrules: [{ http: { paths: [${PATH}] } }]`,
      "{ name: web, annotations: { kubernetes.io/ingress.class: ▸traefik } }",
    ),
  ],

  [
    "an unknown field of spec",
    ["EI1206", "EI2001"],
    ingress("▸▸backend: { service: { name: a, port: { number: 1 } } }"),
  ],
  ["an unknown field at the top", ["EI1206"], `${host("a.example.com")}\n▸rules: []`],
  ["an unknown field of a rule", ["EI1206"], ingress(`rules:\n- http: { paths: [${PATH}] }\n  ▸hosts: [a]`)],
  ["the backend fields of v1beta1", ["EI2012", "EI1206", "EI1206"], backend("▸{ ▸serviceName: a, ▸servicePort: 80 }")],
  ["an unknown field of tls", ["EI1206"], ingress(`rules: [{ http: { paths: [${PATH}] } }]\ntls: [{ ▸secret: a }]`)],
  ["an unknown field of a port", ["EI1206"], backend("{ service: { name: a, port: { number: 1, ▸protocol: TCP } } }")],
  ["rules that are no list", ["EI1205"], ingress("rules: ▸{ host: a.example.com }")],
  ["a rule that is null", ["EI1207"], ingress("rules: [▸null]")],
  [
    "spec that is a text",
    ["EI1205"],
    "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: web }\nspec: ▸a",
  ],
  [
    "an address of status that is none",
    ["EI1219"],
    `${host("a.example.com")}\nstatus: { loadBalancer: { ingress: [{ ip: ▸lb }] } }`,
  ],
  [
    "a host name of status that is an address",
    ["EI1219"],
    `${host("a.example.com")}\nstatus: { loadBalancer: { ingress: [{ hostname: ▸10.0.0.1 }] } }`,
  ],
  [
    "an address of status of the wrong type",
    ["EI1205"],
    `${host("a.example.com")}\nstatus: { loadBalancer: { ingress: [{ ip: ▸1 }] } }`,
  ],
];

const ACCEPTED: readonly (readonly [rule: string, text: string])[] = [
  ["a wildcard host", host('"*.example.com"')],
  ["a wildcard of a top-level domain", host('"*.com"')],
  ["a host of one label", host("localhost")],
  ["a label of 63 characters", host(`${"a".repeat(63)}.example.com`)],
  ["a host that looks nearly like an address", host("10.0.0.256")],
  ["an empty host", host('""')],
  ["only a default backend", backend("{ service: { name: cart, port: { name: http } } }")],
  [
    "rules and a default backend",
    ingress(`defaultBackend: { resource: { kind: B, name: b } }\nrules: [{ host: a.b }]`),
  ],
  ["a rule without http", ingress("rules: [{ host: a.example.com }]")],
  ["http that is null", ingress("rules: [{ host: a.example.com, http: null }]")],
  ["an ImplementationSpecific path that is left out", path(`{ pathType: ImplementationSpecific, ${BACKEND} }`)],
  [
    "an ImplementationSpecific path with // and dots",
    path(`{ path: /a//b/../c/., pathType: ImplementationSpecific, ${BACKEND} }`),
  ],
  ["dots that are no segment", path(`{ path: /a../..b/c., pathType: Prefix, ${BACKEND} }`)],
  ["a Service name of 63 characters", backend(`{ service: { name: ${"a".repeat(63)}, port: { number: 65535 } } }`)],
  ["a port name of 15 characters", backend(`{ service: { name: a, port: { name: ${"a".repeat(15)} } } }`)],
  ["number 0 beside a port name", backend("{ service: { name: a, port: { name: http, number: 0 } } }")],
  ["an empty secretName", ingress('rules: [{ host: a.b }]\ntls: [{ hosts: ["*.a.b"], secretName: "" }]')],
  [
    "a secretName with a label of more than 63 characters",
    ingress(`rules: [{ host: a.b }]\ntls: [{ secretName: ${"a".repeat(70)} }]`),
  ],
  [
    "fields of status that are not read",
    `${host("a.b")}\nstatus: { conditions: [1], loadBalancer: { ingress: [{ ip: "::1", ipMode: VIP, ports: [{ port: 80 }] }], x: 1 } }`,
  ],
  ["an empty status", `${host("a.b")}\nstatus:`],
  [
    "a class that the annotation gives too",
    ingress(
      "ingressClassName: nginx\nrules: [{ host: a.b }]",
      "{ name: web, annotations: { kubernetes.io/ingress.class: nginx } }",
    ),
  ],
];

describe("an Ingress is rejected for", () => {
  it.each(REJECTED)("%s", (_rule, codes, written) => {
    const { text, marks } = marked(written);
    const { resources, diagnostics } = load(text);
    expect(places(diagnostics).sort()).toEqual(codes.map((code, index) => `${code} ${marks[index]}`).sort());
    expect(resources.ingresses).toEqual([]);
  });
});

describe("an Ingress may have", () => {
  it.each(ACCEPTED)("%s", (_rule, text) => {
    const { resources, diagnostics } = load(text);
    expect(diagnostics).toEqual([]);
    expect(resources.ingresses).toHaveLength(1);
  });
});

describe("the body of an Ingress", () => {
  it("has what the manifest says, with null for what it leaves out", () => {
    const text = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: shop
  creationTimestamp: "2026-01-31T12:00:00Z"
  annotations: { a: b, empty: }
spec:
  ingressClassName: edge
  defaultBackend: { resource: { apiGroup: k8s.example.com, kind: Bucket, name: static } }
  tls: [{ hosts: [a.example.com], secretName: cert }, {}]
  rules:
  - host: a.example.com
    http:
      paths:
      - { path: /x, pathType: Exact, backend: { service: { name: cart, port: { name: http } } } }
      - { pathType: ImplementationSpecific, backend: { service: { name: cart, port: { number: 80 } } } }
  - {}
status: { loadBalancer: { ingress: [{}, { hostname: lb.example.com }] } }`;
    const [ingress] = load(text).resources.ingresses;
    expect(ingress?.metadata).toEqual({
      namespace: "shop",
      name: "web",
      annotations: { a: "b", empty: "" },
      createdAt: Date.UTC(2026, 0, 31, 12),
    });
    expect(ingress?.body).toEqual({
      ingressClassName: "edge",
      defaultBackend: { type: "resource", apiGroup: "k8s.example.com", kind: "Bucket", name: "static" },
      tls: [
        { hosts: ["a.example.com"], secretName: "cert" },
        { hosts: [], secretName: null },
      ],
      rules: [
        {
          host: "a.example.com",
          paths: [
            {
              path: "/x",
              pathType: "Exact",
              backend: { type: "service", name: "cart", port: { number: null, name: "http" } },
            },
            {
              path: "",
              pathType: "ImplementationSpecific",
              backend: { type: "service", name: "cart", port: { number: 80, name: null } },
            },
          ],
        },
        { host: null, paths: null },
      ],
      loadBalancer: [{ ip: null, hostname: "lb.example.com", path: ["status", "loadBalancer", "ingress", 1] }],
    });
    expect(ingress?.locate(["spec", "rules", 0, "host"])).toMatchObject({ line: 13, column: 11 });
  });

  it("reports everything that is wrong with an Ingress in one run", () => {
    const { text, marks } = marked(`apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: ▸Web, annotations: { on: ▸true } }
spec:
  ▸ingresClassName: edge
  rules:
  - host: ▸80
    http:
      paths:
      - { path: ▸cart, pathType: Prefix, backend: { service: { name: ▸1, port: ▸{} } } }
      - ▸{ path: /, backend: ▸{} }`);
    expect(places(load(text).diagnostics)).toEqual(
      ["EI1210", "EI1212", "EI1206", "EI1205", "EI2008", "EI1205", "EI2015", "EI2006", "EI2012"].map(
        (code, index) => `${code} ${marks[index]}`,
      ),
    );
  });

  it.each([
    ["ingresClassName: a", "EI1206", "did you mean `ingressClassName`?", "Write `ingressClassName`, or remove it."],
    ["backend: {}", "EI1206", "did you mean `defaultBackend`?", "Write `defaultBackend`, or remove it."],
    ["colour: red", "EI1206", 'unknown field "colour"', "known here: ingressClassName, defaultBackend, rules, tls."],
    [
      "rules: [{ host: 80 }]",
      "EI1205",
      "spec.rules[0].host: expected a string, found the number 80",
      'Quote it: "80".',
    ],
    ["rules: [{ host: true }]", "EI1205", "expected a string, found the boolean true", 'Quote it: "true".'],
    ["rules: [{ host: [a] }]", "EI1205", "expected a string, found a list", "Write a value of the type"],
    ["rules: { a: b }", "EI1205", "spec.rules: expected a list, found an object", "Write a value of the type"],
    ["rules: 80", "EI1205", "expected a list, found the number 80", "Write a value of the type"],
    ["rules: [a]", "EI1205", 'expected an object, found the string "a"', "Write a value of the type"],
    [`rules: [${"a".repeat(80)}]`, "EI1205", `found the string "${"a".repeat(80)}"`, "Write a value of the type"],
    [`rules: [${"a".repeat(81)}]`, "EI1205", `found the string "${"a".repeat(79)}…"`, "Write a value of the type"],
    [
      "rules: [{ host: Shop.example.com }]",
      "EI2003",
      'host "Shop.example.com" must be lower case',
      "Write shop.example.com.",
    ],
    [
      "rules: [{ host: a_b.example.com }]",
      "EI2003",
      "must be lower-case letters",
      "Write the host as a lower-case DNS name",
    ],
    ["rules: [{ host: A_b.example.com }]", "EI2003", "must be lower case", "Write the host as a lower-case DNS name"],
    [
      "rules: [{ http: { paths: [{ pathType: exact }] } }]",
      "EI2007",
      '"exact" is not one of Exact, Prefix, ImplementationSpecific',
      "Write Exact.",
    ],
    [
      "rules: [{ http: { paths: [{ pathType: Regex }] } }]",
      "EI2007",
      '"Regex" is not one of',
      "Write one of Exact, Prefix, ImplementationSpecific.",
    ],
    [
      "defaultBackend: { resource: { name: b } }",
      "EI1207",
      "spec.defaultBackend.resource.kind is missing",
      "Add `kind`.",
    ],
  ])("%s is explained", (spec, code, sentence, fix) => {
    const diagnostic = load(ingress(spec)).diagnostics.find((one) => one.code === code);
    expect(diagnostic?.message).toContain(sentence);
    expect(diagnostic?.fix).toContain(fix);
  });
});
