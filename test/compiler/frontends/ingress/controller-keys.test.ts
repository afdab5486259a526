import { describe, expect, test } from "vitest";
import type { RuleReport } from "../../../../src/compiler/explain/explanation.ts";
import { CONTROLLER_KEYS } from "../../../../src/compiler/frontends/ingress/controller-keys.ts";
import { cluster, compiled } from "../../../support/compiled.ts";

const WHO = "ConfigMap ingress-nginx/ingress-nginx-controller";

const configMap = (data: object, name = "ingress-nginx/ingress-nginx-controller") => {
  const [namespace, own] = name.split("/");
  return JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { namespace, name: own }, data });
};

const CLASSES = { ingressClass: ["nginx", "other"] };

const PREFIX = "nginx.ingress.kubernetes.io/";

function ingress(name: string, annotations: Readonly<Record<string, string>> = {}, ingressClassName = "nginx") {
  const keys = Object.fromEntries(Object.entries(annotations).map(([key, value]) => [PREFIX + key, value]));
  const service = { name: "web", port: { number: 80 } };
  return JSON.stringify({
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { namespace: "shop", name, annotations: keys },
    spec: {
      ingressClassName,
      rules: [{ host: `${name}.test`, http: { paths: [{ path: "/", pathType: "Prefix", backend: { service } }] } }],
    },
  });
}

/** The rule of each Ingress by its name, and what is said but for the infos of `cluster`. */
function read(data: object, more: readonly string[] = [ingress("a")]) {
  const { output, diagnostics } = compiled([cluster("eu"), configMap(data), ...more].join("\n---\n"), CLASSES);
  const rules = new Map(
    (output?.router.hosts ?? []).map(({ hostname, rules: own }) => [hostname.replace(".test", ""), own[0]]),
  );
  const reports = (output?.report.hosts ?? []).flatMap(({ rules: own }) => own as readonly RuleReport[]);
  return { rules, reports, said: diagnostics.map(({ code, message }) => `${code} ${message}`) };
}

test("no key is there twice", () => {
  const names = CONTROLLER_KEYS.map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  expect(names.every((name) => /^[a-z0-9-]+$/.test(name))).toBe(true);
});

describe("access lists", () => {
  test("whitelist-source-range holds where an Ingress has no list of its own, and denylist-source-range beside it", () => {
    const { rules, reports, said } = read(
      { "whitelist-source-range": "192.0.2.0/24", "denylist-source-range": "192.0.2.9" },
      [ingress("a"), ingress("b", { "allowlist-source-range": "198.51.100.0/24" })],
    );
    const listsOf = (name: string) => rules.get(name)?.rule.policies.find(({ field }) => field === "access")?.value;
    expect(listsOf("a")).toMatchObject({ allow: ["192.0.2.0/24"], deny: ["192.0.2.9"] });
    expect(listsOf("b")).toMatchObject({ allow: ["198.51.100.0/24"], deny: ["192.0.2.9"] });
    expect(reports[0]?.policies.find(({ field }) => field === "access")?.from).toBe(`whitelist-source-range of ${WHO}`);
    expect(said).toEqual([]);
  });

  test("they hold for Ingresses of every dialect, and an unreadable one is an error, said once", () => {
    const other = [ingress("a", {}, "other"), ingress("b", {}, "other")];
    const one = read({ "denylist-source-range": "192.0.2.9" }, other);
    expect(one.rules.get("a")?.policies.access?.deny.v4.length).toBe(2);
    expect(read({ "denylist-source-range": "everybody" }, other).said).toEqual([
      `EI4006 ${WHO}: denylist-source-range must be addresses and CIDRs with commas between, and has something else as entry 1`,
    ]);
  });

  test("block-cidrs holds where an Ingress has no list: nginx inherits it so, and says nothing", () => {
    const { rules } = read({ "block-cidrs": "192.0.2.0/24" }, [
      ingress("a"),
      ingress("b", { "allowlist-source-range": "198.51.100.0/24" }),
    ]);
    expect(rules.get("a")?.policies.access?.deny.v4.length).toBe(2);
    expect(rules.get("b")?.policies.access?.deny.v4.length).toBe(0);
    expect(read({ "block-cidrs": "192.0.2.0/99" }).said).toEqual([
      `EI4006 ${WHO}: block-cidrs must be addresses and CIDRs with commas between`,
    ]);
  });
});

