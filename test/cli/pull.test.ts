import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { runCli } from "../support/cli.ts";
import { type KubeState, kubeconfig, startKubeApi } from "../support/kube-api.ts";
import { directoryWith } from "../support/manifests.ts";

const INGRESSES = "/apis/networking.k8s.io/v1/ingresses";
const CLASSES = "/apis/networking.k8s.io/v1/ingressclasses";
const SERVICES = "/api/v1/services";
const CONFIG_MAPS = "/api/v1/configmaps";
const SECRETS = "/api/v1/secrets";

const NOISE = { uid: "7f", resourceVersion: "991", generation: 4, managedFields: [{ manager: "kubectl" }] };

function ingressOf(namespace: string, name: string, annotations = {}) {
  const backend = { service: { name: "web", port: { number: 80 } } };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: {
      ...NOISE,
      name,
      namespace,
      creationTimestamp: "2024-05-01T10:00:00Z",
      annotations: { ...annotations, "kubectl.kubernetes.io/last-applied-configuration": '{"secret":"in the copy"}' },
    },
    spec: {
      ingressClassName: "nginx",
      tls: [{ hosts: [`${name}.example.com`], secretName: `${name}-tls` }],
      rules: [{ host: `${name}.example.com`, http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }],
    },
    status: { loadBalancer: { ingress: [{ ip: "203.0.113.7" }] } },
  };
}

function serviceOf(namespace: string, name: string, type = "ClusterIP") {
  const spec = { type, clusterIP: "10.0.0.9", ports: [{ name: "http", port: 80, nodePort: 31_000 }] };
  return { apiVersion: "v1", kind: "Service", metadata: { ...NOISE, name, namespace }, spec };
}

/** A cluster with ingress-nginx in it. */
function cluster(...ingresses: readonly object[]): KubeState {
  return {
    collections: {
      [INGRESSES]: ingresses as KubeState["collections"][string],
      [CLASSES]: [
        {
          apiVersion: "networking.k8s.io/v1",
          kind: "IngressClass",
          metadata: { name: "nginx", ...NOISE },
          spec: { controller: "k8s.io/ingress-nginx" },
        },
      ],
      [SERVICES]: [serviceOf("shop", "web"), serviceOf("other", "db"), serviceOf("edge", "lb", "LoadBalancer")],
      [CONFIG_MAPS]: [
        {
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata: { name: "ingress-nginx-controller", namespace: "ingress-nginx", ...NOISE },
          data: { hsts: "false" },
        },
      ],
      [SECRETS]: [{ apiVersion: "v1", kind: "Secret", metadata: { name: "shop-tls", namespace: "shop" } }],
    },
  };
}

