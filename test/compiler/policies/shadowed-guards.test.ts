import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { CompileResult } from "../../../src/compiler/compile.ts";
import { cluster, compiled, compiledIn, edgePolicy } from "../../support/compiled.ts";

interface Sketch {
  readonly host?: string;
  readonly namespace?: string;
  readonly paths?: readonly string[];
  readonly type?: "Prefix" | "Exact";
  readonly annotations?: Readonly<Record<string, string>>;
  readonly created?: string;
  readonly service?: string;
}

function ingress(name: string, sketch: Sketch = {}): string {
  const {
    host = "shop.test",
    namespace = "shop",
    paths = ["/"],
    type = "Prefix",
    annotations = {},
    created,
    service = "web",
  } = sketch;
  const metadata = { name, namespace, annotations, ...(created !== undefined && { creationTimestamp: created }) };
  const backend = { service: { name: service, port: { number: 80 } } };
  const http = { paths: paths.map((path) => ({ path, pathType: type, backend })) };
  const rules = [host === "" ? { http } : { host, http }];
  return `${JSON.stringify({ apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata, spec: { rules } })}\n`;
}

const ALLOW = { "nginx.ingress.kubernetes.io/allowlist-source-range": "10.0.0.0/8" };
const open = (value: string) => ({ ...ALLOW, "edge-ingress.dev/unguarded-paths": value });

/** What the compile says of guards that are opened, and whether it publishes. */
function opened(...manifests: readonly string[]) {
  return findings(compiled([cluster("eu"), ...manifests].join("---\n")));
}

function findings({ output, diagnostics }: CompileResult) {
  return {
    published: output !== null,
    said: diagnostics.filter(({ code }) => /^EI607|EI4006/.test(code)).map(({ code, message }) => `${code} ${message}`),
  };
}

const api = ingress("api", { paths: ["/api"], annotations: ALLOW });
const GUARDED = "which Ingress shop/api guards at /api (allowlist-source-range of Ingress shop/api)";

test.each<[guarded: string, other: string, opens: boolean]>([
  ["/shop(/|$)(.*)", "/shopping(/|$)(.*)", false],
  ["/service-17(/|$)(.*)", "/service-170(/|$)(.*)", false],
  ["/[^/]+/orders(/|$)(.*)", "/[^/]+/invoices(/|$)(.*)", false],
  ["/shop(/|$)(.*)", "/shop/cart/public(/|$)(.*)", true],
  ["/[^/]+/orders(.*)", "/acme/.*/public-and-more", true],
  ["/admin/[^/]+", "/about-and-more$|/public$", true],
])("of patterns of one host: %s is opened by %s: %s", (guarded, other, opens) => {
  const regex = { "nginx.ingress.kubernetes.io/use-regex": "true" };
  const shop = ingress("shop", { paths: [guarded], annotations: { ...ALLOW, ...regex } });
  const { published, said } = opened(shop, ingress("other", { paths: [other], annotations: regex }));
  expect({ published, found: said.length }).toEqual({ published: !opens, found: opens ? 1 : 0 });
});

