import { describe, expect, test } from "vitest";
import type { CompileOptions } from "../../../src/compiler/compile.ts";
import { cluster, compiled } from "../../support/compiled.ts";

/** An Ingress of namespace shop for a host, that asks `url` where there is one. */
function ingress(name: string, host: string, path: string, url: string | null = null): string {
  const annotations = url === null ? {} : { "nginx.ingress.kubernetes.io/auth-url": url };
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: ${name}, namespace: shop, annotations: ${JSON.stringify(annotations)} }
spec:
  rules:
    - host: ${JSON.stringify(host)}
      http: { paths: [{ path: ${path}, pathType: Prefix, backend: { service: { name: ${name}, port: { number: 80 } } } }] }
`;
}

const SERVICE = "http://proxy.auth.svc.cluster.local:4180/check";
const services = (...endpoints: readonly string[]) =>
  `services: [${endpoints.map((each) => `{ namespace: auth, name: proxy, port: 4180, endpoint: "${each}" }`).join(", ")}]`;

interface Sketch {
  readonly url?: string;
  readonly host?: string;
  readonly more?: readonly string[];
  readonly clusters?: readonly string[];
  readonly options?: Partial<CompileOptions>;
}

/** How the service of the rule for `/` is reached, and what else than infos is said. */
function reached({ url = SERVICE, host = "shop.test", more = [], clusters = [cluster("eu")], options = {} }: Sketch) {
  const manifests = [...clusters, ingress("web", host, "/", url), ...more].join("---\n");
  const { output, diagnostics } = compiled(manifests, options);
  const rule = output?.router.hosts.flatMap(({ rules }) => rules).find((each) => each.rule.owner.name === "web");
  const service = rule?.policies.externalAuth?.service;
  const targets =
    service?.targets.map(({ endpoint, weight }) => [output?.router.endpoints[endpoint]?.id, weight]) ?? [];
  const way = [service?.via ?? null, ...targets.map(([id]) => id)];
  const said = diagnostics
    .filter(({ severity }) => severity !== "info")
    .map(({ code, message }) => `${code} ${message}`);
  return { way, weights: targets.map(([, weight]) => weight), said, services: output?.router.services };
}

const asked = "auth-url of Ingress shop/web";

describe("a Service of a cluster is asked", () => {
  test("at its own load balancer, in each cluster that has one, by their weights", () => {
    const clusters = [
      cluster("eu", services("http://auth.eu.test:8080")),
      cluster("us", `weight: 50, ${services("https://auth.us.test")}`),
      cluster("af"),
    ];
    expect(reached({ clusters })).toEqual({
      way: ["clusters", "service eu http://auth.eu.test:8080", "service us https://auth.us.test:443"],
      weights: [6_553_600, 3_276_800],
      said: [],
      services: [],
    });
  });

  test.each([
    "http://proxy.auth.svc:4180/",
    "http://proxy.auth.svc.cluster.local.:4180/",
    "http://PROXY.auth.svc.cluster.local:4180/",
  ])("by %s", (url) => {
    const { way, said } = reached({ url, clusters: [cluster("eu", services("http://auth.eu.test"))] });
    expect([way, said]).toEqual([["clusters", "service eu http://auth.eu.test:80"], []]);
  });

  test("by its name alone where it is of the Ingress's namespace", () => {
    const own = 'services: [{ namespace: shop, name: proxy, endpoint: "http://auth.eu.test" }]';
    const { way, said } = reached({ url: "http://proxy:4180/", clusters: [cluster("eu", own)] });
    expect([way, said]).toEqual([["clusters", "service eu http://auth.eu.test:80"], []]);
  });

  test("at the address that its status tells, but never at the cluster's ingress", () => {
    const status = `apiVersion: v1
