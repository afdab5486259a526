import { describe, expect, test } from "vitest";
import { type ClassFlags, OWN_CONTROLLER, selectByClass } from "../../../../src/compiler/frontends/ingress/classes.ts";
import type { IngressClassBody, Resource } from "../../../../src/compiler/resources/resource.ts";
import { inClusters, ingress, ingressClass } from "./resources.ts";

const NO_FLAGS: ClassFlags = { ingressClass: [], controller: [] };
const NGINX = "k8s.io/ingress-nginx";

const unclassed = ingress("plain");
const nginx = ingress("web", { ingressClassName: "nginx" });
const annotated = ingress("old", {}, { annotations: { "kubernetes.io/ingress.class": "nginx" } });

function served(
  one: ReturnType<typeof ingress>,
  classes: readonly Resource<IngressClassBody>[],
  flags: Partial<ClassFlags>,
): boolean {
  return selectByClass([one], classes, { ...NO_FLAGS, ...flags }).served.length === 1;
}

describe("an Ingress that does not say which class it has", () => {
  const two = [ingressClass("first", NGINX, true), ingressClass("second", "example.com/other", true)];

  test.each([
    ["without flags", NO_FLAGS],
    ["with --ingress-class", { ingressClass: ["first"], controller: [] }],
    ["with --controller", { ingressClass: [], controller: [NGINX] }],
  ])("is an error where two classes are the default, %s", (_, flags) => {
    const { served, diagnostics } = selectByClass([unclassed], two, flags);
    expect(served).toEqual([]);
    expect(diagnostics).toMatchObject([
      { code: "EI2052", severity: "error", position: { file: "plain:metadata.name" } },
    ]);
    expect(diagnostics[0]?.message).toContain("first, second");
    expect(diagnostics[0]?.related.map(({ position }) => position.file)).toEqual([
      "first:metadata.name",
      "second:metadata.name",
    ]);
  });

  test("is no error where the two default classes live in different clusters", () => {
    const apart = [
      ingressClass("first", NGINX, true, inClusters("eu")),
      ingressClass("second", NGINX, true, inClusters("us")),
    ];
    expect(selectByClass([unclassed], apart, NO_FLAGS)).toMatchObject({
      served: [{ metadata: unclassed.metadata }],
      diagnostics: [],
    });
    expect(served(unclassed, apart, { ingressClass: ["second"] })).toBe(true);
    expect(served(ingress("eu-only", {}, {}, inClusters("eu")), apart, { ingressClass: ["second"] })).toBe(false);
  });

  test("is an error where a class of every cluster and one of its own cluster are the default", () => {
    const classes = [ingressClass("first", NGINX, true), ingressClass("second", NGINX, true, inClusters("eu"))];
    expect(selectByClass([ingress("eu", {}, {}, inClusters("eu"))], classes, NO_FLAGS).diagnostics).toHaveLength(1);
    expect(selectByClass([ingress("us", {}, {}, inClusters("us"))], classes, NO_FLAGS).diagnostics).toEqual([]);
  });

  test("is no error where each cluster has its own manifest of one default class", () => {
    const same = [
      ingressClass("nginx", NGINX, true, inClusters("eu")),
      ingressClass("nginx", NGINX, true, inClusters("us")),
    ];
    expect(served(unclassed, same, { controller: [NGINX] })).toBe(true);
  });

  test.each([
    ["is served without flags", [], {}, true],
    ["is served without flags, even where a default class exists", [ingressClass("nginx", NGINX, true)], {}, true],
    [
      "has the default class under --ingress-class",
      [ingressClass("nginx", NGINX, true)],
      { ingressClass: ["nginx"] },
      true,
    ],
    [
      "is left out where the class is not the default",
      [ingressClass("nginx", NGINX)],
      { ingressClass: ["nginx"] },
      false,
    ],
    ["has the controller of the default class", [ingressClass("nginx", NGINX, true)], { controller: [NGINX] }, true],
    ["is left out under --ingress-class without a default class", [], { ingressClass: ["nginx"] }, false],
  ])("%s", (_, classes, flags, expected) => {
    expect(served(unclassed, classes, flags)).toBe(expected);
  });

  test("is what an empty class annotation makes of it", () => {
    expect(served(ingress("blank", {}, { annotations: { "kubernetes.io/ingress.class": " " } }), [], {})).toBe(true);
  });
});