describe("a guarded path that another Ingress opens is an error:", () => {
  test.each<[what: string, other: string, says: string]>([
    ["a longer path", ingress("health", { paths: ["/api/health"] }), "shop.test PathPrefix /api/health"],
    ["one exact path", ingress("health", { paths: ["/api/v1/x"], type: "Exact" }), "shop.test Exact /api/v1/x"],
    ["the path itself", ingress("health", { paths: ["/api"], type: "Exact" }), "shop.test Exact /api"],
    [
      "an older Ingress with the same path, which keeps it",
      ingress("health", { paths: ["/api"], created: "2020-01-01T00:00:00Z" }),
      "shop.test PathPrefix /api",
    ],
  ])("%s", (_, other, says) => {
    const { published, said } = opened(api, other);
    expect(published).toBe(false);
    expect(said).toEqual([`EI6071 Ingress shop/health opens ${says}, ${GUARDED}`]);
  });

  test("of another namespace", () => {
    const { published, said } = opened(api, ingress("health", { namespace: "ops", paths: ["/api/health"] }));
    expect(published).toBe(false);
    expect(said).toEqual([`EI6071 Ingress ops/health opens shop.test PathPrefix /api/health, ${GUARDED}`]);
  });

  test("guarded by a policy, which the message names", () => {
    const policy = edgePolicy({ targets: "{ kind: Ingress, name: api }", sets: "apiKey: {}" });
    const { said } = opened(ingress("api", { paths: ["/api"] }), ingress("health", { paths: ["/api/health"] }), policy);
    expect(said).toEqual([
      "EI6071 Ingress shop/health opens shop.test PathPrefix /api/health, which Ingress shop/api guards at /api (apiKey of EdgePolicy shop/policy)",
    ]);
  });

  test("with both places, and what to write where it is meant", () => {
    const { diagnostics } = compiled([cluster("eu"), api, ingress("health", { paths: ["/api/health"] })].join("---\n"));
    const [finding] = diagnostics.filter(({ code }) => code === "EI6071");
    expect(finding?.fix).toBe(
      'Give the path of Ingress shop/health a guard of its own. If it is meant to be open, say so where it is guarded: the annotation edge-ingress.dev/unguarded-paths: "/api/health" on Ingress shop/api.',
    );
    expect(finding?.related).toEqual([expect.objectContaining({ message: "guarded here" })]);
    expect(finding?.position?.line).toBeGreaterThan(finding?.related[0]?.position.line ?? 99);
  });

  test("through another guard that stands between, which is the one that is named", () => {
    const { said } = opened(ingress("all", { annotations: ALLOW }), api, ingress("health", { paths: ["/api/health"] }));
    expect(said).toEqual([`EI6071 Ingress shop/health opens shop.test PathPrefix /api/health, ${GUARDED}`]);
  });
});

describe("an Ingress of the same name in another cluster is another one", () => {
  /** What is said where each cluster has manifests of its own. */
  function openedIn(manifests: Readonly<Record<string, readonly string[]>>) {
    const cwd = mkdtempSync(join(tmpdir(), "shadowed-"));
    try {
      const clusters = Object.keys(manifests).map((name) => cluster(name, `manifests: [${name}.yaml]`));
      writeFileSync(join(cwd, "clusters.yaml"), clusters.join("---\n"));
      for (const [name, own] of Object.entries(manifests)) writeFileSync(join(cwd, `${name}.yaml`), own.join("---\n"));
      return findings(compiledIn(cwd, [cwd]));
    } finally {
      rmSync(cwd, { recursive: true });
    }
  }
  const older = ingress("api", { paths: ["/api"], created: "2020-01-01T00:00:00Z" });

  test("that opens, and the message says which is which", () => {
    expect(openedIn({ eu: [older], us: [api] })).toEqual({
      published: false,
      said: [
        "EI6071 Ingress shop/api of eu opens shop.test PathPrefix /api, which Ingress shop/api of us guards at /api (allowlist-source-range of Ingress shop/api)",
      ],
    });
  });

  test("that can't let itself open what is guarded", () => {
    const consent = { "edge-ingress.dev/unguarded-paths": "/api" };
    const consenting = ingress("api", { paths: ["/api"], created: "2020-01-01T00:00:00Z", annotations: consent });
    expect(openedIn({ eu: [consenting], us: [api] }).published).toBe(false);
    expect(openedIn({ eu: [older], us: [ingress("api", { paths: ["/api"], annotations: open("/api") })] })).toEqual({
      published: true,
      said: [],
    });
  });

  test("whose rule is the same opens nothing", () => {
    const all = ingress("all", { annotations: ALLOW });
    expect(openedIn({ eu: [all, api], us: [all, api] })).toEqual({ published: true, said: [] });
  });

  test("and a path that is open in both clusters is opened all the same", () => {
    const health = ingress("health", { paths: ["/api/health"] });
    const { published, said } = openedIn({ eu: [api, health], us: [api, health] });
    expect(published).toBe(false);
    expect(said).toEqual([`EI6071 Ingress shop/health opens shop.test PathPrefix /api/health, ${GUARDED}`]);
  });

  test("nor is one of two that keep the path open alone with the guard of a third", () => {
    const first = ingress("first", { paths: ["/api"], created: "2019-01-01T00:00:00Z" });
    const second = ingress("second", { paths: ["/api"], created: "2020-01-01T00:00:00Z" });
    const { published, said } = opened([first, second, api].join("---\n"));
    expect(published).toBe(false);
    expect(said).toEqual([`EI6071 Ingress shop/first opens shop.test PathPrefix /api, ${GUARDED}`]);
  });
});