kind: Service
metadata: { name: proxy, namespace: auth }
spec: { type: LoadBalancer, ports: [{ port: 4180 }] }
status: { loadBalancer: { ingress: [{ hostname: lb.test }] } }
`;
    const { way, said } = reached({ more: [status] });
    expect([way, said]).toEqual([["clusters", "service eu http://lb.test:4180"], []]);
  });

  test("at the same endpoint as its own rules, which keep the client's Host there", () => {
    const own = cluster("eu", 'services: [{ namespace: shop, name: proxy, endpoint: "http://auth.eu.test" }]');
    const more = [ingress("proxy", "auth.test", "/")];
    const { output } = compiled([own, ingress("web", "shop.test", "/", "http://proxy/"), ...more].join("---\n"));
    expect(output?.router.endpoints.map(({ id, host }) => [id, host])).toEqual([
      ["ingress eu http://eu.test:80", "client"],
      ["service eu http://auth.eu.test:80", "client"],
    ]);
    expect(output?.router.hosts[1]?.rules[0]?.policies.externalAuth?.service.targets).toEqual([
      { endpoint: 1, weight: 6_553_600 },
    ]);
  });

  test("on the platform too, where an address in numbers is an error as for any endpoint", () => {
    const options = { platform: "cloudflare", zones: ["test"] } as const;
    expect(reached({ clusters: [cluster("eu", services("https://auth.eu.test"))], options }).way[0]).toBe("clusters");
    const numbers = cluster("eu", `host: endpoint, ${services("https://10.0.0.1")}`);
    const { said } = reached({ clusters: [numbers], options });
    expect(said.map((each) => each.split(" ")[0])).toContain("EI3003");
  });
});

describe("is an error, for nobody could be let in:", () => {
  test.each([
    [SERVICE, "Service auth/proxy:4180 that"],
    ["http://proxy.auth.svc/", "Service auth/proxy:80 that"],
    ["https://proxy/", "Service shop/proxy:443 that"],
    ["http://proxy.internal/", "a name that"],
    ["http://pod.proxy.auth.svc.cluster.local/", "a name that"],
    ["http://printer.local/", "a name that"],
  ])("%s without an address", (url, what) => {
    for (const platform of ["workerd", "cloudflare"] as const) {
      const { way, said } = reached({ url, options: { platform, zones: ["test"] } });
      expect(way).toEqual([null]);
      expect(said).toEqual([
        `EI3020 ${asked} asks ${what} is known inside a cluster only, and no address is given for it`,
      ]);
    }
  });

  test("a Service at another port than the one that is given", () => {
    const { said } = reached({
      url: "http://proxy.auth.svc/",
      clusters: [cluster("eu", services("http://auth.eu.test"))],
    });
    expect(said.map((each) => each.split(" ")[0])).toEqual(["EI3020"]);
  });

  test("an address in numbers on the platform", () => {
    const options = { platform: "cloudflare", zones: ["test"] } as const;
    for (const url of ["https://10.0.0.1/", "https://[fd00::1]/"]) {
      expect(reached({ url, options }).said).toEqual([`EI3003 ${asked} asks an IP address, which Workers can't fetch`]);
    }
  });
});

describe("a name outside of the clusters", () => {
  test("is a binding where the platform is workerd, with a name of its own", () => {
    const { way, said, services: bound } = reached({ url: "http://127.0.0.1:9000/check" });
    expect([way, said]).toEqual([["binding"], []]);
    expect(bound).toEqual([
      {
        binding: expect.stringMatching(/^ASKED_127_0_0_1_9000_[0-9A-F]{8}$/),
        url: { scheme: "http", hostname: "127.0.0.1", port: 9000 },
      },
    ]);
  });

  test.each(["localhost", "auth.localhost"])("may be %s on one's own machine, and nowhere else", (name) => {
    const url = `http://${name}:9000/`;
    expect(reached({ url }).way).toEqual(["binding"]);
    const { said } = reached({ url, options: { platform: "cloudflare", zones: ["test"] } });
    expect(said.map((each) => each.split(" ")[0])).toContain("EI3020");
  });

  test("is fetched on the platform, and warned of where it is asked in the clear", () => {
    const options = { platform: "cloudflare", zones: ["test"] } as const;
    expect(reached({ url: "https://auth.test/", options })).toMatchObject({
      way: ["name"],
      said: [],
      services: [],
    });
    expect(reached({ url: "http://auth.test/", options })).toMatchObject({
      way: ["name"],
      said: [`EI3023 ${asked} asks over plain HTTP, across the Internet`],
    });
  });
});