describe("an Ingress of a class", () => {
  test.each([
    ["is left out without flags", nginx, [], {}, false],
    ["is left out without flags, named by annotation", annotated, [], {}, false],
    [
      "is left out where a space stands beside its name, as by its controller",
      ingress("spaced", {}, { annotations: { "kubernetes.io/ingress.class": "nginx " } }),
      [],
      { ingressClass: ["nginx"] },
      false,
    ],
    ["is left out where the class has another controller", nginx, [ingressClass("nginx", NGINX)], {}, false],
    ["is served where the class is this edge's", nginx, [ingressClass("nginx", OWN_CONTROLLER)], {}, true],
    [
      "is left out where this edge's class is in another cluster",
      ingress("eu", { ingressClassName: "nginx" }, {}, inClusters("eu")),
      [ingressClass("nginx", OWN_CONTROLLER, false, inClusters("us"))],
      {},
      false,
    ],
    ["is served by --ingress-class", nginx, [], { ingressClass: ["nginx"] }, true],
    ["is served by one of several --ingress-class", nginx, [], { ingressClass: ["edge", "nginx"] }, true],
    ["is served by --ingress-class, named by annotation", annotated, [], { ingressClass: ["nginx"] }, true],
    ["is left out by another --ingress-class", nginx, [], { ingressClass: ["edge"] }, false],
    [
      "is left out by another --ingress-class although the class is this edge's",
      nginx,
      [ingressClass("nginx", OWN_CONTROLLER)],
      { ingressClass: ["edge"] },
      false,
    ],
    ["is served by --controller", nginx, [ingressClass("nginx", NGINX)], { controller: [NGINX] }, true],
    [
      "is served by --controller, named by annotation",
      annotated,
      [ingressClass("nginx", NGINX)],
      { controller: [NGINX] },
      true,
    ],
    ["is left out by --controller without its IngressClass", nginx, [], { controller: [NGINX] }, false],
    [
      "is served where one of the two flags names it",
      nginx,
      [ingressClass("nginx", NGINX)],
      { ingressClass: ["edge"], controller: [NGINX] },
      true,
    ],
  ])("%s", (_, one, classes, flags, expected) => {
    expect(served(one, classes, flags)).toBe(expected);
  });

  test("has the class of the spec where an annotation names another", () => {
    const both = ingress(
      "both",
      { ingressClassName: "edge" },
      { annotations: { "kubernetes.io/ingress.class": "nginx" } },
    );
    expect(served(both, [], { ingressClass: ["edge"] })).toBe(true);
    expect(served(both, [], { ingressClass: ["nginx"] })).toBe(false);
  });
});

describe("what is left out", () => {
  const many = [annotated, ingress("other", { ingressClassName: "alb" }), nginx];

  test("is a warning per class without flags, which names the flags that would serve it", () => {
    const { diagnostics } = selectByClass(many, [ingressClass("nginx", NGINX)], NO_FLAGS);
    expect(diagnostics).toMatchObject([
      { code: "EI2050", severity: "warning", position: { file: "other:spec.ingressClassName" } },
      { code: "EI2050", position: { file: "old:metadata.annotations.kubernetes.io/ingress.class" } },
    ]);
    expect(diagnostics[0]?.message).toContain("1 Ingress of class alb is left out");
    expect(diagnostics[0]?.fix).toBe("Pass --ingress-class alb to serve it.");
    expect(diagnostics[1]?.message).toContain("2 Ingresses of class nginx are left out");
    expect(diagnostics[1]?.fix).toBe(`Pass --ingress-class nginx or --controller ${NGINX} to serve them.`);
  });

  test("is an info per class with flags", () => {
    const { diagnostics } = selectByClass([...many, unclassed], [], { ingressClass: ["edge"], controller: ["a/b"] });
    expect(diagnostics.map(({ code, severity, message }) => [code, severity, message])).toEqual([
      ["EI2051", "info", "1 Ingress without a class is left out by --ingress-class edge --controller a/b"],
      ["EI2051", "info", "1 Ingress of class alb is left out by --ingress-class edge --controller a/b"],
      ["EI2051", "info", "2 Ingresses of class nginx are left out by --ingress-class edge --controller a/b"],
    ]);
  });
});
