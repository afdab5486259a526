import { describe, expect, test } from "vitest";
import { readAnnotations } from "../../../../../src/compiler/frontends/ingress/annotations/read.ts";
import { registry } from "../../../../../src/compiler/frontends/ingress/annotations/registry.ts";
import { ingress, resources } from "../resources.ts";

const PREFIX = "nginx.ingress.kubernetes.io/";

function read(annotations: Record<string, string>) {
  return readAnnotations(ingress("web", {}, { annotations }), resources({}));
}

function reported(annotations: Record<string, string>): string[] {
  return read(annotations).diagnostics.map(({ code, severity }) => `${code} ${severity}`);
}

function nginx(name: string, value: string): string[] {
  return reported({ [PREFIX + name]: value });
}

describe("an annotation of ingress-nginx that is not read", () => {
  test.each([
    ["auth-snippet", "proxy_set_header X-A b;", "EI4001 error"],
    ["limit-connections", "many", "EI4006 error"],
    ["configuration-snippet", "auth_request /a;", "EI4001 error"],
    ["enable-modsecurity", "true", "EI4001 error"],
    ["http2-push-preload", "true", "EI4002 warning"],
    ["backend-protocol", "GRPC", "EI4002 warning"],
    ["proxy-buffering", "on", "EI4005 info"],
    ["load-balance", "ewma", "EI4005 info"],
    ["auth-keepalive", "10", "EI4005 info"],
  ])("%s: %s is %s", (name, value, expected) => {
    expect(nginx(name, value)).toEqual([expected]);
  });

  test("is reported at its key, with its name and its Ingress", () => {
    const [diagnostic] = read({ [`${PREFIX}auth-snippet`]: "x" }).diagnostics;
    expect(diagnostic?.position?.file).toBe(`web:metadata.annotations.${PREFIX}auth-snippet:key`);
    expect(diagnostic?.message).toBe("Ingress shop/web: auth-snippet guards its routes and is not honoured");
  });

  test("is reported by name for every entry that has no reader, whatever it says", () => {
    for (const entry of registry.values()) {
      if (entry.read || entry.together !== undefined) continue;
      const expected = entry.guards ? "EI4001 error" : entry.class === "C" ? "EI4005 info" : "EI4002 warning";
      expect(nginx(entry.name, "anything else"), entry.name).toEqual([expected]);
    }
  });
});

describe("a value that asks for nothing", () => {
  test.each([
    ["use-regex", "false"],
    ["use-regex", " False "],
    ["ssl-redirect", "false"],
    ["force-ssl-redirect", "0"],
    ["enable-cors", "f"],
    ["canary", "false"],
    ["enable-modsecurity", "false"],
    ["limit-rps", "0"],
    ["limit-connections", "00"],
    ["proxy-body-size", "0"],
    ["backend-protocol", "HTTP"],
    ["enable-access-log", "true"],
    ["cors-allow-credentials", "true"],
    ["rewrite-target", ""],
    ["proxy-read-timeout", " "],
  ])("is passed over without a word: %s: %j", (name, value) => {
    expect(nginx(name, value)).toEqual([]);
  });

  test.each([
    ["use-regex", "no"],
    ["enable-cors", "FaLsE"],
    ["enable-access-log", "false"],
    ["enable-access-log", "0"],
  ])("is not this one: %s: %j", (name, value) => {
    expect(nginx(name, value)).toHaveLength(1);
  });

  test("is not an empty auth-snippet: a guard that was left empty", () => {
    expect(nginx("auth-snippet", "")).toEqual(["EI4001 error"]);
  });
});

describe("a name that ingress-nginx does not have", () => {
  test.each([
    ["auht-url", "EI4003 error", "Write auth-url if"],
    ["Auth-URL", "EI4003 error", "Write auth-url if"],
    ["whitelist-source-ranges", "EI4003 error", "Write whitelist-source-range if"],
    ["global-rate-limit", "EI4003 error", "Correct the name"],
    ["satsify", "EI4003 error", "Write satisfy if"],
    ["rewrite-traget", "EI4004 warning", "Write rewrite-target if"],
    ["add-base-url", "EI4004 warning", "Correct the name"],
  ])("%s is %s", (name, expected, fix) => {
    const { diagnostics } = read({ [PREFIX + name]: "x" });
    expect(diagnostics.map(({ code, severity }) => `${code} ${severity}`)).toEqual([expected]);
    expect(diagnostics[0]?.fix.startsWith(fix), diagnostics[0]?.fix).toBe(true);
  });
});