describe("pull", () => {
  test("a directory for each context, a file a namespace, nothing of the server's own", async () => {
    const api = await startKubeApi(cluster(ingressOf("shop", "shop"), ingressOf("blog", "blog")));
    const cwd = directoryWith({ kubeconfig: kubeconfig({ one: api.port, "arn:aws:eks/two": api.port }) });
    const { code, stderr } = await pull(cwd, "--context", "one=eu-west", "--context", "arn:aws:eks/two");
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining("clusters/eu-west: 6 objects") });
    expect(readdirSync(join(cwd, "clusters")).sort()).toEqual([
      "arn-aws-eks-two",
      "arn-aws-eks-two.yaml",
      "eu-west",
      "eu-west.yaml",
    ]);
    const files = readdirSync(join(cwd, "clusters/eu-west")).sort();
    expect(files).toEqual(["_cluster.yaml", "blog.yaml", "edge.yaml", "ingress-nginx.yaml", "shop.yaml"]);
    const shop = readFileSync(join(cwd, "clusters/eu-west/shop.yaml"), "utf8");
    expect(shop).not.toMatch(/uid|resourceVersion|managedFields|last-applied|in the copy|clusterIP|nodePort/);
    expect(parse(shop.split("---\n")[0] ?? "")).toMatchObject({
      kind: "Ingress",
      metadata: { name: "shop", namespace: "shop", creationTimestamp: "2024-05-01T10:00:00Z" },
      status: { loadBalancer: { ingress: [{ ip: "203.0.113.7" }] } },
    });
  });

  test("what is pulled compiles, each cluster's Ingresses in that cluster alone", async () => {
    const [one, two] = await Promise.all([
      startKubeApi(cluster(ingressOf("shop", "shop"))),
      startKubeApi(cluster(ingressOf("blog", "blog"))),
    ]);
    const cwd = directoryWith({ kubeconfig: kubeconfig({ one: one.port, two: two.port }) });
    await pull(cwd, "--context", "one", "--context", "two");
    const args = ["compile", "-f", "clusters", "--ingress-class", "nginx", "--platform", "workerd", "-o", "out"];
    const { code, stderr } = await runCli(args, { cwd });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const report = readFileSync(join(cwd, "out/report.json"), "utf8");
    expect(report).toContain("shop.example.com");
    expect(report).toContain("blog.example.com");
  });

  test("the same state gives the same bytes; what is gone is gone; the Cluster is left to its owner", async () => {
    const api = await startKubeApi(cluster(ingressOf("shop", "shop"), ingressOf("blog", "blog")));
    const cwd = directoryWith({ kubeconfig: kubeconfig({ one: api.port }) });
    await pull(cwd);
    const before = readFileSync(join(cwd, "clusters/one/shop.yaml"), "utf8");
    writeFileSync(join(cwd, "clusters/one.yaml"), "# mine\n");
    api.state.collections = cluster(ingressOf("shop", "shop")).collections;
    expect((await pull(cwd)).code).toBe(0);
    expect(existsSync(join(cwd, "clusters/one/blog.yaml"))).toBe(false);
    expect(readFileSync(join(cwd, "clusters/one/shop.yaml"), "utf8")).toBe(before);
    expect(readFileSync(join(cwd, "clusters/one.yaml"), "utf8")).toBe("# mine\n");
    expect((await pull(cwd)).stderr).toContain("nothing new");
  });

  test("long lists come page by page", async () => {
    const many = Array.from({ length: 1_203 }, (_, index) => ingressOf("shop", `shop-${index}`));
    const api = await startKubeApi(cluster(...many));
    const cwd = directoryWith({ kubeconfig: kubeconfig({ one: api.port }) });
    await pull(cwd);
    expect(readFileSync(join(cwd, "clusters/one/shop.yaml"), "utf8").match(/^kind: Ingress$/gm)).toHaveLength(1_203);
    expect(api.asked.filter((line) => line.startsWith(`${INGRESSES} `))).toHaveLength(3);
  });

  test("ConfigMaps that are named for their headers come too; one that is missing is a warning", async () => {
    const annotations = { "nginx.ingress.kubernetes.io/custom-headers": "shop/headers" };
    const state = cluster(ingressOf("shop", "shop", annotations));
    const headers = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "headers", namespace: "shop" }, data: {} };
    const api = await startKubeApi(state);
    const cwd = directoryWith({ kubeconfig: kubeconfig({ one: api.port }) });
    expect((await pull(cwd)).stderr).toContain("warning: one: ConfigMap shop/headers is named for its headers");
    state.collections = { ...state.collections, "/api/v1/namespaces/shop/configmaps": [headers] };
    expect((await pull(cwd)).stderr).not.toContain("warning");
    expect(readFileSync(join(cwd, "clusters/one/shop.yaml"), "utf8")).toMatch(/^kind: ConfigMap$/m);
  });

  test("--secret-names asks for metadata alone, and tells which are missing", async () => {
    const api = await startKubeApi(cluster(ingressOf("shop", "shop"), ingressOf("blog", "blog")));
    const cwd = directoryWith({ kubeconfig: kubeconfig({ one: api.port }) });
    const { stderr } = await pull(cwd, "--secret-names");
    expect(stderr).toContain("Secret blog/blog-tls is named by an Ingress, and is not there");
    expect(stderr).not.toContain("shop/shop-tls");
    const [asked] = api.asked.filter((line) => line.startsWith(`${SECRETS} `));
    expect(asked).toContain("as=PartialObjectMetadataList");
  });
});

