import { describe, expect, test } from "vitest";
import { cluster, compiled, edgePolicy } from "../../support/compiled.ts";

const AUTH = 'externalAuth: { url: "https://auth.example.com/%", responseHeaders: [X-User] }';
const auth = (name: string) => AUTH.replace("%", name);

const PREFIX = "nginx.ingress.kubernetes.io";

function ingress(name: string, annotations: Readonly<Record<string, string>> = {}, namespace = "shop"): string {
  const written = Object.entries(annotations).map(([key, value]) => [`${PREFIX}/${key}`, value]);
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: ${name}, namespace: ${namespace}, annotations: ${JSON.stringify(Object.fromEntries(written))} }
spec:
  rules:
    - host: ${name}.example.com
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] }
`;
}

/** What each host asks, by the path that it is asked at; null: nothing. */
function askedBy(...manifests: readonly string[]): Readonly<Record<string, string | null>> {
  const { output, diagnostics } = compiled([cluster("eu"), ...manifests].join("---\n"));
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  return Object.fromEntries(
    (output?.router.hosts ?? []).map(({ hostname, rules }) => {
      const asked = rules[0]?.policies.externalAuth ?? null;
      return [hostname.replace(".example.com", ""), asked === null ? null : (asked.path[0]?.value ?? "")];
    }),
  );
}

describe("external auth for the whole edge", () => {
  const edge = edgePolicy({ name: "all", targets: "{ kind: Edge }", sets: auth("edge") });

  test("is for each Ingress that has none of its own and is not exempt", () => {
    const asked = askedBy(
      edge,
      ingress("plain"),
      ingress("other", {}, "elsewhere"),
      ingress("own", { "auth-url": "https://auth.example.com/own" }),
      ingress("exempt", { "enable-global-auth": "false" }),
      ingress("both", { "auth-url": "https://auth.example.com/own", "enable-global-auth": "false" }),
      ingress("stays", { "enable-global-auth": "true" }),
    );
    expect(asked).toEqual({ plain: "/edge", other: "/edge", own: "/own", exempt: null, both: "/own", stays: "/edge" });
  });

  test.each([
    "{ kind: Host, name: exempt.example.com }",
    "{ kind: Ingress, name: exempt }",
    "{ kind: Host, name: exempt.example.com, path: / }",
  ])("is what an Ingress is exempt from, and not what is said of %s", (targets) => {
    const near = edgePolicy({ name: "near", targets, sets: auth("near") });
    const asked = askedBy(edge, near, ingress("exempt", { "enable-global-auth": "false" }));
    expect(asked).toEqual({ exempt: "/near" });
  });

  test("that does not hold for an exempt Ingress is told by the report and a warning", () => {
    const { output, diagnostics } = compiled(
      [cluster("eu"), edge, ingress("exempt", { "enable-global-auth": "false" })].join("---\n"),
    );
    expect(output?.report.hosts[0]?.rules[0]?.policies).toMatchObject([
      { field: "externalAuth", from: "enable-global-auth of Ingress shop/exempt", sets: { url: null } },
    ]);
    expect(diagnostics.map(({ code, severity }) => `${code} ${severity}`)).toEqual(["EI6012 warning"]);
  });
});

describe("its headers", () => {
  /** The identity headers of each host. */
  function headersOf(...manifests: readonly string[]) {
    const { output } = compiled([cluster("eu"), ...manifests].join("---\n"));
    return Object.fromEntries(
      (output?.router.hosts ?? []).map(({ hostname, rules }) => [
        hostname.replace(".example.com", ""),
        rules[0]?.policies.identityHeaders,
      ]),
    );
  }

  test("are no client's to send, to any Service of the namespace", () => {
    const guarded = ingress("guarded", {
      "auth-url": "https://auth.example.com/",
      "auth-response-headers": "X-User,X_Role",
    });
    expect(headersOf(guarded, ingress("public"), ingress("other", {}, "elsewhere"))).toEqual({
      guarded: ["x-user", "x_role"],
      public: ["x-user", "x_role"],
      other: [],
    });
  });

  test("but Authorization and the like are, where nobody is asked", () => {
    const guarded = ingress("guarded", {
      "auth-url": "https://auth.example.com/",
      "auth-response-headers": "Authorization,Cookie,X-User",
    });
    expect(headersOf(guarded, ingress("public"))).toEqual({
      guarded: ["authorization", "cookie", "x-user"],
      public: ["x-user"],
    });
  });
});

test("the report shows no query and no header's value", () => {
  const sets = `externalAuth:
      {
        url: "https://auth.example.com/verify?token=HUNTER2&u=$request_uri",
        signin: { url: "https://login.example.com/?client=HUNTER2" },
        requestHeaders: { X-Token: HUNTER2 },
        requestRedirect: "https://home.example.com/?x=HUNTER2",
      }`;
  const { output } = compiled(
    [cluster("eu"), ingress("web"), edgePolicy({ targets: "{ kind: Edge }", sets })].join("---\n"),
  );
  expect(output?.report.hosts[0]?.rules[0]?.policies[0]?.sets).toEqual({
    url: "https://auth.example.com:443/verify",
    signIn: "https://login.example.com/",
    requestHeaders: ["X-Token"],
    requestRedirect: "https://home.example.com/",
    timeout: 5_000,
  });
  expect(JSON.stringify(output?.report)).not.toContain("HUNTER2");
});

test("an annotation and a policy that say the same make the same table", () => {
  const annotations = {
    "auth-url": "https://auth.example.com/verify?u=$request_uri",
    "auth-method": "POST",
    "auth-signin": "https://login.example.com",
    "auth-signin-redirect-param": "back",
    "auth-response-headers": "X-User, X-Role",
    "auth-request-redirect": "/x",
    "auth-always-set-cookie": "true",
    "auth-cache-key": "$cookie_a",
    "auth-cache-duration": "200 1m, 401 1s",
    "auth-proxy-set-headers": "shop/headers",
  };
  const headers = `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: headers, namespace: shop }\ndata: { X-Team: "42" }\n`;
  const sets = `externalAuth:
      {
        url: "https://auth.example.com/verify?u=$request_uri",
        method: POST,
        signin: { url: "https://login.example.com", redirectParam: back },
        responseHeaders: [X-User, X-Role],
        requestHeaders: { X-Team: "42" },
        requestRedirect: /x,
        alwaysSetCookie: true,
        cache: { key: "$cookie_a", durations: [{ statuses: [200], duration: 1m }, { statuses: [401], duration: 1s }] },
      }`;
  const [byAnnotation, byPolicy] = [
    [ingress("web", annotations), headers],
    [ingress("web"), edgePolicy({ targets: "{ kind: Ingress, name: web }", sets })],
  ].map((manifests) => compiled([cluster("eu"), ...manifests].join("---\n")).output?.report.contentHash);
  expect(byAnnotation).toMatch(/^[0-9a-f]{64}$/);
  expect(byPolicy).toBe(byAnnotation);
});