describe("nothing is said of", () => {
  test.each<[what: string, manifests: readonly string[]]>([
    ["paths of the same Ingress", [ingress("api", { paths: ["/api", "/api/health"], annotations: ALLOW })]],
    ["a path beside", [api, ingress("health", { paths: ["/apis", "/health"] })]],
    ["a shorter path", [api, ingress("web")]],
    ["a path with a guard of its own", [api, ingress("health", { paths: ["/api/health"], annotations: ALLOW })]],
    [
      "a path below one that is open itself",
      [
        ingress("all", { annotations: open("/public") }),
        ingress("public", { paths: ["/public"] }),
        ingress("more", { paths: ["/public/more"] }),
      ],
    ],
    ["another host", [api, ingress("health", { host: "other.test", paths: ["/api/health"] })]],
    [
      "a younger Ingress with the same path, which gets no request",
      [ingress("all", { annotations: ALLOW }), api, ingress("zzz", { paths: ["/api"] })],
    ],
    [
      "hosts beside one without a name, which none of their requests reaches",
      [ingress("rest", { host: "", annotations: ALLOW }), ingress("web")],
    ],
    [
      "the ACME challenge, which tools open",
      [
        ingress("all", { annotations: ALLOW }),
        ingress("solver", { paths: ["/.well-known/acme-challenge/x"], type: "Exact" }),
      ],
    ],
    ["guards that stand alone", [api]],
  ])("%s", (_, manifests) => {
    expect(opened(...manifests)).toEqual({ published: true, said: [] });
  });

  test("one rule of two clusters", () => {
    const { output, diagnostics } = compiled([cluster("eu"), cluster("us"), api].join("---\n"));
    expect(output).not.toBe(null);
    expect(diagnostics.filter(({ code }) => code.startsWith("EI607"))).toEqual([]);
  });
});

describe("what external authentication sends clients to is open by the guard's own word:", () => {
  const asking = (url: string, signin?: string) =>
    ingress("app", {
      annotations: {
        "nginx.ingress.kubernetes.io/auth-url": url,
        ...(signin !== undefined && { "nginx.ingress.kubernetes.io/auth-signin": signin }),
      },
    });
  const oauth = ingress("oauth2", { paths: ["/oauth2"], service: "oauth2-proxy" });

  test.each<[what: string, url: string, signin?: string]>([
    ["both", "https://$host/oauth2/auth", "https://$host/oauth2/start?rd=$escaped_request_uri"],
    ["the service", "https://shop.test/oauth2/auth"],
    ["the log-in", "http://127.0.0.1:9/auth", "https://$host/oauth2/start"],
    ["the log-in of a named host", "http://127.0.0.1:9/auth", "https://shop.test/oauth2/start?a=b"],
  ])("%s", (_, url, signin) => {
    expect(opened(asking(url, signin), oauth)).toEqual({ published: true, said: [] });
  });

  test.each<[what: string, url: string, signin: string]>([
    ["of another host", "http://127.0.0.1:9/oauth2/auth", "https://login.test/oauth2/start"],
    ["of a path beside", "http://127.0.0.1:9/auth", "https://$host/oauth2x/start"],
    ["of another path", "http://127.0.0.1:9/auth", "https://$host/login?to=/oauth2"],
  ])("not %s", (_, url, signin) => {
    expect(opened(asking(url, signin), oauth).said).toHaveLength(1);
  });

  test.each<[paths: string, service: string, isMeant: boolean]>([
    ["/admin", "web", false],
    ["/admin", "login", true],
    ["/admin/login", "web", true],
    ["/admin/login/x", "login", false],
  ])("%s of the Service %s, where clients are sent to /admin/login: %s", (path, service, isMeant) => {
    const login = ingress("login", { paths: [path], service });
    const { published, said } = opened(asking("http://127.0.0.1:9/auth", "https://$host/admin/login"), login);
    expect(published).toBe(isMeant);
    expect(said).toHaveLength(isMeant ? 0 : 1);
  });

  test("and the other paths are not", () => {
    const { said } = opened(asking("https://$host/oauth2/auth"), oauth, ingress("x", { paths: ["/x"] }));
    expect(said).toEqual([expect.stringContaining("EI6071 Ingress shop/x opens shop.test PathPrefix /x")]);
  });
});