describe("pull writes nothing", () => {
  const failing: readonly [string, (state: KubeState) => void, RegExp][] = [
    [
      "without the right to read",
      (state) => (state.refused = { [SERVICES]: 403 }),
      /services can't be read: 403.*\n.*--rbac/,
    ],
    [
      "where a collection is missing",
      (state) => (state.refused = { [INGRESSES]: 404 }),
      /ingresses can't be read: 404/,
    ],
    [
      "where ingress-nginx has no ConfigMap to be found",
      (state) => (state.collections = { ...state.collections, [CONFIG_MAPS]: [] }),
      /settings may guard every host\n.*--controller-config/,
    ],
  ];
  test.each(failing)("%s", async (_, spoil, expected) => {
    const [good, bad] = await Promise.all([startKubeApi(cluster()), startKubeApi(cluster(ingressOf("shop", "shop")))]);
    spoil(bad.state);
    const cwd = directoryWith({ kubeconfig: kubeconfig({ good: good.port, bad: bad.port }) });
    const { code, stderr } = await pull(cwd, "--context", "good", "--context", "bad");
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(expected) });
    expect(stderr).toContain("context bad:");
    expect(existsSync(join(cwd, "clusters"))).toBe(false);
  });

  test("with a token that is not taken, and where no server is", async () => {
    const api = await startKubeApi(cluster());
    const wrong = directoryWith({ kubeconfig: kubeconfig({ one: api.port }, "another") });
    expect((await pull(wrong)).stderr).toMatch(/401.*\n.*log in again/);
    const nobody = directoryWith({ kubeconfig: kubeconfig({ one: 1 }) });
    expect(await pull(nobody)).toMatchObject({ code: 2, stderr: expect.stringContaining("ECONNREFUSED") });
  });

  test("for a context that is not there", async () => {
    const cwd = directoryWith({ kubeconfig: kubeconfig({ one: 1 }) });
    const { code, stderr } = await pull(cwd, "--context", "won");
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('no context "won": it has one') });
  });

  test.skipIf(IS_POD)("where there is no kubeconfig (in a pod there is always one)", async () => {
    const cwd = directoryWith();
    const { code, stdout, stderr } = await runCli(["pull"], { cwd, env: { KUBECONFIG: "", HOME: cwd } });
    const sentence = expect.stringMatching(/no kubeconfig: .*--kubeconfig FILE\n$/);
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: "", stderr: sentence });
  });

  test("for a ConfigMap of the controller that the compiler would not know, and for one that is not there", async () => {
    const api = await startKubeApi(cluster(ingressOf("shop", "shop")));
    const cwd = directoryWith({ kubeconfig: kubeconfig({ one: api.port }) });
    const named = await pull(cwd, "--controller-config", "edge/settings");
    expect(named).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("names that end in ingress-nginx-controller"),
    });
    const missing = await pull(cwd, "--controller-config", "edge/my-ingress-nginx-controller");
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining("there is no ConfigMap edge/my-") });
    expect((await pull(cwd, "--no-controller-config")).code).toBe(0);
  });

  test("without the ConfigMap of a second ingress-nginx, or of one from before IngressClasses", async () => {
    const classOf = {
      kind: "IngressClass",
      metadata: { name: "in" },
      spec: { controller: "k8s.io/internal-ingress-nginx" },
    };
    const old = ingressOf("shop", "old", { "kubernetes.io/ingress.class": "nginx" });
    for (const [path, object] of [
      [CLASSES, classOf],
      [INGRESSES, old],
    ] as const) {
      const state = cluster();
      const collections = { ...state.collections, [CLASSES]: [], [CONFIG_MAPS]: [], [path]: [object] };
      const api = await startKubeApi({ ...state, collections } as KubeState);
      const cwd = directoryWith({ kubeconfig: kubeconfig({ one: api.port }) });
      expect(await pull(cwd)).toMatchObject({ code: 2, stderr: expect.stringContaining("--controller-config") });
      expect((await pull(cwd, "--no-controller-config")).code).toBe(0);
    }
  });

  test("where an API server gives a namespace that is a path", async () => {
    const api = await startKubeApi(cluster(ingressOf("../../out", "shop")));
    const cwd = directoryWith({ kubeconfig: kubeconfig({ one: api.port }) });
    expect(await pull(cwd)).toMatchObject({ code: 2, stderr: expect.stringContaining("can't be a namespace") });
    expect(readdirSync(cwd)).toEqual(["kubeconfig"]);
  });

  test("over files that are not a pull's", async () => {
    const api = await startKubeApi(cluster(ingressOf("shop", "shop")));
    const files = { kubeconfig: kubeconfig({ one: api.port }), "clusters/one/mine.yaml": "# mine\n" };
    const cwd = directoryWith(files);
    expect(await pull(cwd)).toMatchObject({ code: 2, stderr: expect.stringContaining("was not written by a pull") });
    expect(readdirSync(join(cwd, "clusters/one"))).toEqual(["mine.yaml"]);
  });
});

test("--rbac prints rights to list what is pulled, and Secrets only where they are asked for", async () => {
  const { code, stdout } = await runCli(["pull", "--rbac"]);
  expect(code).toBe(0);
  const role = stdout
    .split("---\n")
    .map((text) => parse(text))
    .find(({ kind }) => kind === "ClusterRole");
  expect(role.rules).toEqual([
    { apiGroups: ["networking.k8s.io"], resources: ["ingresses"], verbs: ["list"] },
    { apiGroups: ["networking.k8s.io"], resources: ["ingressclasses"], verbs: ["list"] },
    { apiGroups: [""], resources: ["services"], verbs: ["list"] },
    { apiGroups: ["edge-ingress.dev"], resources: ["edgepolicies"], verbs: ["list"] },
    { apiGroups: [""], resources: ["configmaps"], verbs: ["list"], resourceNames: ["ingress-nginx-controller"] },
  ]);
  expect((await runCli(["pull", "--rbac", "--secret-names"])).stdout).toContain("resources: [secrets]");
});

/** The Kubernetes client takes what a pod has where it finds no kubeconfig. */
const IS_POD = existsSync("/var/run/secrets/kubernetes.io/serviceaccount/token");

function pull(cwd: string, ...args: readonly string[]) {
  return runCli(["pull", "--kubeconfig", "kubeconfig", ...args], { cwd });
}
