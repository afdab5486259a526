import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { type RunningCommand, runCli, startCommand } from "../support/cli.ts";
import { type KubeApiStub, type KubeState, kubeconfig, startKubeApi } from "../support/kube-api.ts";
import { directoryWith } from "../support/manifests.ts";
import { until } from "../support/until.ts";

const INGRESSES = "/apis/networking.k8s.io/v1/ingresses";
const CLASSES = "/apis/networking.k8s.io/v1/ingressclasses";
const SERVICES = "/api/v1/services";
const CONFIG_MAPS = "/api/v1/configmaps";
const FOLLOWED = [INGRESSES, CLASSES, SERVICES, CONFIG_MAPS];

function ingressOf(name: string) {
  const backend = { service: { name: "web", port: { number: 80 } } };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name, namespace: "shop" },
    spec: { rules: [{ host: `${name}.example.com`, http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }] },
  };
}

const named = (kind: string) => ({ apiVersion: "v1", kind, metadata: { name: "other", namespace: "other" } });

function clusterOf(...names: readonly string[]): KubeState {
  return {
    collections: {
      [INGRESSES]: names.map(ingressOf),
      [CLASSES]: [{ ...named("IngressClass"), metadata: { name: "other" } }],
      [SERVICES]: [named("Service")],
      [CONFIG_MAPS]: [named("ConfigMap")],
    },
  };
}

interface World {
  readonly api: KubeApiStub;
  readonly watch: RunningCommand;
  /** Names of the Ingresses in the file. */
  names(): readonly string[];
  readonly file: string;
  readonly cwd: string;
}

/** A cluster with the Ingress `one`, watched, and every kind of it followed. */
async function watched(...flags: readonly string[]): Promise<World> {
  const api = await startKubeApi(clusterOf("one"));
  const cwd = directoryWith({ kubeconfig: kubeconfig({ eu: api.port }) });
  const args = ["watch", "--kubeconfig", "kubeconfig", "--settle", "50ms", ...flags];
  const watch = startCommand(args, { cwd });
  await watch.waitFor(/eu: written: 2 objects of 2 files/);
  await until(() => FOLLOWED.every((path) => api.watches().some((one) => one.path === path && one.isOpen)));
  const file = join(cwd, "clusters/eu/shop.yaml");
  const names = () =>
    readFileSync(file, "utf8")
      .split("---\n")
      .map((text) => parse(text).metadata.name);
  return { api, watch, names, file, cwd };
}

/** Another state of the cluster, of which nobody is told. */
function become({ api }: World, version: number, ...names: readonly string[]): void {
  api.state.version = version;
  api.state.collections = clusterOf(...names).collections;
}

/** How often a collection was listed. */
const listsOf = ({ api }: World, path: string) => api.asked.filter((line) => line.startsWith(path)).length;

const CHANGED = { metadata: { name: "any", namespace: "any", resourceVersion: "2" } };

test("a change and a deletion are written, and told; what changes nothing in the files is not", async () => {
  const world = await watched();
  const { api, watch, names, file } = world;
  become(world, 2, "one", "two");
  await api.tell(INGRESSES, "ADDED", CHANGED);
  await watch.waitFor(/eu: Ingress shop\/two is new\neu: written: 3 objects/);
  expect(names()).toEqual(["one", "two"]);
  become(world, 3, "two");
  await api.tell(INGRESSES, "DELETED", CHANGED);
  await watch.waitFor(/eu: Ingress shop\/one is gone\neu: written: 2 objects/);
  expect(names()).toEqual(["two"]);
  // A Service of a namespace without an Ingress, twice: when all is read for the second, the first is done with.
  const before = statSync(file).ino;
  for (const _ of ["first", "second"]) {
    const lists = listsOf(world, SERVICES);
    await api.tell(SERVICES, "MODIFIED", CHANGED);
    await until(() => listsOf(world, SERVICES) > lists);
  }
  expect(statSync(file).ino).toBe(before);
  become(world, 4, "two", "three");
  await api.tell(INGRESSES, "ADDED", CHANGED);
  await watch.waitFor(/eu: Ingress shop\/three is new\neu: written: 3 objects/);
  const { code, stdout, stderr } = await watch.stop("SIGINT");
  expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
  expect(stderr.match(/written/g)).toHaveLength(4);
});