describe("an annotation of another controller", () => {
  test.each([
    "traefik.ingress.kubernetes.io/router.middlewares",
    "haproxy.org/deny-list",
    "haproxy-ingress.github.io/auth-url",
    "ingress.kubernetes.io/whitelist-source-range",
    "konghq.com/plugins",
    "plugins.konghq.com/anything-auth",
    "alb.ingress.kubernetes.io/inbound-cidrs",
    "alb.ingress.kubernetes.io/security-groups",
    "alb.ingress.kubernetes.io/wafv2-acl-arn",
    "nginx.org/server-snippets",
    "nginx.org/policies",
    "nginx.com/jwt-realm",
    "appgw.ingress.kubernetes.io/waf-policy-for-path",
    "networking.gke.io/security-policy",
    "kubernetes.io/ingress.allow-http",
    "getambassador.io/config",
  ])("%s is a guard: an error", (key) => {
    expect(reported({ [key]: "x" })).toEqual(["EI4009 error"]);
  });

  test.each([
    "traefik.ingress.kubernetes.io/router.entrypoints",
    "haproxy.org/path-rewrite",
    "ingress.kubernetes.io/rewrite-target",
    "konghq.com/strip-path",
    "alb.ingress.kubernetes.io/certificate-arn",
    "alb.ingress.kubernetes.io/target-type",
    "projectcontour.io/websocket-routes",
    "nginx.org/rewrites",
    "networking.gke.io/managed-certificates",
    "ingress.cloud.google.com/backends",
    "kubernetes.io/ingress.global-static-ip-name",
    "appgw.ingress.kubernetes.io/backend-path-prefix",
  ])("%s is a warning", (key) => {
    expect(reported({ [key]: "x" })).toEqual(["EI4010 warning"]);
  });
});

describe("any other annotation", () => {
  test.each([
    "kubectl.kubernetes.io/last-applied-configuration",
    "meta.helm.sh/release-name",
    "helm.sh/hook",
    "cert-manager.io/cluster-issuer",
    "acme.cert-manager.io/http01-edit-in-place",
    "external-dns.alpha.kubernetes.io/hostname",
    "argocd.argoproj.io/sync-wave",
    "kubernetes.io/description",
    "kubernetes.io/tls-acme",
    "kubernetes.io/ingress.class",
    "field.cattle.io/publicEndpoints",
    "app.kubernetes.io/name",
    "config.kubernetes.io/origin",
    "deployment.kubernetes.io/revision",
    "reloader.stakater.com/auto",
    "prometheus.io/probe",
  ])("%s is bookkeeping: nothing to report", (key) => {
    expect(reported({ [key]: "x" })).toEqual([]);
  });

  test.each([
    ["example.com/owner", "EI4012 warning"],
    ["owner", "EI4012 warning"],
    ["nothelm.sh/release", "EI4012 warning"],
    ["nginx.ingress.kubernetes.io", "EI4012 warning"],
    ["example.com/require-login-jwt", "EI4011 error"],
    ["auth.example.com/enabled", "EI4011 error"],
  ])("%s is %s", (key, expected) => {
    expect(reported({ [key]: "x" })).toEqual([expected]);
  });
});

describe("proxy-read-timeout", () => {
  const name = `${PREFIX}proxy-read-timeout`;

  test.each(["0", "-1", "60s", "1.5", "1e3", "0x10", "١٢", "9999999999"])("%s is an error", (value) => {
    const { effect, diagnostics } = read({ [name]: value });
    expect(diagnostics.map(({ code, severity }) => [code, severity])).toEqual([["EI4006", "error"]]);
    expect(effect.timeouts).toEqual({});
  });

  test.each([
    ["1", 1_000],
    [" 75 ", 75_000],
    ["100", 100_000],
  ])("%s is the time to the answer's headers, and says so", (value, milliseconds) => {
    const { effect, diagnostics } = read({ [name]: value });
    expect(effect.timeouts).toEqual({ backendRequest: milliseconds });
    expect(diagnostics.map(({ code, severity }) => [code, severity])).toEqual([["EI4008", "info"]]);
  });

  test.each(["101", "3600"])("%s is more than the edge waits: a warning", (value) => {
    expect(read({ [name]: value }).effect.timeouts).toEqual({ backendRequest: 100_000 });
    expect(reported({ [name]: value })).toEqual(["EI4007 warning", "EI4008 info"]);
  });
});

