import { describe, expect, test } from "vitest";
import { cluster, documents, ingress, type Manifests, resolved, service } from "./manifests.ts";

const entry = (more: string) => `services: [{ namespace: shop, name: web, ${more} }]`;
const loadBalancer = (status: string, port = 80) =>
  service({ spec: `type: LoadBalancer, ports: [{ name: http, port: ${port} }]`, status });

describe("what is reached nowhere is reported at its backend", () => {
  const IP = "{ ip: 192.0.2.1 }";
  test.each<readonly [string, string, Manifests]>([
    ["no address at all", "EI3001 all:7", { "": ingress() }],
    ["a Service without load balancer", "EI3001 all:7", { "": documents(ingress(), service()) }],
    ["a load balancer still pending", "EI3001 all:7", { "": documents(ingress(), loadBalancer("")) }],
    [
      "a status of a Service that is no load balancer",
      "EI3001 all:7",
      { "": documents(ingress(), service({ status: IP })) },
    ],
    ["a status entry without address", "EI3001 all:7", { "": ingress({ status: "{}" }) }],
    ["a Cluster without any address", "EI3001 all:7", { "": documents(ingress(), cluster("eu", "weight: 1")) }],
    [
      "an entry for another port",
      "EI3001 all:7",
      { "": documents(ingress(), cluster("eu", entry("port: 81, endpoint: http://s.test"))) },
    ],
    [
      "an entry for an unknown port name",
      "EI3001 all:7",
      { "": documents(ingress({ port: "name: http" }), cluster("eu", entry("port: 80, endpoint: http://s.test"))) },
    ],
    [
      "an entry in a cluster where the rule is not",
      "EI3001 eu:7",
      { "": documents(cluster("eu", "weight: 1"), cluster("us", "endpoint: http://us.test")), eu: ingress() },
    ],
    [
      "a status that may be of either cluster",
      "EI3001 all:7",
      {
        "": documents(
          ingress({ status: IP }),
          loadBalancer(IP),
          cluster("eu", "weight: 1"),
          cluster("us", "weight: 1"),
        ),
      },
    ],
    [
      "a status of another Ingress",
      "EI3001 all:16",
      {
        "": documents(
          ingress({ status: IP })
            .replace("name: web,", "name: other,")
            .replaceAll("name: web", "name: other")
            .replace("a.example", "b.example"),
          ingress(),
        ),
      },
    ],
    [
      "a port name that no Service gives",
      "EI3007 all:7",
      { "": documents(ingress({ port: "name: grpc" }), loadBalancer(IP)) },
    ],
    [
      "drained clusters alone",
      "EI3005 all:7",
      { "": documents(ingress(), cluster("eu", "endpoint: http://eu.test, weight: 0")) },
    ],
    [
      "clusters that are drained by word and by weight",
      "EI3005 all:7",
      {
        "": documents(
          ingress(),
          cluster("eu", "endpoint: http://eu.test, drain: true"),
          cluster("us", "endpoint: http://us.test, weight: 0"),
        ),
      },
    ],
  ])("%s: %s", (_, expected, manifests) => {
    expect(resolved(manifests).findings).toEqual([expected]);
  });

  test("once for each backend, whatever the number of its hosts", () => {
    const both = ingress().replace(
      "rules:",
      "defaultBackend: { service: { name: web, port: { number: 80 } } }\n  rules:",
    );
    const codes = resolved({ "": both }).findings.map((finding) => finding.slice(0, 6));
    expect(codes).toEqual(["EI3001", "EI3001"]);
  });
});