test("a connection that breaks is made again from the last version, bookmarks included", async () => {
  const world = await watched();
  const { api, watch } = world;
  await api.tell(INGRESSES, "BOOKMARK", { metadata: { resourceVersion: "41" } });
  const lists = listsOf(world, SERVICES);
  await api.tell(SERVICES, "MODIFIED", { metadata: { name: "a", namespace: "a", resourceVersion: "42" } });
  await until(() => listsOf(world, SERVICES) > lists);
  api.drop();
  await until(() => api.watches().some(({ path, from, isOpen }) => path === INGRESSES && from === 41 && isOpen));
  await until(() => api.watches().some(({ path, from, isOpen }) => path === SERVICES && from === 42 && isOpen));
  become(world, 43, "one", "two");
  await api.tell(INGRESSES, "ADDED", CHANGED);
  await watch.waitFor(/shop\/two is new/);
  expect((await watch.stop()).code).toBe(0);
});

test.each(["status", "event"] as const)(
  "where the version has expired (410 by %s), everything is read again",
  async (by) => {
    const world = await watched();
    const { api, watch, names } = world;
    // What happened while nobody was connected is told by no event.
    become(world, 90, "two");
    Object.assign(api.state, { oldest: 80, expiresBy: by });
    api.drop();
    await watch.waitFor(/Ingress shop\/one is gone\neu: Ingress shop\/two is new/);
    expect(names()).toEqual(["two"]);
    await until(() => api.watches().some(({ path, from, isOpen }) => path === INGRESSES && from === 90 && isOpen));
    expect((await watch.stop()).code).toBe(0);
  },
);

test("an API server that is away, or refuses, changes no file; when it is back, what it holds is written", async () => {
  const world = await watched("--resync", "300ms");
  const { api, watch, names, file } = world;
  const before = readFileSync(file, "utf8");
  api.state.away = true;
  api.drop();
  await watch.waitFor(/eu: ingresses can't be followed \(.*trying again, the files stay/);
  await watch.waitFor(/eu: the files stay as they are/);
  expect(readFileSync(file, "utf8")).toBe(before);
  // It answers again, and one kind may not be read: an empty list would be a deletion.
  api.state.away = false;
  api.state.refused = { [INGRESSES]: 403 };
  become(world, 2, "two");
  await watch.waitFor(/ingresses can't be read: 403/);
  expect(readFileSync(file, "utf8")).toBe(before);
  api.state.refused = {};
  await watch.waitFor(/Ingress shop\/one is gone/);
  expect(names()).toEqual(["two"]);
  await watch.waitFor(/eu: ingresses are followed again/);
  expect((await watch.stop()).code).toBe(0);
});

test("--exec runs after files have changed, and not before; SIGTERM ends both", async () => {
  const world = await watched("--exec", 'echo "$EDGE_INGRESS_CHANGED" >> ran; test -f more && sleep 600');
  const { api, watch, cwd } = world;
  await until(() => existsSync(join(cwd, "ran")));
  await watch.waitFor(/--exec failed \(eu\): exit code 1/);
  become(world, 2, "one", "two");
  await api.tell(INGRESSES, "ADDED", CHANGED);
  await until(() => readFileSync(join(cwd, "ran"), "utf8") === "eu\neu\n");
  expect(readdirSync(join(cwd, "clusters/eu"))).toEqual(["_cluster.yaml", "shop.yaml"]);
  expect((await watch.stop()).code).toBe(0);
});

test("wrong use is told before anything is read; --rbac prints rights to list and to watch", async () => {
  const cwd = directoryWith({ kubeconfig: kubeconfig({ eu: 1 }), "clusters/eu/mine.yaml": "# mine\n" });
  const args = ["watch", "--kubeconfig", "kubeconfig"];
  expect(await runCli([...args, "--context", "us"], { cwd })).toMatchObject({ code: 2 });
  expect(await runCli([...args, "--settle", "soon"], { cwd })).toMatchObject({ code: 2 });
  expect(await runCli(args, { cwd })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("not written by a pull"),
  });
  const { stdout } = await runCli(["watch", "--rbac"]);
  expect(stdout).toContain("resources: [ingresses], verbs: [list, watch] }");
  expect(stdout).toContain(
    'resources: [configmaps], verbs: [list, watch], resourceNames: ["ingress-nginx-controller"]',
  );
});
