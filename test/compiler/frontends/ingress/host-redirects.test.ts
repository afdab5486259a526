import { describe, expect, test } from "vitest";
import { readIngresses } from "../../../../src/compiler/frontends/ingress/index.ts";
import { describeFilter } from "../../../../src/compiler/ir/filter.ts";
import type { IngressBody, IngressPath, Resource } from "../../../../src/compiler/resources/resource.ts";
import { ingress, path, resources } from "./resources.ts";

const PREFIX = "nginx.ingress.kubernetes.io/";

interface Sketch {
  readonly host?: string;
  readonly paths?: readonly IngressPath[];
  readonly tls?: boolean;
  readonly className?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

function web(
  name: string,
  { host = "a.test", paths = [path("/")], className = "nginx", annotations = {}, tls }: Sketch,
) {
  const written = Object.entries(annotations).map(([key, value]) => [PREFIX + key, value]);
  const body = {
    ingressClassName: className,
    rules: [{ host, paths }],
    tls: tls ? [{ hosts: [host], secretName: null }] : [],
  };
  return ingress(name, body, { annotations: Object.fromEntries(written) });
}

/** `host type path: filters` of each rule, and what was said of annotations. */
function read(...ingresses: readonly Resource<IngressBody>[]) {
  const flags = { ingressClass: ["nginx", "plain"], controller: [], defaultBackend: null };
  const { rules, diagnostics } = readIngresses(resources({ ingresses }), flags);
  const lines = rules.map(({ hostname, wildcard, match, filters }) => {
    const shown = filters.map((filter) => Object.values(describeFilter(filter)).join(" ")).join(", ");
    const depth = wildcard === "any-depth" ? "*" : "";
    return `${depth}${hostname} ${match.path.type} ${match.path.value}${shown === "" ? "" : `: ${shown}`}`;
  });
  return { lines, said: diagnostics.map(({ code }) => code).filter((code) => code.startsWith("EI40")) };
}

describe("a path written with a slash at its end", () => {
  const to = "a.test Exact /x: always 301 $scheme://$host/x/$is_args$args";

  test("answers the path without it by a redirect, as Exact and as Prefix", () => {
    expect(read(web("one", { paths: [path("/x/", "Exact")] })).lines).toEqual(["a.test Exact /x/", to]);
    expect(read(web("one", { paths: [path("/x/")] })).lines).toEqual(["a.test PathPrefix /x", to]);
  });

  test("stays a path where its Ingress has relative-redirects", () => {
    const { lines } = read(web("one", { paths: [path("/x/")], annotations: { "relative-redirects": "true" } }));
    expect(lines).toContain("a.test Exact /x: always 301 /x/$is_args$args");
  });

  test("does not where a rule of the host takes that path itself, of whichever Ingress", () => {
    for (const other of [path("/x", "Exact"), path("/x")]) {
      const { lines } = read(web("one", { paths: [path("/x/", "Exact")] }), web("two", { paths: [other] }));
      expect(lines.filter((line) => line.includes("301"))).toEqual([]);
    }
  });

  test("is one redirect where two Ingresses write it, and none in another dialect or for `/`", () => {
    const twice = read(web("one", { paths: [path("/x/", "Exact")] }), web("two", { paths: [path("/x/")] }));
    expect(twice.lines.filter((line) => line.includes("301"))).toEqual([to]);
    expect(read(web("one", { paths: [path("/x/")], className: "plain" })).lines).toEqual(["a.test PathPrefix /x"]);
    expect(read(web("one", {})).lines).toEqual(["a.test PathPrefix /"]);
  });

  test("has no guard before it, and comes before the way to https, as in nginx", () => {
    const { lines } = read(web("one", { paths: [path("/x/")], tls: true }));
    expect(lines).toContain(`${to}, max-age=31536000; includeSubDomains`);
  });
});

describe("from-to-www-redirect", () => {
  const annotations = { "from-to-www-redirect": "true" };
  const to = (host: string) => `always 308 $pass_access_scheme://${host}:$redirect_port$request_uri`;

  test("leads from the name with www. to the one without, or the other way round", () => {
    expect(read(web("one", { annotations })).lines).toContain(`www.a.test PathPrefix /: ${to("a.test")}`);
    expect(read(web("one", { host: "www.a.test", annotations })).lines).toContain(
      `a.test PathPrefix /: ${to("www.a.test")}`,
    );
  });

  test("does nothing where the other name has rules, and says so; nor for wildcards", () => {
    const { lines, said } = read(web("one", { annotations }), web("two", { host: "www.a.test" }));
    expect(lines.filter((line) => line.includes("308"))).toEqual([]);
    expect(said).toEqual(["EI4040"]);
    expect(read(web("one", { host: "*.a.test", annotations })).lines).toEqual(["*.a.test PathPrefix /"]);
    expect(read(web("one", { annotations: { "from-to-www-redirect": "yes" } })).said).toEqual(["EI4006"]);
  });
});

describe("server-alias", () => {
  const alias = (value: string) => ({ annotations: { "server-alias": value } });

  test("gives the host's rules, of every Ingress, further names", () => {
    const { lines } = read(web("one", alias("B.test, *.c.test")), web("two", { paths: [path("/x")] }));
    for (const line of ["b.test PathPrefix /", "b.test PathPrefix /x", "**.c.test PathPrefix /x"]) {
      expect(lines).toContain(line);
    }
  });

  test("leaves names with rules of their own alone, and says so", () => {
    const { lines, said } = read(web("one", alias("b.test")), web("two", { host: "b.test", paths: [path("/b")] }));
    expect(lines.filter((line) => line.startsWith("b.test"))).toEqual(["b.test PathPrefix /b"]);
    expect(said).toEqual(["EI4040"]);
  });

  test("is that of one Ingress of the host; a pattern is an error", () => {
    expect(read(web("two", alias("b.test")), web("one", alias("c.test"))).said).toEqual(["EI4040"]);
    expect(read(web("one", alias("~^www\\d+\\.a\\.test$"))).said).toEqual(["EI4006"]);
  });
});