describe("on a host whose paths are patterns, of an Exact and a Prefix of the same path,", () => {
  const regex = ingress("regex", {
    paths: ["/x(.*)"],
    annotations: { "nginx.ingress.kubernetes.io/use-regex": "true" },
  });
  const at = (name: string, type: "Exact" | "Prefix", year: number, annotations = {}) =>
    ingress(name, { paths: ["/admin"], type, created: `${year}-01-01T00:00:00Z`, annotations });
  const says =
    "EI6071 Ingress shop/web opens shop.test RegularExpression /admin, which Ingress shop/admin guards at /admin (allowlist-source-range of Ingress shop/admin)";

  test("an older Exact that is open takes all that a guarded Prefix would take", () => {
    const { published, said } = opened(regex, at("web", "Exact", 2019), at("admin", "Prefix", 2020, ALLOW));
    expect(published).toBe(false);
    expect(said).toEqual([says]);
  });

  test("a younger one takes the path itself", () => {
    const { published, said } = opened(regex, at("web", "Exact", 2020), at("admin", "Prefix", 2019, ALLOW));
    expect(published).toBe(false);
    expect(said).toEqual([says]);
  });

  test("as it does where a policy guards the Prefix", () => {
    const policy = edgePolicy({ targets: "{ kind: Ingress, name: admin }", sets: "apiKey: {}" });
    expect(opened(regex, at("web", "Exact", 2019), at("admin", "Prefix", 2020), policy)).toEqual({
      published: false,
      said: [says.replace("allowlist-source-range of Ingress shop/admin", "apiKey of EdgePolicy shop/policy")],
    });
  });

  test.each([
    [2019, 2020],
    [2020, 2019],
  ])("nothing is opened where both are guarded, or neither is (%i, %i)", (exact, prefix) => {
    const both = [at("web", "Exact", exact, ALLOW), at("admin", "Prefix", prefix, ALLOW)];
    expect(opened(regex, ...both)).toEqual({ published: true, said: [] });
    expect(opened(regex, at("web", "Exact", exact), at("admin", "Prefix", prefix))).toEqual({
      published: true,
      said: [],
    });
  });

  test("and the Ingress that guards may let the other open it", () => {
    const consenting = at("admin", "Prefix", 2020, open("/admin"));
    expect(opened(regex, at("web", "Exact", 2019), consenting)).toEqual({ published: true, said: [] });
  });
});

describe("a list that only denies", () => {
  const DENY = { "nginx.ingress.kubernetes.io/denylist-source-range": "192.0.2.66/32" };
  const internal = ingress("internal", { paths: ["/api/internal"], annotations: DENY });
  const says = (by: string) =>
    `EI6071 Ingress shop/internal opens shop.test PathPrefix /api/internal, which Ingress shop/api guards at /api (${by} of Ingress shop/api)`;

  test("opens what is guarded by more", () => {
    expect(opened(api, internal)).toEqual({ published: false, said: [says("allowlist-source-range")] });
  });

  test("opens nothing of what has such a list itself, and guards it from rules that have none", () => {
    const denying = ingress("api", { paths: ["/api"], annotations: DENY });
    expect(opened(denying, internal)).toEqual({ published: true, said: [] });
    expect(opened(denying, ingress("internal", { paths: ["/api/internal"] }))).toEqual({
      published: false,
      said: [says("denylist-source-range")],
    });
  });

  test("beside another guard is none that only denies", () => {
    const both = ingress("internal", { paths: ["/api/internal"], annotations: { ...DENY, ...ALLOW } });
    expect(opened(api, both)).toEqual({ published: true, said: [] });
  });
});

