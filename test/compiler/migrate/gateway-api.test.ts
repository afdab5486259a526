import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { formatGatewayNotes, toGatewayApi } from "../../../src/compiler/index.ts";
import { compiled } from "../../support/compiled.ts";

const HERE = fileURLToPath(new URL("./", import.meta.url));
const TEXT = readFileSync(`${HERE}gateway.yaml`, "utf8");

const made = toGatewayApi(
  compiled(TEXT, {
    ingressClass: ["nginx"],
    defaultBackend: { namespace: "edge", name: "fallback", port: 8080 },
  }),
);

describe("migrate --to gateway-api", () => {
  test.each([
    ["gateway-api.yaml", Object.values(made.files).join("---\n")],
    ["gateway-api.txt", `${formatGatewayNotes(made.notes)}\n`],
  ])("%s (UPDATE_GOLDEN=1 writes it anew)", (name, text) => {
    const path = `${HERE}golden/${name}`;
    if (process.env.UPDATE_GOLDEN) writeFileSync(path, text);
    expect(existsSync(path) && text).toBe(readFileSync(path, "utf8"));
  });

  test("the order of the documents changes nothing", () => {
    const reversed = TEXT.split("---\n").reverse().join("---\n");
    const again = toGatewayApi(
      compiled(reversed, {
        ingressClass: ["nginx"],
        defaultBackend: { namespace: "edge", name: "fallback", port: 8080 },
      }),
    );
    expect(again.files).toEqual(made.files);
  });

  test("what is guarded, and can't be written so, answers with an error: no other rule takes it in its place", () => {
    const routes = Object.values(made.files).flatMap((text) => parseAllDocuments(text).map((each) => each.toJS()));
    for (const [host, rules] of [
      ["office.example.com", 1],
      ["firewall.example.com", 1],
    ] as const) {
      const own = routes.filter(({ spec }) => spec.hostnames?.includes(host)).flatMap(({ spec }) => spec.rules);
      expect(own).toEqual(Array(rules).fill({ matches: [{ path: { type: "PathPrefix", value: "/" } }] }));
    }
    const guarded = routes.find(({ metadata }) => metadata.name === "half-half-example-com")?.spec.rules;
    expect(guarded.map((rule: { backendRefs?: unknown }) => rule.backendRefs !== undefined)).toEqual([false]);
    expect(JSON.stringify(made.files)).not.toContain("other.example.com");
    const left = made.notes.filter(({ leftOut }) => leftOut).map(({ ingress }) => ingress);
    expect(new Set(left)).toEqual(
      new Set(["backend/api", "shop/firewall", "shop/half", "shop/office", "shop/other-class"]),
    );
  });
});

/** Of Ingresses with these annotations and paths of one host: backends that are written, and all of it. */
function written(...ingresses: readonly (readonly [annotations: Readonly<Record<string, string>>, path: string])[]) {
  const texts = ingresses.map(([annotations, path], index) =>
    JSON.stringify({
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: {
        name: `i${index}`,
        namespace: "shop",
        annotations: Object.fromEntries(
          Object.entries(annotations).map(([name, value]) => [`nginx.ingress.kubernetes.io/${name}`, value]),
        ),
      },
      spec: {
        ingressClassName: "nginx",
        rules: ["a-b.test", "a.b.test"].map((host) => ({
          host,
          http: {
            paths: [
              { path, pathType: "ImplementationSpecific", backend: { service: { name: "web", port: { number: 80 } } } },
            ],
          },
        })),
      },
    }),
  );
  return (more = "") => {
    const { files, notes } = toGatewayApi(
      compiled([...texts, ...(more === "" ? [] : [more])].join("\n---\n"), { ingressClass: ["nginx"] }),
    );
    const text = Object.values(files).join("---\n");
    return { text, notes: formatGatewayNotes(notes), isOpen: text.includes("backendRefs") };
  };
}