describe("a host of this edge", () => {
  const proxy = ingress("proxy", "shop.test", "/oauth2");

  test.each([
    "https://$host/oauth2/auth",
    "$scheme://$http_host/oauth2/auth?x=$request_uri",
    "https://shop.test/oauth2/auth",
    "http://Shop.Test:80/%6Fauth2/auth",
  ])("is asked by its own rules: %s", (url) => {
    expect(reached({ url, more: [proxy] })).toMatchObject({ way: ["edge"], said: [] });
  });

  test("is one at the usual port alone", () => {
    expect(reached({ url: "https://shop.test:8443/oauth2/auth", more: [proxy] }).way).toEqual(["binding"]);
  });

  test("may be a wildcard's, and one of another Ingress", () => {
    const more = [ingress("proxy", "*.auth.test", "/")];
    expect(reached({ url: "https://one.auth.test/x", more })).toMatchObject({ way: ["edge"], said: [] });
    expect(reached({ url: "https://a.b.auth.test/x", more }).way).toEqual(["binding"]);
  });

  test("is none where only the rules without host would take it", () => {
    const more = [ingress("rest", "*", "/").replace('host: "*"', "host: null")];
    expect(reached({ url: "https://elsewhere.test/x", more }).way).toEqual(["binding"]);
  });

  test.each([
    ["the rule itself", "https://$host/oauth2/auth", []],
    [
      "a rule that asks in its turn",
      "https://$host/oauth2/auth",
      [ingress("proxy", "shop.test", "/oauth2", "https://$host/oauth2/auth")],
    ],
    ["another host's", "https://other.test/", [ingress("other", "other.test", "/", "https://auth.example.org/")]],
  ])("is an error where it leads to %s", (_, url, more) => {
    const { way, said } = reached({ url, more });
    expect(way).toEqual([null]);
    expect(new Set(said.map((each) => each.split(" ")[0]))).toEqual(new Set(["EI3021"]));
  });

  test("is an error where nothing is served at the path", () => {
    const more = [ingress("other", "other.test", "/app")];
    expect(reached({ url: "https://other.test/auth", more }).said).toEqual([
      `EI3022 ${asked} asks other.test, where this edge serves nothing at that path`,
    ]);
  });

  test("is left to the edge where the path depends on the request", () => {
    expect(reached({ url: "https://$host$request_uri" })).toMatchObject({ way: ["edge"], said: [] });
    expect(reached({ url: "https://$host/oauth2/$arg_x" })).toMatchObject({ way: ["edge"], said: [] });
  });
});

test("the report tells the way", () => {
  const clusters = [cluster("eu", services("http://auth.eu.test"))];
  const { output } = compiled([...clusters, ingress("web", "shop.test", "/", SERVICE)].join("---\n"));
  const [rule] = output?.report.hosts[0]?.rules ?? [];
  expect(rule?.asks).toEqual({ via: "clusters", endpoints: ["service eu http://auth.eu.test:80"] });
});

test("the order of manifests changes no byte", () => {
  const clusters = [cluster("eu", services("http://auth.eu.test")), cluster("us", services("http://auth.us.test"))];
  const manifests = [
    ...clusters,
    ingress("web", "shop.test", "/", SERVICE),
    ingress("api", "api.test", "/", "https://x.example.org/"),
  ];
  const hashes = [manifests, manifests.toReversed()].map(
    (each) => compiled(each.join("---\n")).output?.report.contentHash,
  );
  expect(hashes[0]).toBe(hashes[1]);
  expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/);
});