describe("a host below a guarded wildcard", () => {
  const wildcard = (annotations: Record<string, string>, paths = ["/admin"]) =>
    ingress("all", { host: "*.shop.test", paths, annotations });
  const host = (paths: readonly string[], annotations = {}) =>
    ingress("eu", { host: "eu.shop.test", paths, annotations });

  test.each<[what: string, paths: readonly string[], says: readonly string[]]>([
    ["that takes the path with a shorter one", ["/"], ["eu.shop.test PathPrefix /"]],
    ["that has the path", ["/admin"], ["eu.shop.test PathPrefix /admin"]],
    ["that has a longer path", ["/admin/x"], ["eu.shop.test PathPrefix /admin/x"]],
    ["that has other paths", ["/shop"], []],
  ])("%s", (_, paths, says) => {
    const { published, said } = opened(wildcard(ALLOW), host(paths));
    expect(published).toBe(says.length === 0);
    expect(said).toEqual(
      says.map(
        (what) =>
          `EI6071 Ingress shop/eu opens ${what}, which Ingress shop/all guards at *.shop.test /admin (allowlist-source-range of Ingress shop/all)`,
      ),
    );
  });

  test("that guards the path itself is none of its business", () => {
    const both = [host(["/"]), ingress("own", { host: "eu.shop.test", paths: ["/admin"], annotations: ALLOW })];
    expect(opened(wildcard(ALLOW), ...both)).toEqual({ published: true, said: [] });
  });

  test("that has the path twice, of which the older one is guarded, opens nothing", () => {
    const older = ingress("all", {
      host: "eu.shop.test",
      paths: ["/admin"],
      annotations: ALLOW,
      created: "2020-01-01T00:00:00Z",
    });
    expect(opened(wildcard(ALLOW), older.replace('"all"', '"own"'), host(["/admin"]))).toEqual({
      published: true,
      said: [],
    });
  });

  const REGEX = { "nginx.ingress.kubernetes.io/use-regex": "true" };
  test.each<[what: string, guarded: readonly string[], paths: readonly string[], says: readonly string[]]>([
    ["/ below a guarded /", ["/"], ["/"], ["/ *.shop.test /"]],
    ["everything", ["/admin"], ["/(.*)"], ["/(.*) *.shop.test /admin"]],
    ["the guarded path", ["/admin"], ["/admin(/|$)(.*)"], ["/admin(/|$)(.*) *.shop.test /admin"]],
    ["paths below it", ["/admin"], ["/[a-z]+/x"], ["/[a-z]+/x *.shop.test /admin"]],
    ["other paths", ["/admin"], ["/admin-ui(.*)", "/shop(/|$)(.*)", "/s(b|[)|])"], []],
    ["one of two", ["/admin"], ["/shop|/admin"], ["/shop|/admin *.shop.test /admin"]],
  ])("whose paths are patterns, that take %s", (_, guarded, paths, says) => {
    const { published, said } = opened(wildcard(ALLOW, [...guarded]), host([...paths], REGEX));
    expect(published).toBe(says.length === 0);
    expect(said).toEqual(
      says.map((one) => {
        const [what, ...at] = one.split(" ");
        return `EI6071 Ingress shop/eu opens eu.shop.test RegularExpression ${what}, which Ingress shop/all guards at ${at.join(" ")} (allowlist-source-range of Ingress shop/all)`;
      }),
    );
  });

  test.each(["/admin", "/admin.*", "/admin(.*)", "/admin(/|$)(.*)"])(
    "that guards the path itself by a pattern opens nothing: %s",
    (path) => {
      const own = ingress("own", { host: "eu.shop.test", paths: [path], annotations: { ...ALLOW, ...REGEX } });
      expect(opened(wildcard(ALLOW), host(["/(.*)"], REGEX), own)).toEqual({ published: true, said: [] });
    },
  );

  test("that opens what is open in the wildcard too opens nothing", () => {
    const health = ingress("health", { host: "*.shop.test", paths: ["/health"] });
    const all = wildcard(open("/health"), ["/"]);
    expect(opened(all, health, host(["/health/x"]))).toEqual({ published: true, said: [] });
  });

  test("with one exact path that the wildcard guards", () => {
    const exact = ingress("eu", { host: "eu.shop.test", type: "Exact" });
    expect(opened(wildcard(ALLOW, ["/"]), exact).said).toHaveLength(1);
  });

  describe("of the same Ingress, where a policy is for the wildcard", () => {
    const rules = ["*.shop.test", "pay.shop.test"].map((name) => ({
      host: name,
      http: { paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "web", port: { number: 80 } } } }] },
    }));
    const both = (annotations: Record<string, string> = {}) =>
      `${JSON.stringify({ apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata: { name: "all", namespace: "shop", annotations }, spec: { rules } })}\n`;
    const policy = (targets: string, sets = "apiKey: {}") => edgePolicy({ targets, sets });
    const WILDCARD = '{ kind: Host, name: "*.shop.test" }';

    test("is open, and nothing is published", () => {
      expect(opened(both(), policy(WILDCARD))).toEqual({
        published: false,
        said: [
          "EI6071 Ingress shop/all opens pay.shop.test PathPrefix /, which Ingress shop/all guards at *.shop.test / (apiKey of EdgePolicy shop/policy)",
        ],
      });
    });

    test.each([
      ["the policy is for both", both(), `${WILDCARD}, { kind: Host, name: pay.shop.test }`],
      ["the Ingress has a guard", both(ALLOW), WILDCARD],
      ["the Ingress says so", both({ "edge-ingress.dev/unguarded-paths": "pay.shop.test" }), WILDCARD],
    ])("is not said to be where %s", (_, manifest, targets) => {
      expect(opened(manifest, policy(targets))).toEqual({ published: true, said: [] });
    });

    test("is not said to be where the policy guards nothing", () => {
      expect(opened(both(), policy(WILDCARD, "retry: { attempts: 1 }"))).toEqual({ published: true, said: [] });
    });
  });

  test("two labels deep is not below it", () => {
    const deep = ingress("deep", { host: "a.eu.shop.test" });
    expect(opened(wildcard(ALLOW), deep)).toEqual({ published: true, said: [] });
  });

  test.each([
    ["its host", "eu.shop.test", true],
    ["its host and path", "EU.shop.test/admin/x", true],
    ["its path alone, which is of the wildcard's own host", "/admin/x", false],
    ["another host", "us.shop.test", false],
  ])("may be open by %s", (_, value, isOpen) => {
    const { published } = opened(wildcard(open(value)), host(["/admin/x"]));
    expect(published).toBe(isOpen);
  });
});