describe("in one cluster the first address that exists is used", () => {
  const ENTRY = entry("port: 80, endpoint: http://entry.test:8080");
  const ENDPOINT = "endpoint: https://cluster.test";
  const INGRESS = ingress({ status: "{ hostname: ingress.test }" });
  const SERVICE = loadBalancer("{ hostname: service.test }");
  const EXTERNAL = service({ spec: "type: ExternalName, externalName: external.test" });
  const eu = (spec: string) => cluster("eu", spec);
  test.each<readonly [string, readonly string[], string]>([
    [
      "spec.services",
      ["service eu http://entry.test:8080 * 100"],
      documents(INGRESS, SERVICE, eu(`${ENDPOINT}, ${ENTRY}`)),
    ],
    [
      "an entry of every port",
      ["service eu http://s.test:80 * 100"],
      documents(INGRESS, SERVICE, eu(entry("endpoint: http://s.test"))),
    ],
    [
      "an entry by port name",
      ["service eu http://s.test:80 * 100"],
      documents(INGRESS, SERVICE, eu(entry("port: http, endpoint: http://s.test"))),
    ],
    [
      "an entry by the same name, unresolved",
      ["service eu http://s.test:80 * 100"],
      documents(ingress({ port: "name: x" }), eu(entry("port: x, endpoint: http://s.test"))),
    ],
    ["spec.endpoint", ["ingress eu https://cluster.test:443 * 100"], documents(INGRESS, SERVICE, eu(ENDPOINT))],
    [
      "the status of the Ingress",
      ["ingress eu http://ingress.test:80 * 100"],
      documents(INGRESS, SERVICE, eu("weight: 100")),
    ],
    [
      "the status of the Ingress without a Cluster",
      ["ingress default http://ingress.test:80 * 1"],
      documents(INGRESS, SERVICE),
    ],
    ["the status of the Service", ["service default http://service.test:80 * 1"], documents(ingress(), SERVICE)],
    [
      "the name of an ExternalName Service",
      ["service default http://external.test:80 * 1"],
      documents(ingress(), EXTERNAL),
    ],
    [
      "the number of a named port",
      ["service default http://service.test:8080 * 1"],
      documents(ingress({ port: "name: http" }), loadBalancer("{ hostname: service.test }", 8080)),
    ],
    [
      "an IPv6 address, in brackets",
      ["ingress default http://[2001:db8::1]:80 * 1"],
      ingress({ status: '{ ip: "2001:db8::1" }' }),
    ],
    [
      "port 443 of a load balancer, by https",
      ["service default https://service.test:443 * 1"],
      documents(ingress({ port: "name: http" }), loadBalancer("{ hostname: service.test }", 443)),
    ],
    [
      "another port by http, though its name says https",
      ["service default http://service.test:8443 * 1"],
      documents(
        ingress({ port: "name: https" }),
        loadBalancer("{ hostname: service.test }", 8443).replace("name: http,", "name: https,"),
      ),
    ],
    [
      "port 443 of an ExternalName Service, by https",
      ["service default https://external.test:443 * 1"],
      documents(ingress({ port: "number: 443" }), service({ spec: "type: ExternalName, externalName: external.test" })),
    ],
    [
      "an IPv4 address with leading zeros, which Kubernetes reads as decimal",
      ["ingress default http://10.8.0.1:80 * 1"],
      ingress({ status: "{ ip: 010.08.0.1 }" }),
    ],
    [
      "an address once, however often the status has it and in whatever spelling",
      ["ingress default http://192.0.2.1:80 * 0.5", "ingress default http://[2001:db8::1]:80 * 0.5"],
      ingress({
        status: '{ ip: 192.0.2.1 }, { ip: "2001:DB8:0::1" }, { ip: 192.0.2.1 }, { ip: "2001:db8::1" }',
      }),
    ],
  ])("%s", (_, targets, text) => {
    const result = resolved({ "": text });
    expect(result.targets).toEqual(targets);
    expect(result.findings).toEqual([]);
    expect(result.endpoints.map(({ id }) => id)).toEqual(targets.map((target) => target.split(" * ")[0]));
  });
});