describe("a copy of requests", () => {
  test("to a Service is RequestMirror, with a grant where it is of another namespace", () => {
    const { text } = written([{ "mirror-target": "http://copies.lab.svc.cluster.local:8080$request_uri" }, "/"])();
    const objects = parseAllDocuments(text).map((each) => each.toJS());
    const route = objects.find(({ kind }) => kind === "HTTPRoute");
    expect(route.spec.rules[0].filters).toContainEqual({
      type: "RequestMirror",
      requestMirror: { backendRef: { name: "copies", namespace: "lab", port: 8080 } },
    });
    expect(
      objects.find(({ kind, metadata }) => kind === "ReferenceGrant" && metadata.namespace === "lab"),
    ).toMatchObject({
      spec: { to: [{ kind: "Service", name: "copies" }] },
    });
  });

  test("to something else is named", () => {
    const { text, notes } = written([{ "mirror-target": "https://copies.test$request_uri" }, "/"])();
    expect(text).not.toContain("RequestMirror");
    expect(notes).toContain("copies requests to something else than a Service's same path");
  });
});

describe("nothing of it is open that was not", () => {
  test.each(["/a//b", "/a%2Fb", `/${"x".repeat(1030)}`])(
    "a guarded path that can't be written closes its host: %s",
    (path) => {
      const { isOpen, notes } = written([{}, "/"], [{ "auth-url": "https://auth.test/" }, path])();
      expect(isOpen).toBe(false);
      expect(notes).toContain("all of a.b.test answers with an error");
    },
  );

  test("an EdgePolicy that can't be read closes all hosts, for it may guard them", () => {
    const policy = `apiVersion: edge-ingress.dev/v1alpha1
kind: EdgePolicy
metadata: { name: p, namespace: shop }
spec: { targetRefs: [{ kind: Ingress, name: i0 }], access: { allow: [nonsense] } }`;
    const of = written([{}, "/"]);
    expect(of().isOpen).toBe(true);
    expect(of(policy).isOpen).toBe(false);
    expect(of(policy).notes).toContain("every host answers with an error");
  });

  test("a prefix is cut off only where the pattern is one of whole elements", () => {
    const isOpen = (path: string) => written([{ "rewrite-target": "/$2" }, path])().isOpen;
    expect(["/x(/|$)(.*)", "/(/|$)(.*)", "/x/(/|$)(.*)"].map(isOpen)).toEqual([true, false, false]);
  });

  test("a header of a variable is taken off, that nobody sends it in its place", () => {
    const { text } = written([{ "configuration-snippet": "proxy_set_header X-User $remote_user;" }, "/"])();
    expect(text).toMatch(/requestHeaderModifier:\n *remove:\n *- X-User/);
  });
});

test("no two listeners have one name", () => {
  const names = written([{}, "/"])().text.match(/(?<=- name: )http-\S+/g);
  expect(names).toEqual(["http-a--b-test", "http-a-b-test"]);
});

/** A rule of the validation of Gateway API (apis/v1/*_types.go of kubernetes-sigs/gateway-api), with what breaks it. */
type Check = (object: Record<string, never>) => string[];

