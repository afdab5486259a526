import { describe, expect, test } from "vitest";
import { compile } from "../../../src/compiler/compile.ts";
import { formatReport } from "../../../src/compiler/report.ts";
import { cluster, compiled, edgePolicy } from "../../support/compiled.ts";
import { directoryWith } from "../../support/manifests.ts";
import { annotated } from "../frontends/ingress/annotations/annotated.ts";

const HASH = "{SHA}GpHWL3ymc5liWkNopqtdSjuqYHM=";
const INGRESS = annotated({ "auth-type": "basic", "auth-secret": "users" });
const secret = (more: object, name = "users", namespace = "shop") =>
  JSON.stringify({ apiVersion: "v1", kind: "Secret", metadata: { name, namespace }, ...more });
const documents = (...texts: readonly string[]) => [cluster("eu"), ...texts].join("\n---\n");
const said = ({ diagnostics }: { readonly diagnostics: readonly { code: string; message: string }[] }) =>
  diagnostics.map(({ code, message }) => `${code} ${message}`);

describe("a Secret that a route needs", () => {
  test("is named in the report and in the table, and its content is handed over beside them", () => {
    const { output } = compiled(documents(INGRESS, secret({ stringData: { auth: `ann:${HASH}`, other: "HUNTER2" } })));
    expect(output?.report.secrets).toEqual([
      {
        name: "shop/users",
        binding: expect.stringMatching(/^SECRET_SHOP_USERS_[0-9A-F]{8}$/),
        keys: ["auth"],
        neededBy: ["auth-secret of Ingress shop/shop"],
        given: true,
      },
    ]);
    expect(output?.secrets.map(({ payload }) => payload())).toEqual([JSON.stringify({ auth: `ann:${HASH}` })]);
    const table = Buffer.from(output?.table ?? []).toString("latin1");
    expect(table).toContain("shop/users");
    for (const text of [table, formatReport(output?.report as never), JSON.stringify(output)]) {
      expect(text).not.toMatch(/GpHWL3|HUNTER2/);
    }
  });

  test("is asked for all of its keys where each of them is a user", () => {
    const ingress = annotated({ "auth-type": "basic", "auth-secret": "users", "auth-secret-type": "auth-map" });
    const { output } = compiled(documents(ingress, secret({ stringData: { ann: HASH, bob: HASH } })));
    expect(output?.report.secrets[0]?.keys).toBeNull();
    expect(output?.secrets[0]?.payload()).toBe(JSON.stringify({ ann: HASH, bob: HASH }));
  });

  test("is one Secret for all policies that need it, with the keys of them all", () => {
    const policy = edgePolicy({
      targets: "{ kind: Host, name: shop.example.com, path: / }",
      sets: "basicAuth: { secretRef: { name: users, key: readers } }",
    });
    const other = annotated({ "auth-type": "basic", "auth-secret": "users" })
      .replaceAll("shop.example.com", "b.example.com")
      .replace("name: shop,", "name: b,");
    const given = secret({ stringData: { auth: `ann:${HASH}`, readers: `bob:${HASH}` } });
    const { output } = compiled(documents(INGRESS, other, policy, given));
    expect(output?.report.secrets).toMatchObject([
      { keys: ["auth", "readers"], neededBy: ["EdgePolicy shop/policy", "auth-secret of Ingress shop/b"] },
    ]);
  });

  test("has the same binding whatever else is compiled, and another one than its neighbours", () => {
    const bindings = (...names: readonly string[]) => {
      const policies = names.map((name, index) =>
        annotated({ "auth-type": "basic", "auth-secret": name })
          .replaceAll("shop.example.com", `h${index}.example.com`)
          .replace("name: shop,", `name: i${index},`),
      );
      return compiled(documents(...policies), { externalSecrets: true }).output?.report.secrets ?? [];
    };
    const [alone] = bindings("a-b");
    const several = bindings("a.b", "a-b", "a--b");
    expect(several.find(({ name }) => name === "shop/a-b")?.binding).toBe(alone?.binding);
    expect(new Set(several.map(({ binding }) => binding)).size).toBe(3);
  });
});

