import { describe, expect, test } from "vitest";
import { selectByClass } from "../../../../src/compiler/frontends/ingress/classes.ts";
import { readIngresses } from "../../../../src/compiler/frontends/ingress/index.ts";
import type { Dialect } from "../../../../src/compiler/ir/dialect.ts";
import type { IngressBody, IngressClassBody, Resource } from "../../../../src/compiler/resources/resource.ts";
import { inClusters, ingress, ingressClass, resources } from "./resources.ts";

const NGINX = "k8s.io/ingress-nginx";
const OTHER = "nginx.org/ingress-controller";
const nginx = ingress("web", { ingressClassName: "nginx" });
const annotated = ingress("old", {}, { annotations: { "kubernetes.io/ingress.class": "nginx" } });
const internal = ingress("web", { ingressClassName: "internal" });
const unclassed = ingress("plain");

/** Under flags that serve every class of these tests, unless it has none. */
function dialect(
  one: Resource<IngressBody>,
  classes: readonly Resource<IngressClassBody>[] = [],
  flag: Dialect | null = null,
): Dialect | undefined {
  const ingressClasses = one === unclassed && classes.length === 0 ? [] : ["nginx", "internal"];
  const flags = { ingressClass: ingressClasses, controller: [], dialect: flag };
  return selectByClass([one], classes, flags).served[0]?.dialect;
}

describe("the dialect of an Ingress", () => {
  test.each<[string, Resource<IngressBody>, readonly Resource<IngressClassBody>[], Dialect]>([
    ["is that of the controller of its class", internal, [ingressClass("internal", NGINX)], "ingress-nginx"],
    ["is not ingress-nginx's where the class is another's", internal, [ingressClass("internal", OTHER)], "kubernetes"],
    ["is not guessed for a class that is called otherwise", internal, [], "kubernetes"],
    ["is ingress-nginx's by the class nginx alone", nginx, [], "ingress-nginx"],
    ["is the same by the old annotation", annotated, [], "ingress-nginx"],
    ["is not, where the IngressClass nginx is another's", nginx, [ingressClass("nginx", OTHER)], "kubernetes"],
    ["is not, by the old annotation either", annotated, [ingressClass("nginx", OTHER)], "kubernetes"],
    ["is that of the default class", unclassed, [ingressClass("nginx", NGINX, true)], "ingress-nginx"],
    ["is none of ingress-nginx's without a class", unclassed, [], "kubernetes"],
    [
      "does not follow a class of clusters in which the Ingress is not",
      ingress("eu", { ingressClassName: "nginx" }, {}, inClusters("eu")),
      [ingressClass("nginx", OTHER, false, inClusters("us"))],
      "ingress-nginx",
    ],
    [
      "is ingress-nginx's where one of its clusters has that controller",
      nginx,
      [ingressClass("nginx", OTHER, false, inClusters("us")), ingressClass("nginx", NGINX, false, inClusters("eu"))],
      "ingress-nginx",
    ],
  ])("%s", (_, one, classes, wanted) => {
    expect(dialect(one, classes)).toBe(wanted);
  });

  test("is what --dialect says, whatever the class", () => {
    expect(dialect(nginx, [ingressClass("nginx", NGINX)], "kubernetes")).toBe("kubernetes");
    expect(dialect(unclassed, [], "ingress-nginx")).toBe("ingress-nginx");
  });
});

describe("annotations of ingress-nginx beside tls, in another dialect", () => {
  const annotations = { "nginx.ingress.kubernetes.io/proxy-read-timeout": "30" };
  const withTls = { tls: [{ hosts: ["a.test"], secretName: null }] };

  function codes(body: Partial<IngressBody>, flag: Dialect | null = null): string[] {
    const ingresses = [ingress("a", body, { annotations }), ingress("b", body, { annotations })];
    const ingressClass = body.ingressClassName === "nginx" ? ["nginx"] : [];
    const flags = { ingressClass, controller: [], defaultBackend: null, dialect: flag };
    const { diagnostics } = readIngresses(resources({ ingresses }), flags);
    return diagnostics.filter(({ code }) => code === "EI2062").map(({ message }) => message);
  }

  test("are one info for all of them", () => {
    expect(codes(withTls)).toEqual([expect.stringMatching(/^2 Ingresses /)]);
  });

  test("are none where the dialect is clear, or there is no tls", () => {
    expect(codes({})).toEqual([]);
    expect(codes({ ...withTls, ingressClassName: "nginx" })).toEqual([]);
    expect(codes(withTls, "kubernetes")).toEqual([]);
  });
});
