import { describe, expect, it } from "vitest";
import { load, marked, places } from "./documents.ts";

const service = (spec: string, rest = "") =>
  `apiVersion: v1\nkind: Service\nmetadata: { name: cart }\nspec: ${spec}${rest === "" ? "" : `\n${rest}`}`;

const REJECTED: readonly (readonly [rule: string, code: string, text: string])[] = [
  ["no spec", "EI1207", "▸apiVersion: v1\nkind: Service\nmetadata: { name: cart }"],
  ["an unknown type", "EI1208", service("{ type: ▸Loadbalancer }")],
  ["a type that is a number", "EI1205", service("{ type: ▸1 }")],
  ["ExternalName without a name", "EI1221", service("{ type: ▸ExternalName }")],
  ["ExternalName with an empty name", "EI1221", service('{ type: ▸ExternalName, externalName: "" }')],
  ["an externalName that is a URL", "EI1221", service('{ externalName: ▸"http://a.b" }')],
  ["a port without number", "EI1207", service("{ ports: [▸{ name: http }] }")],
  ["port 0", "EI1220", service("{ ports: [{ port: ▸0 }] }")],
  ["port 65536", "EI1220", service("{ ports: [{ port: ▸65536 }] }")],
  ["a port in quotes", "EI1205", service('{ ports: [{ port: ▸"80" }] }')],
  ["an upper-case port name", "EI1220", service("{ ports: [{ name: ▸HTTP, port: 80 }] }")],
  ["a port name that is a number", "EI1205", service("{ ports: [{ name: ▸1, port: 80 }, { name: a, port: 81 }] }")],
  ["two ports of one name", "EI1220", service("{ ports: [{ name: a, port: 80 }, { name: ▸a, port: 81 }] }")],
  ["a port without name among several", "EI1220", service("{ ports: [{ name: a, port: 80 }, ▸{ port: 81 }] }")],
  ["ports that are no list", "EI1205", service("{ ports: ▸{ port: 80 } }")],
  ["an address that is none", "EI1219", service("{}", "status: { loadBalancer: { ingress: [{ ip: ▸a.b }] } }")],
];

describe("a Service is rejected for", () => {
  it.each(REJECTED)("%s", (_rule, code, written) => {
    const { text, marks } = marked(written);
    const { resources, diagnostics } = load(text);
    expect(places(diagnostics)).toEqual([`${code} ${marks[0]}`]);
    expect(resources.services).toEqual([]);
  });
});

describe("a Service", () => {
  it("is read as far as routing needs it, whatever else it holds", () => {
    const { resources, diagnostics } = load(
      service(
        "{ type: LoadBalancer, selector: 7, unknown: true, ports: [{ name: http, port: 80, targetPort: web }, { name: a, port: 81 }] }",
        "status: { loadBalancer: { ingress: [{ ip: 10.0.0.1 }, { ip: '2001:db8::1' }] } }\nextra: 1",
      ),
    );
    expect(diagnostics).toEqual([]);
    expect(resources.services[0]?.body).toEqual({
      type: "LoadBalancer",
      externalName: null,
      ports: [
        { name: "http", port: 80 },
        { name: "a", port: 81 },
      ],
      loadBalancer: [
        { ip: "10.0.0.1", hostname: null, path: ["status", "loadBalancer", "ingress", 0] },
        { ip: "2001:db8::1", hostname: null, path: ["status", "loadBalancer", "ingress", 1] },
      ],
    });
  });

  it("is ClusterIP where it has no type", () => {
    expect(load(service("{ ports: [{ port: 80 }] }")).resources.services[0]?.body).toEqual({
      type: "ClusterIP",
      externalName: null,
      ports: [{ name: null, port: 80 }],
      loadBalancer: [],
    });
  });

  it("has its external name", () => {
    const { body } = load(service("{ type: ExternalName, externalName: db.example.com }")).resources.services[0] ?? {};
    expect(body).toMatchObject({ type: "ExternalName", externalName: "db.example.com" });
  });
});