describe("nothing is published where a Secret", () => {
  test.each<[what: string, given: string[], says: string[]]>([
    [
      "is of another namespace",
      [secret({ stringData: { auth: `ann:${HASH}` } }, "users", "blog")],
      [
        "EI7001 auth-secret of Ingress shop/shop names a Secret that is not among those of namespace shop, of which there are none",
      ],
    ],
    [
      "has another name",
      [secret({}, "user"), secret({}, "more")],
      [
        "EI7001 auth-secret of Ingress shop/shop names a Secret that is not among those of namespace shop, which are more, user",
      ],
    ],
    [
      "lacks the key",
      [secret({ stringData: { users: `ann:${HASH}` } })],
      ['EI7003 auth-secret of Ingress shop/shop names a Secret without the key "auth"'],
    ],
    [
      "has a key that is nearly right",
      [secret({ stringData: { auht: `ann:${HASH}` } })],
      ['EI7003 auth-secret of Ingress shop/shop names a Secret without the key "auth": did you mean `auht`?'],
    ],
    [
      "holds no base64",
      [secret({ data: { auth: `ann:${HASH}` } })],
      ['EI7005 the key "auth" of Secret shop/users can\'t be read: it must be base64 of text in UTF-8'],
    ],
    [
      "holds bytes",
      [secret({ data: { auth: "//79" } })],
      ['EI7005 the key "auth" of Secret shop/users can\'t be read: it must be base64 of text in UTF-8'],
    ],
    [
      "has no name",
      [`{ "apiVersion": "v1", "kind": "Secret", "metadata": {}, "stringData": { "auth": "x" } }`],
      [
        "EI1210 metadata.name is missing",
        "EI7001 auth-secret of Ingress shop/shop names a Secret that is not among those of namespace shop, of which there are none",
      ],
    ],
  ])("%s", (_, given, says) => {
    const result = compiled(documents(INGRESS, ...given));
    expect(result.output).toBeNull();
    expect(said(result)).toEqual(says);
  });

  test("is there and wrong, although others are said to be elsewhere", () => {
    const result = compiled(documents(INGRESS, secret({ stringData: { users: "x" } })), { externalSecrets: true });
    expect(said(result)).toEqual(['EI7003 auth-secret of Ingress shop/shop names a Secret without the key "auth"']);
  });
});

describe("a Secret is warned of", () => {
  test("where it has no user with a password, which the message does not show", () => {
    const result = compiled(documents(INGRESS, secret({ stringData: { auth: "ann:hunter2\nbob:\n" } })));
    expect(result.output).not.toBeNull();
    expect(said(result).sort()).toEqual([
      "EI7006 Secret shop/users, line 1 lets nobody in: DES-crypt or a password in clear, which are not taken",
      "EI7006 Secret shop/users, line 2 lets nobody in: no hash",
      "EI7006 Secret shop/users, nobody can come in: there is no user with a password",
    ]);
    expect(JSON.stringify(result.output?.report)).not.toMatch(/hunter2|\bann\b|\bbob\b/);
  });

  test("once for many lines", () => {
    const lines = Array.from({ length: 100 }, (_, n) => `u${n}:`).join("\n");
    const result = compiled(documents(INGRESS, secret({ stringData: { auth: `ann:${HASH}\n${lines}` } })));
    expect(said(result)).toEqual(["EI7006 Secret shop/users, lines 2, 3, 4, 5, 6 and 95 more let nobody in: no hash"]);
  });

  test("in the layout of auth-map, by the numbers of users", () => {
    const ingress = annotated({ "auth-type": "basic", "auth-secret": "users", "auth-secret-type": "auth-map" });
    const result = compiled(documents(ingress, secret({ stringData: { ann: HASH, bob: "hunter2" } })));
    expect(said(result)).toEqual([
      "EI7006 Secret shop/users, user 2 lets nobody in: DES-crypt or a password in clear, which are not taken",
    ]);
  });

  test("never where nothing needs it", () => {
    const result = compiled(documents(annotated({}), secret({ data: { auth: "<placeholder>" } })));
    expect(said(result)).toEqual([]);
    expect(result.output?.secrets).toEqual([]);
  });
});

describe("clusters with manifests of their own", () => {
  const inClusters = (eu: string | null, us: string | null) => {
    const claims = (name: string, file: string | null) =>
      cluster(name, file === null ? "" : `manifests: [${name}.yaml]`);
    const directory = directoryWith({
      "in.yaml": [claims("eu", eu), claims("us", us), INGRESS].join("---\n"),
      ...(eu !== null && { "eu.yaml": eu }),
      ...(us !== null && { "us.yaml": us }),
    });
    const flags = { ingressClass: [], controller: [], defaultBackend: null, zones: [], trustedProxies: [] };
    return compile(["in.yaml"], { cwd: directory, readStdin: () => "", platform: "workerd", ...flags });
  };
  const users = (text: string) => secret({ stringData: { auth: text } });

  test("may have the same Secret", () => {
    const result = inClusters(users(`ann:${HASH}`), users(`ann:${HASH}`));
    expect(said(result)).toEqual([]);
    expect(result.output?.secrets).toHaveLength(1);
  });

  test("may not have different ones of one name", () => {
    const result = inClusters(users(`ann:${HASH}`), users(`eve:${HASH}`));
    expect(result.output).toBeNull();
    expect(said(result)).toEqual([
      "EI7004 Secret shop/users differs between clusters, and the edge has one of each name",
    ]);
  });

  test("must all have it where the route is in all of them", () => {
    const result = inClusters(users(`ann:${HASH}`), null);
    expect(result.output).toBeNull();
    expect(said(result)).toEqual([
      "EI7004 auth-secret of Ingress shop/shop names a Secret that not all of its clusters have",
    ]);
  });
});
