import { describe, expect, test } from "vitest";
import { cluster, compiled } from "../../../support/compiled.ts";

interface Sketch {
  readonly host?: string;
  readonly paths: Readonly<Record<string, string>>;
  readonly weight?: number;
  readonly age?: number;
}

function ingress(name: string, { host = "shop.example.com", paths, weight, age = 0 }: Sketch): string {
  const nginx = (key: string) => `nginx.ingress.kubernetes.io/${key}`;
  const annotations = weight === undefined ? {} : { [nginx("canary")]: "true", [nginx("canary-weight")]: `${weight}` };
  const creationTimestamp = `20${10 + age}-01-01T00:00:00Z`;
  const http = {
    paths: Object.entries(paths).map(([path, service]) => ({
      path,
      pathType: "Prefix",
      backend: { service: { name: service, port: { number: 80 } } },
    })),
  };
  const metadata = { name, namespace: "web", annotations, creationTimestamp };
  return `${JSON.stringify({ apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata, spec: { rules: [{ host, http }] } })}\n`;
}

/** In service mode, where the edge draws itself. */
const services = (...names: readonly string[]) => {
  const entries = names.map((name) => `{ namespace: web, name: ${name}, port: 80, endpoint: "http://${name}.test" }`);
  return cluster("eu", `services: [${entries.join(", ")}]`);
};

function said(...manifests: readonly string[]) {
  const { output, diagnostics } = compiled([services("app", "app2", "api"), ...manifests].join("---\n"));
  expect(output).not.toBeNull();
  return diagnostics.filter(({ code }) => code === "EI4014").map(({ message }) => message);
}

const canary = (more: Partial<Sketch> = {}, name = "app-canary") =>
  ingress(name, { paths: { "/": "app2" }, weight: 20, age: 5, ...more });

describe("a canary that has other requests in ingress-nginx is a warning:", () => {
  test("of another path to the same Service, once, however many there are", () => {
    const main = ingress("app", { paths: { "/": "app", "/api": "app", "/v2": "app" } });
    expect(said(main, canary())).toEqual([
      expect.stringMatching(
        /^ingress-nginx gives the canary Ingress web\/app-canary a share of all that goes to web\/app:80, also at shop\.example\.com PathPrefix \/(api|v2) of Ingress web\/app, and 1 more;/,
      ),
    ]);
  });

  test("of another host", () => {
    const [main, other] = [
      ingress("app", { paths: { "/": "app" } }),
      ingress("other", { host: "b.example.com", paths: { "/": "app" } }),
    ];
    expect(said(main, other, canary())).toEqual([expect.stringContaining("also at b.example.com PathPrefix /")]);
  });

  test("with another weight than an older one of the same Service", () => {
    const main = ingress("app", { paths: { "/": "app", "/api": "api" } });
    const younger = canary({ paths: { "/api": "app2" }, weight: 50, age: 6 }, "api-canary");
    expect(said(main, canary(), younger)).toEqual([
      expect.stringContaining("takes the weight and the headers of Ingress web/app-canary, which is older"),
    ]);
  });
});

describe("nothing is said of a canary", () => {
  test("of all that goes to its Service", () => {
    const main = ingress("app", { paths: { "/": "app", "/api": "app" } });
    expect(said(main, canary({ paths: { "/": "app2", "/api": "app2" } }))).toEqual([]);
  });

  test("beside other Services", () => {
    expect(said(ingress("app", { paths: { "/": "app", "/api": "api" } }), canary())).toEqual([]);
  });

  test("with the weight of another one of the same Service", () => {
    const main = ingress("app", { paths: { "/": "app", "/api": "api" } });
    expect(said(main, canary(), canary({ paths: { "/api": "app2" }, age: 6 }, "api-canary"))).toEqual([]);
  });
});