describe("rewrite-target", () => {
  const rewrite = (target: string, prefix?: string) =>
    read({ [`${PREFIX}rewrite-target`]: target, ...(prefix && { [`${PREFIX}x-forwarded-prefix`]: prefix }) });

  test("is a filter towards Services, with the prefix", () => {
    const { filters, diagnostics } = rewrite(" /new/$2 ", "/in/$1");
    expect(filters).toMatchObject([
      { type: "PathRewrite", template: "/new/$2", forwardedPrefix: "/in/$1", besidesIngress: true },
    ]);
    expect(diagnostics).toEqual([]);
  });

  test.each(["/a b", "/a?b=$1", "/$uri", "/$", "/$0", "https://x.test/{a}", '/"'])("%s is an error", (target) => {
    const { filters, diagnostics } = rewrite(target);
    expect(filters).toEqual([]);
    expect(diagnostics.map(({ code, severity }) => [code, severity])).toEqual([["EI4006", "error"]]);
    expect(diagnostics[0]?.message).not.toContain(target);
  });

  test("x-forwarded-prefix alone adds nothing", () => {
    expect(nginx("x-forwarded-prefix", "/x")).toEqual(["EI4008 info"]);
    expect(nginx("x-forwarded-prefix", "")).toEqual([]);
    expect(rewrite("/x", "/a b").diagnostics.map(({ code }) => code)).toEqual(["EI4006"]);
  });
});

describe("use-regex", () => {
  test.each(["true", "T", " 1 "])("%s makes patterns of the paths of its hosts", (value) => {
    const { effect, diagnostics } = read({ [`${PREFIX}use-regex`]: value });
    expect(effect).toEqual({ timeouts: {}, useRegex: true });
    expect(diagnostics).toEqual([]);
  });

  test("is an error where it is neither true nor false", () => {
    expect(nginx("use-regex", "yes")).toEqual(["EI4006 error"]);
  });
});

test("diagnostics come in the order of the keys, whatever the order of the manifest", () => {
  const annotations = { "z.example.com/a": "", [`${PREFIX}http2-push-preload`]: "true", "a.example.com/b": "" };
  const reversed = Object.fromEntries(Object.entries(annotations).reverse());
  expect(read(reversed)).toEqual(read(annotations));
  expect(reported(annotations)).toEqual(["EI4012 warning", "EI4002 warning", "EI4012 warning"]);
});

test("no message and no fix shows a value", () => {
  const value = "hunter2-secret";
  const keys = [...registry.keys()].map((name) => PREFIX + name);
  const others = ["konghq.com/plugins", "example.com/jwt", "example.com/x", `${PREFIX}auht-url`, `${PREFIX}nothing`];
  for (const key of [...keys, ...others]) {
    const { diagnostics } = read({ [key]: value });
    // A family may honour the value without a word, or have nothing to do with it where its other annotations are not there.
    const together = registry.get(key.replace(PREFIX, ""))?.together;
    if (together === undefined) expect(diagnostics.length, key).toBeGreaterThan(0);
    expect(JSON.stringify(diagnostics), key).not.toContain(value);
  }
});

test.each([
  ["ssl-ciphers", "x", "EI4002", "Choose the ciphers of the host"],
  ["enable-modsecurity", "true", "EI4001", "Turn on the managed rules"],
  ["configuration-snippet", "auth_request /a;", "EI4001", "Say the line by another annotation"],
  ["server-snippet", "gzip on;", "EI4068", "Say the line by another annotation"],
])("what to do instead of %s is told", (name, value, code, fix) => {
  const annotations = { [`nginx.ingress.kubernetes.io/${name}`]: value };
  const { diagnostics } = readAnnotations(ingress("web", {}, { annotations }), resources({}));
  expect(diagnostics.map((each) => each.code)).toEqual([code]);
  expect(diagnostics[0]?.fix).toContain(fix);
});
