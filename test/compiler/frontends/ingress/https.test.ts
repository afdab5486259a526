import { describe, expect, test } from "vitest";
import { readIngresses } from "../../../../src/compiler/frontends/ingress/index.ts";
import { describeFilter } from "../../../../src/compiler/ir/filter.ts";
import type { IngressBody, Resource } from "../../../../src/compiler/resources/resource.ts";
import { configMap, ingress, path, resources } from "./resources.ts";

const PREFIX = "nginx.ingress.kubernetes.io/";
const TLS = [{ hosts: ["other.test"], secretName: null }];
const HSTS = "max-age=31536000; includeSubDomains";
const REDIRECT = "http 308 https://$redirect_host$request_uri";

interface Sketch {
  readonly host?: string | null;
  readonly paths?: readonly string[];
  readonly tls?: boolean;
  readonly className?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

function web(
  name: string,
  { host = "a.test", paths = ["/"], tls = false, className = "nginx", annotations = {} }: Sketch,
) {
  const rules = [{ host, paths: paths.map((each) => path(each)) }];
  const written = Object.entries(annotations).map(([key, value]) => [PREFIX + key, value]);
  const body = { ingressClassName: className, rules, tls: tls ? TLS : [] };
  return ingress(name, body, { annotations: Object.fromEntries(written) });
}

/** `host path: filter, …` of each rule that has one, and the codes of what was said of annotations. */
function read(ingresses: readonly Resource<IngressBody>[], data: Readonly<Record<string, string>> | null = null) {
  const configMaps = data === null ? [] : [configMap("ingress-nginx-controller", data)];
  const flags = { ingressClass: ["nginx", "plain"], controller: [], defaultBackend: null };
  const { rules, diagnostics } = readIngresses(resources({ ingresses, configMaps }), flags);
  const lines = rules.flatMap(({ hostname, match, role, filters }) => {
    const shown = filters.map((filter) => Object.values(describeFilter(filter)).join(" ")).join(", ");
    return shown === "" ? [] : [`${hostname} ${match.path.value}${role === "rule" ? "" : ` (${role})`}: ${shown}`];
  });
  const said = diagnostics.map(({ code }) => code).filter((code) => code.startsWith("EI40"));
  return { lines, said };
}

describe("tls of an Ingress of the dialect", () => {
  test("redirects and secures all paths of its hosts, of every Ingress, whatever hosts it names", () => {
    const { lines } = read([web("one", { paths: ["/a"], tls: true }), web("two", { paths: ["/b"] })]);
    const both = `${REDIRECT}, ${HSTS}`;
    expect(lines.sort()).toEqual([`a.test / (unmatched): ${both}`, `a.test /a: ${both}`, `a.test /b: ${both}`]);
  });

  test("of a wildcard host counts for the hosts below it, and not the other way round", () => {
    const one = read([web("one", { host: "*.test", tls: true }), web("two", {})]);
    expect(one.lines).toContain(`a.test /: ${REDIRECT}, ${HSTS}`);
    const other = read([web("one", { host: "*.test" }), web("two", { tls: true })]);
    expect(other.lines.filter((line) => line.startsWith("*"))).toEqual([]);
  });

  test("does nothing in another dialect, at the ACME challenge, or without a host", () => {
    expect(read([web("one", { tls: true, className: "plain" })]).lines).toEqual([]);
    expect(read([web("one", { host: null, tls: true })]).lines).toEqual([]);
    const acme = "/.well-known/acme-challenge";
    expect(read([web("one", { paths: [acme], tls: true })]).lines).toContain(`a.test ${acme}: ${HSTS}`);
  });

  test("is not redirected by ssl-redirect: false, and by true in another dialect too", () => {
    expect(read([web("one", { tls: true, annotations: { "ssl-redirect": "false" } })]).lines).toContain(
      `a.test /: ${HSTS}`,
    );
    const asked = { tls: true, className: "plain", annotations: { "ssl-redirect": "true" } };
    expect(read([web("one", asked)]).lines).toContain(`a.test /: ${REDIRECT}`);
  });
});

describe("annotations of redirects", () => {
  const at = (annotations: Record<string, string>) => {
    const { lines, said } = read([web("one", { annotations })]);
    return [lines.filter((line) => !line.includes("unmatched")), said];
  };

  test.each<[Record<string, string>, string[], string[]]>([
    [{ "force-ssl-redirect": "true" }, [REDIRECT], []],
    [
      { "force-ssl-redirect": "true", "use-port-in-redirects": "1" },
      ["http 308 https://$redirect_host:443$request_uri"],
      [],
    ],
    [{ "force-ssl-redirect": "maybe" }, [], ["EI4006"]],
    [{ "permanent-redirect": "https://n.test/$request_uri" }, ["always 301 https://n.test/$request_uri"], []],
    [{ "permanent-redirect": "https://n.test/$upstream_addr" }, [], ["EI4006"]],
    [{ "permanent-redirect": "https://n.test", "permanent-redirect-code": "308" }, ["always 308 https://n.test"], []],
    [
      { "permanent-redirect": "https://n.test", "permanent-redirect-code": "404" },
      ["always 301 https://n.test"],
      ["EI4040"],
    ],
    [{ "permanent-redirect": "/new" }, ["always 301 $scheme://$host/new"], []],
    [{ "permanent-redirect": "/new", "relative-redirects": "true" }, ["always 301 /new"], []],
    [{ "temporal-redirect": "/new" }, [], ["EI4040"]],
    [
      { "temporal-redirect": "https://t.test", "temporal-redirect-code": "308" },
      ["always 302 https://t.test"],
      ["EI4040"],
    ],
    [
      { "temporal-redirect": "https://t.test", "permanent-redirect": "https://n.test" },
      ["always 302 https://t.test"],
      ["EI4040"],
    ],
    [{ "app-root": "/app" }, ["root 302 $scheme://$http_host/app"], []],
    [{ "app-root": "http://evil.test/" }, [], ["EI4040"]],
  ])("%j come to %j", (annotations, filters, said) => {
    expect(at(annotations)).toEqual([filters.length === 0 ? [] : [`a.test /: ${filters.join(", ")}`], said]);
  });

  test("app-root is the host's: it reaches the other Ingress that has `/`, and what no rule takes", () => {
    const root = { paths: ["/app"], annotations: { "app-root": "/app" } };
    const { lines } = read([web("one", root), web("two", {})]);
    expect(lines).toEqual([
      expect.stringMatching(/^a\.test \/: root 302/),
      expect.stringMatching(/^a\.test \/ \(unmatched\): root/),
    ]);
  });

  test("app-root without host reaches what no rule takes of all other hosts, and a default backend of theirs", () => {
    const root = { host: null, paths: ["/app"], annotations: { "app-root": "/app", "force-ssl-redirect": "true" } };
    const location = "root 302 $scheme://$http_host/app";
    expect(read([web("one", root)]).lines).toEqual([`* /app: ${REDIRECT}`, `* / (unmatched): ${location}`]);
    const rest = ingress("rest", { ingressClassName: "nginx", defaultBackend: path("/").backend });
    expect(read([web("one", root), rest]).lines).toContain(`* / (default-backend): ${location}`);
  });

  test("app-root of a rule without host and paths is nobody's", () => {
    const rules = [
      { host: null, paths: null },
      { host: "a.test", paths: [path("/a")] },
    ];
    const annotations = { [`${PREFIX}app-root`]: "/a" };
    const { lines } = read([ingress("one", { ingressClassName: "nginx", rules }, { annotations })]);
    expect(lines).toEqual(["a.test / (unmatched): root 302 $scheme://$http_host/a"]);
  });

  test("reach the default backend of the host, and not that of all other hosts", () => {
    const body = { ...web("one", {}).body, defaultBackend: path("/").backend };
    const annotations = { [`${PREFIX}permanent-redirect`]: "https://n.test" };
    const { lines } = read([ingress("one", body, { annotations })]);
    expect(lines.filter((line) => line.startsWith("*"))).toEqual([]);
    expect(lines).toContain("a.test / (default-backend): always 301 https://n.test");
  });
});

describe("the controller's ConfigMap", () => {
  test("sets what Ingresses of the dialect do not say", () => {
    const data = {
      "http-redirect-code": "301",
      "use-port-in-redirects": "true",
      "hsts-max-age": "60",
      "hsts-include-subdomains": "false",
      "hsts-preload": "true",
      "no-tls-redirect-locations": "/free, /open",
    };
    const { lines, said } = read([web("one", { paths: ["/a", "/freedom"], tls: true })], data);
    expect(said).toEqual([]);
    expect(lines).toContain("a.test /a: http 301 https://$redirect_host:443$request_uri, max-age=60; preload");
    expect(lines).toContain("a.test /freedom: max-age=60; preload");
  });

  test("switches off, and Ingresses say otherwise", () => {
    const data = { "ssl-redirect": "false", hsts: "false" };
    expect(read([web("one", { tls: true })], data).lines).toEqual([]);
    const asked = { tls: true, annotations: { "ssl-redirect": "true" } };
    expect(read([web("one", asked)], data).lines).toContain(`a.test /: ${REDIRECT}`);
    const forced = [web("one", {}), web("two", { className: "plain", host: "b.test" })];
    expect(read(forced, { "force-ssl-redirect": "true" }).lines.filter((line) => line.startsWith("b.test"))).toEqual(
      [],
    );
  });
});