describe("among several clusters", () => {
  const two = documents(
    cluster("us", "endpoint: http://us.test, weight: 1"),
    cluster("eu", "endpoint: http://eu.test, weight: 3"),
  );

  test("each takes its weight, in the order of their names", () => {
    expect(resolved({ "": documents(two, ingress()) }).targets).toEqual([
      "ingress eu http://eu.test:80 * 3",
      "ingress us http://us.test:80 * 1",
    ]);
  });

  test("those alone where the rule is written", () => {
    expect(resolved({ "": two, us: ingress() }).targets).toEqual(["ingress us http://us.test:80 * 1"]);
  });

  test("a default backend in those of its own Ingress, though another one in another cluster has the same Service", () => {
    const withDefault = (name: string) => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: ${name}, namespace: shop }
spec:
  defaultBackend: { service: { name: rest, port: { number: 80 } } }
  rules:
    - host: ${name}.example.com
      http: { paths: [{ path: /x, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] }`;
    const { hosts } = resolved({ "": two, eu: withDefault("of-eu"), us: withDefault("of-us") });
    const clusters = Object.fromEntries(
      hosts.map(({ hostname, rules }) => [
        hostname,
        rules.map(({ backends }) => backends.flatMap(({ targets }) => targets.map(({ endpoint }) => endpoint.cluster))),
      ]),
    );
    expect(clusters).toEqual({
      "*": [["eu", "us"]],
      "of-eu.example.com": [["eu"], ["eu"]],
      "of-us.example.com": [["us"], ["us"]],
    });
  });

  test("a cluster without address is passed over", () => {
    const some = documents(cluster("eu", "weight: 5"), cluster("us", "endpoint: http://us.test"), ingress());
    expect(resolved({ "": some }).targets).toEqual(["ingress us http://us.test:80 * 100"]);
  });

  test("a drained one stays beside the others, with no share", () => {
    const some = documents(
      cluster("eu", "endpoint: http://eu.test, weight: 0"),
      cluster("us", "endpoint: http://us.test"),
      ingress(),
    );
    const result = resolved({ "": some });
    expect(result.targets).toEqual(["ingress eu http://eu.test:80 * 0", "ingress us http://us.test:80 * 100"]);
    expect(result.findings).toEqual([]);
  });

  test("a status counts for the clusters that claim its manifest", () => {
    const clusters = documents(cluster("eu", "weight: 1"), cluster("us", "weight: 1"));
    const scoped = {
      "": clusters,
      eu: ingress({ status: "{ ip: 192.0.2.1 }" }),
      us: ingress({ status: "{ ip: 192.0.2.2 }" }),
    };
    expect(resolved(scoped).targets).toEqual([
      "ingress eu http://192.0.2.1:80 * 1",
      "ingress us http://192.0.2.2:80 * 1",
    ]);
  });

  test("a cluster's weight is split among its addresses, in whole numbers", () => {
    const status = "{ ip: 192.0.2.1 }, { ip: 192.0.2.2 }, { ip: 192.0.2.3 }";
    const { hosts } = resolved({ "": documents(cluster("eu", "weight: 1"), ingress({ status })) });
    const weights = hosts[0]?.rules[0]?.backends[0]?.targets.map(({ weight }) => weight);
    expect(weights).toEqual([21_845, 21_845, 21_845]);
  });
});

describe("a host outside the zone by which its endpoint is reached", () => {
  const eu = cluster("eu", "endpoint: https://lb.zone.test");
  const platform = { platform: "cloudflare", zones: ["zone.test"] } as const;
  test.each([
    ["a.example.com", ["EI3006 all:7"]],
    ["a.notzone.test", ["EI3006 all:7"]],
    ['"*.example.com"', ["EI3006 all:7"]],
    ["a.zone.test", []],
    ["zone.test", []],
    ['"*.zone.test"', []],
  ])("%s: %j", (host, findings) => {
    expect(resolved({ "": documents(ingress({ host }), eu) }, platform).findings).toEqual(findings);
  });
});

describe("a cluster's ingress that gets its own name as Host", () => {
  const EU = "endpoint: https://lb.example.com, host: endpoint";
  const eu = (spec = EU) => cluster("eu", spec);
  const on = (...hosts: readonly string[]) =>
    documents(...hosts.map((host, index) => ingress({ name: `web-${index}`, host: JSON.stringify(host) })));

  test.each([
    ["a host of its own", on("a.example.com"), "for a.example.com: "],
    ["several", on("a.example.com", "b.example.com", "c.example.com"), "for a.example.com and 2 more hosts: "],
    ["the endpoint's host and another", on("lb.example.com", "a.example.com"), "for a.example.com: "],
    ["a wildcard of another domain", on("*.a.example.com"), "for *.a.example.com: "],
    ["a wildcard beside the endpoint's own host", on("*.example.com", "lb.example.com"), "for *.example.com: "],
    ["a wildcard of a shorter domain", on("*.com"), "for *.com: "],
  ])("is a warning at the endpoint: %s", (_, text, says) => {
    for (const platform of ["cloudflare", "workerd"] as const) {
      const { diagnostics } = resolved({ "": documents(eu(), text) }, { platform });
      expect(diagnostics).toMatchObject([{ code: "EI3009", severity: "warning", position: { file: "all", line: 4 } }]);
      expect(diagnostics[0]?.message).toContain(`cluster eu gets the Host lb.example.com ${says}`);
      expect(diagnostics[0]?.message).toContain("must route by X-Forwarded-Host");
    }
  });

  test("is a warning also for the address of an Ingress's status", () => {
    const text = documents(eu("host: endpoint"), ingress({ status: "{ hostname: lb.example.com }" }));
    expect(resolved({ "": text }).findings).toEqual(["EI3009 all:13"]);
  });

  test.each([
    ["the client's Host", eu("endpoint: https://lb.example.com"), on("a.example.com")],
    ["rules for the endpoint's name", eu(), on("lb.example.com")],
    ["a wildcard that takes the endpoint's name", eu(), on("*.example.com")],
    ["rules without a host", eu(), ingress().replace("- host: a.example.com\n      http:", "- http:")],
    ["the load balancer of a Service", eu(`host: endpoint, ${entry("endpoint: http://s.test")}`), on("a.example.com")],
  ])("says nothing: %s", (_, clusters, text) => {
    expect(resolved({ "": documents(clusters, text) }).findings).toEqual([]);
  });
});

describe("an address beside the endpoint that the VPC service leads to", () => {
  const eu = (via: string) =>
    cluster("eu", `endpoint: http://eu.test, host: endpoint, via: { ${via}: x }, ${entry("endpoint: http://s.test")}`);
  const cloudflare = { platform: "cloudflare" } as const;

  test("is reported at its entry, once for all rules", () => {
    const text = documents(eu("vpcService"), ingress(), ingress({ name: "other", host: "b.example.com" }));
    const { findings, diagnostics, endpoints } = resolved({ "": text }, cloudflare);
    expect(findings).toEqual(["EI3008 all:4"]);
    expect(diagnostics[0]?.fix).toContain("vpcNetwork");
    expect(endpoints.map(({ transport }) => transport.name)).toEqual(["public-name"]);
  });

  test.each([
    ["through a network", eu("vpcNetwork"), "cloudflare"],
    ["where every endpoint is a binding", eu("vpcService"), "workerd"],
    ["that no rule uses", eu("vpcService").replace("name: web", "name: other"), "cloudflare"],
  ] as const)("is not reported %s", (_, text, platform) => {
    const { findings } = resolved({ "": documents(text, ingress()) }, { platform });
    expect(findings.filter((finding) => finding.startsWith("EI3008"))).toEqual([]);
  });
});