// biome-ignore lint/suspicious/noExplicitAny: objects as they are written
const CHECKS: Readonly<Record<string, (object: any) => string[]>> = {
  Gateway: ({ spec }) => {
    const names = spec.listeners.map(({ name }: { name: string }) => name);
    const places = spec.listeners.map(
      (each: Record<string, unknown>) => `${each.port} ${each.protocol} ${each.hostname}`,
    );
    return [
      ...(new Set(names).size === names.length ? [] : ["names of listeners are unique"]),
      ...(new Set(places).size === places.length ? [] : ["port, protocol and hostname are unique"]),
      ...names.filter((name: string) => !/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name)),
      ...spec.listeners.flatMap((each: Record<string, unknown>) =>
        (each.protocol === "HTTPS") === (each.tls !== undefined) ? [] : ["tls goes with HTTPS"],
      ),
    ];
  },
  ReferenceGrant: ({ spec }) => (spec.from.length >= 1 && spec.to.length >= 1 ? [] : ["from and to"]),
  HTTPRoute: ({ spec }) => {
    const found: string[] = spec.rules.length <= 16 && spec.rules.length >= 1 ? [] : ["1 to 16 rules"];
    for (const rule of spec.rules) {
      const types: string[] = (rule.filters ?? []).map(({ type }: { type: string }) => type);
      if (new Set(types).size !== types.length) found.push("a filter is repeated");
      if (types.includes("RequestRedirect") && types.includes("URLRewrite")) found.push("redirect and rewrite");
      if (types.includes("RequestRedirect") && rule.backendRefs !== undefined) found.push("redirect and backends");
      for (const filter of rule.filters ?? []) {
        const field = `${filter.type === "CORS" ? "cors" : filter.type === "URLRewrite" ? "urlRewrite" : filter.type[0].toLowerCase() + filter.type.slice(1)}`;
        if (filter[field] === undefined) found.push(`${filter.type} has ${field}`);
        const path = filter[field]?.path;
        const isPrefix = rule.matches.every((match: { path: { type: string } }) => match.path.type === "PathPrefix");
        if (path?.type === "ReplacePrefixMatch" && !(isPrefix && rule.matches.length === 1))
          found.push("prefix of none");
        const status = filter.requestRedirect?.statusCode;
        if (status !== undefined && ![301, 302, 303, 307, 308].includes(status)) found.push(`status ${status}`);
      }
      for (const { path } of rule.matches) {
        if (!path.value.startsWith("/") && path.type !== "RegularExpression") found.push("absolute path");
        if (path.type !== "RegularExpression" && /\/\/|%2f|#|\/\.\.?(\/|$)/i.test(path.value)) found.push("odd path");
      }
      for (const ref of rule.backendRefs ?? []) {
        if (!Number.isInteger(ref.port) || ref.port < 1 || ref.port > 65_535) found.push("port");
      }
      for (const time of Object.values(rule.timeouts ?? {})) {
        if (!/^([0-9]{1,5}(h|m|s|ms)){1,4}$/.test(String(time))) found.push("duration");
      }
    }
    return found;
  },
};

describe("what is written holds by the rules of Gateway API", () => {
  const objects = Object.values(made.files).flatMap((text) => parseAllDocuments(text).map((each) => each.toJS()));
  test.each(objects.map((object) => [`${object.kind} ${object.metadata.namespace}/${object.metadata.name}`, object]))(
    "%s",
    (_, object) => {
      expect((CHECKS[object.kind] as Check | undefined)?.(object)).toEqual([]);
      expect(object.metadata.name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
    },
  );

  test("every parent is a listener, and every reference to another namespace is allowed", () => {
    const listeners = objects
      .filter(({ kind }) => kind === "Gateway")
      .flatMap(({ metadata, spec }) =>
        spec.listeners.map(({ name }: { name: string }) => `${metadata.namespace}/${metadata.name}/${name}`),
      );
    const routes = objects.filter(({ kind }) => kind === "HTTPRoute");
    const parents = routes.flatMap(({ spec }) =>
      spec.parentRefs.map((ref: Record<string, string>) => `${ref.namespace}/${ref.name}/${ref.sectionName}`),
    );
    for (const parent of parents) expect(listeners).toContain(parent);
    const grants = objects
      .filter(({ kind }) => kind === "ReferenceGrant")
      .map(
        ({ metadata, spec }) =>
          `${spec.from[0].kind} ${spec.from[0].namespace} ${metadata.namespace}/${spec.to[0].name}`,
      );
    for (const { metadata, spec } of routes) {
      for (const ref of spec.rules.flatMap((rule: { backendRefs?: unknown[] }) => rule.backendRefs ?? [])) {
        if (ref.namespace === undefined) continue;
        expect(grants).toContain(`HTTPRoute ${metadata.namespace} ${ref.namespace}/${ref.name}`);
      }
    }
    expect(grants).toContain("Gateway gateway shop/shop-tls");
  });
});