describe("the Ingress that guards may say what others may open:", () => {
  const guarded = (value: string) => ingress("api", { paths: ["/api"], annotations: open(value) });
  const health = ingress("health", { paths: ["/api/health"] });

  test.each(["/api/health", "/api/health/", "/api/x, /api/health", "shop.test/api/health", "/api", "/"])(
    "%s",
    (value) => expect(opened(guarded(value), health).published).toBe(true),
  );

  test("not what opens", () => {
    const consenting = ingress("health", { paths: ["/api/health"], annotations: open("/api/health") });
    const { "nginx.ingress.kubernetes.io/allowlist-source-range": _, ...only } = open("/api/health");
    expect(opened(api, ingress("health", { paths: ["/api/health"], annotations: only })).published).toBe(false);
    expect(opened(api, consenting).said).toEqual([expect.stringContaining("EI6072 Ingress shop/health")]);
  });

  test.each(["/api/healt", "/api/health/x", "/api/healthy", "other.test/api/health"])(
    "what it does not name stays an error, and the entry is said to be idle: %s",
    (value) => {
      const { published, said } = opened(guarded(value), health);
      expect(published).toBe(false);
      expect(said.map((line) => line.split(" ")[0]).sort()).toEqual(["EI6071", "EI6072"]);
      expect(said.join()).toContain("at entry 1 of edge-ingress.dev/unguarded-paths");
    },
  );

  test.each(["", "health", "true", "/api/health,", "/a/../..", "/a%2Fb", "*.test/a", "/a?b", "https://shop.test/a"])(
    "nothing is published where it can't be read, and the value is not shown: %j",
    (value) => {
      const { diagnostics, output } = compiled([cluster("eu"), guarded(value), health].join("---\n"));
      const found = diagnostics.filter(({ code }) => code === "EI4006" || code === "EI6071");
      expect(output).toBe(null);
      expect(found.map(({ code }) => code)).toContain(value === "health" || value === "true" ? "EI6071" : "EI4006");
      if (value.length > 6) expect(found.map(({ message }) => message).join()).not.toContain(value);
    },
  );
});