describe("what an annotation is where an Ingress does not say", () => {
  test("holds for Ingresses of the dialect alone, and the Ingress's own word is more", () => {
    const { rules } = read({ "proxy-read-timeout": "7" }, [
      ingress("a"),
      ingress("b", { "proxy-read-timeout": "9" }),
      ingress("c", {}, "other"),
    ]);
    const limits = ["a", "b", "c"].map((name) => rules.get(name)?.rule.timeouts.backendRequest);
    expect(limits).toEqual([7000, 9000, 60_000]);
  });

  test("what is wrong or otherwise is said once, at the key", () => {
    const { said } = read({ "custom-http-errors": "404" }, [ingress("a"), ingress("b")]);
    expect(said).toEqual([
      `EI4002 ${WHO}: custom-http-errors is not honoured: there is neither default-backend nor --default-backend, which would answer in the place of errors`,
    ]);
  });

  test("is nothing to a canary", () => {
    const canary = ingress("b", { canary: "true", "canary-weight": "10" }).replace("b.test", "a.test");
    expect(read({ "proxy-connect-timeout": "7" }, [ingress("a"), canary]).said.join()).not.toContain("canary: that of");
  });
});

describe("headers", () => {
  const named = (data: object, name = "ops/headers") => configMap(data, name);

  test("add-headers and proxy-set-headers are set on all rules of the dialect, before the annotations", () => {
    const { rules, reports, said } = read(
      { "add-headers": "ops/headers", "proxy-set-headers": "ops/asked", "proxy-add-original-uri-header": "true" },
      [
        ingress("a"),
        ingress("b", {}, "other"),
        named({ "X-Frame-Options": "DENY", "X-Host": "$host", "X-None": "" }),
        named({ "X-From": "edge" }, "ops/asked"),
      ],
    );
    const { requestHeaders, responseHeaders } = rules.get("a")?.policies ?? {};
    expect(responseHeaders?.map(({ action, name }) => [action, name])).toEqual([
      ["set", "X-Frame-Options"],
      ["set", "X-Host"],
      ["remove", "X-None"],
    ]);
    expect(requestHeaders?.map(({ name, besidesIngress }) => [name, besidesIngress])).toEqual([
      ["X-Original-URI", true],
      ["X-From", true],
    ]);
    expect(rules.get("b")?.policies.responseHeaders).toEqual([]);
    expect(reports[0]?.filters?.map(({ from }) => from)).toEqual([
      `proxy-add-original-uri-header of ${WHO}`,
      `proxy-set-headers of ${WHO}`,
      `add-headers of ${WHO}`,
    ]);
    expect(said.filter((each) => !each.startsWith("EI4060"))).toEqual([]);
  });

  test("what can't be set is said by its name, without its value", () => {
    const { rules, said } = read({ "add-headers": "ops/headers", "proxy-set-headers": "ops/none" }, [
      ingress("a"),
      named({ Host: "HUNTER2", "X-A": "$upstream_addr", "X-B": "b" }),
    ]);
    expect(rules.get("a")?.policies.responseHeaders.map(({ name }) => name)).toEqual(["X-B"]);
    expect(said.filter((each) => !each.startsWith("EI4060"))).toEqual([
      `EI4021 ${WHO}: proxy-set-headers is not honoured: it names a ConfigMap that is not among the manifests`,
      `EI4021 ${WHO}: add-headers is honoured but for Host, which must not be one of the connection`,
      `EI4021 ${WHO}: add-headers is honoured but for X-A, which uses the variable $upstream_addr, which the edge does not have`,
    ]);
  });
});

describe("all the others", () => {
  test.each([
    [
      { "ssl-protocols": "x", "worker-processes": "1" },
      "EI4022",
      "ssl-protocols, worker-processes are for the platform or for the clusters alone",
    ],
    [{ "use-gzip": "true" }, "EI4022", "use-gzip is for the platform or for the clusters alone"],
    [{ "generate-request-id": "false" }, "EI4021", "generate-request-id is not honoured"],
    [{ "hsts-max-aeg": "1" }, "EI4023", "ingress-nginx has no key hsts-max-aeg"],
    [{ "whitelist-source-rang": "1" }, "EI4024", "ingress-nginx has no key whitelist-source-rang"],
    [{ "global-auth-ulr": "https://a.test/" }, "EI4024", "ingress-nginx has no key global-auth-ulr"],
    [{ "my-own-denylist": "1" }, "EI4024", "ingress-nginx has no key my-own-denylist"],
  ])("%j", (data, code, says) => {
    expect(read(data).said).toEqual([`${code} ${WHO}: ${says}`]);
  });

  test.each([
    { "enable-modsecurity": "false" },
    { "generate-request-id": "true" },
    { "forwarded-for-header": "CF-Connecting-IP" },
    { "whitelist-source-range": " " },
  ])("nothing is said of %j, which asks for nothing", (data) => {
    expect(read(data).said).toEqual([]);
  });

  test("a misspelt name comes with the nearest one", () => {
    const { diagnostics } = compiled(
      [cluster("eu"), ingress("a"), configMap({ "hsts-max-aeg": "1" })].join("\n---\n"),
      CLASSES,
    );
    expect(diagnostics[0]?.fix).toBe("Write hsts-max-age if that is what is meant, or take the key away.");
  });
});