describe("lines of a snippet that guard a path", () => {
  const lines = (text: string, name = "configuration-snippet") => ({ [`nginx.ingress.kubernetes.io/${name}`]: text });
  const admin = (text: string, path = "/admin") => ingress("admin", { paths: [path], annotations: lines(text) });
  const other = ingress("other", { paths: ["/admin/x"] });
  const said = (...manifests: string[]) =>
    findings(compiled([cluster("eu"), ...manifests].join("---\n"), { dialect: "ingress-nginx" })).said;
  const OPENS =
    "EI6071 Ingress shop/other opens shop.test PathPrefix /admin/x, which Ingress shop/admin guards at /admin (configuration-snippet of Ingress shop/admin)";

  test.each([
    "return 403;",
    "return 404;",
    "deny all;",
    'if ($http_x_key != "k") { return 403; }',
    'if ($http_authorization = "") { return 401; }',
    'if ($http_x_forwarded_user = "") { return 401; }',
    'if ($cookie_session !~ "^a+$") { return 403; }',
    "if ($arg_token != t) { return 403; }",
    "if ($remote_addr != 192.0.2.1) { return 403; }",
    "if ($remote_addr ~ ^10\\.) { break; } return 403;",
  ])("%s: another Ingress opens it", (text) => {
    expect(said(admin(text), other)).toEqual([OPENS]);
  });

  test.each([
    ["bots", "if ($http_user_agent ~* bot) { return 403; }"],
    ["no agent", 'if ($http_user_agent = "") { return 403; }'],
    ["other sites", 'if ($http_referer !~ "^https://shop.test/") { return 403; }'],
    ["methods", "if ($request_method !~ ^(GET|HEAD)$) { return 405; }"],
    ["paths", "if ($uri ~ ^/admin/metrics) { return 403; }"],
    ["one client", "if ($remote_addr = 192.0.2.1) { return 403; }"],
    ["a redirect", "return 302 https://shop.test/;"],
    ["an answer", "return 200 ok;"],
  ])("that refuses %s guards nothing", (_, text) => {
    expect(said(admin(text), other)).toEqual([]);
  });

  test("everybody at / is what a host answers where no other rule is; some at / are guarded", () => {
    expect(said(admin("return 403;", "/"), other)).toEqual([]);
    const annotations = { ...lines("return 403;"), "nginx.ingress.kubernetes.io/use-regex": "true" };
    const patterns = (path: string) =>
      ingress("admin", { paths: [path], annotations }).replace('"Prefix"', '"ImplementationSpecific"');
    for (const path of ["/", "/.*", "/(.*)"]) expect(said(patterns(path), other)).toEqual([]);
    // Longer than the pattern, and so tried before it.
    const longer = ingress("other", { paths: ["/admin/x/and/what/is/below/it"] });
    for (const path of ["/.*", "/(.*)"]) expect(said(patterns(path), longer)).toEqual([]);
    expect(said(patterns("/admin(/|$)(.*)"), longer)).toHaveLength(1);
    expect(said(admin("if ($remote_addr ~ ^10\\.) { break; } return 403;", "/"), other)).toHaveLength(1);
    expect(said(admin('if ($http_x_key != "k") { return 403; }', "/"), other)).toHaveLength(1);
  });

  test("one with a guard of its own, by lines or not, was thought of; a list that only denies is none", () => {
    const guarded = (annotations: Readonly<Record<string, string>>) =>
      ingress("other", { paths: ["/admin/x"], annotations });
    expect(said(admin("return 403;"), guarded(ALLOW))).toEqual([]);
    expect(said(admin("return 403;"), guarded(lines("if ($arg_a != b) { return 403; }")))).toEqual([]);
    const denies = { "nginx.ingress.kubernetes.io/denylist-source-range": "192.0.2.0/24" };
    expect(said(admin("return 403;"), guarded(denies))).toEqual([OPENS]);
  });

  test("beside them a guard of an annotation is still seen to be opened, though both have the server's lines", () => {
    const key = lines('if ($http_x_key != "k") { return 403; }', "server-snippet");
    const both = ingress("admin", { paths: ["/admin"], annotations: { ...ALLOW, ...key } });
    expect(said(both, other)).toHaveLength(1);
    expect(said(ingress("admin", { paths: ["/admin"], annotations: key }), other)).toEqual([]);
  });

  test("lines of the server, which hold for both, are no guard of the one that opens", () => {
    const tenant = lines('if ($http_x_tenant = "") { return 404; }', "server-snippet");
    const third = ingress("third", { paths: ["/third"], annotations: tenant });
    expect(said(admin('if ($http_x_key != "k") { return 403; }'), other, third)).toEqual([OPENS]);
  });

  test("of a wildcard's server, a host below it has none", () => {
    const wildcard = ingress("admin", {
      host: "*.shop.test",
      annotations: lines('if ($http_x_key != "k") { return 403; }', "server-snippet"),
    });
    expect(said(wildcard, ingress("other", { host: "a.shop.test" }))).toHaveLength(1);
  });

  test("is meant where the Ingress says so", () => {
    const annotations = { ...lines("return 403;"), "edge-ingress.dev/unguarded-paths": "/admin/x" };
    expect(said(ingress("admin", { paths: ["/admin"], annotations }), other)).toEqual([]);
  });
});
