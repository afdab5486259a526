import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type DevProcess, startDev } from "../support/cli.ts";
import { directoryWith } from "../support/manifests.ts";
import { type Recorder, startRecorder } from "../support/recorder.ts";
import { send } from "../support/request.ts";

/** External auth over real sockets: a Service in two clusters, a host of the edge, and a name outside of both. */
const PREFIX = "nginx.ingress.kubernetes.io";

const ingress = (name: string, host: string, path: string, annotations: Readonly<Record<string, string>> = {}) =>
  JSON.stringify({
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: {
      name: `${host}-${name}`,
      namespace: "shop",
      annotations: Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`${PREFIX}/${key}`, value])),
    },
    spec: {
      rules: [
        { host, http: { paths: [{ path, pathType: "Prefix", backend: { service: { name, port: { number: 80 } } } }] } },
      ],
    },
  });

const cluster = (name: string, services: Readonly<Record<string, Recorder>>) =>
  JSON.stringify({
    apiVersion: "edge-ingress.dev/v1alpha1",
    kind: "Cluster",
    metadata: { name },
    spec: {
      services: Object.entries(services).map(([service, { port }]) => {
        const [namespace, short] = service.split("/");
        return { namespace, name: short, endpoint: `http://127.0.0.1:${port}` };
      }),
    },
  });

let web: Recorder;
let one: Recorder;
let other: Recorder;
let outside: Recorder;
let dev: DevProcess;

beforeAll(async () => {
  [web, one, other, outside] = await Promise.all([
    startRecorder("web"),
    startRecorder("one"),
    startRecorder("other"),
    startRecorder("outside"),
  ]);
  const responseHeaders = { "auth-response-headers": "X-User" };
  const manifests = [
    cluster("eu", { "shop/web": web, "auth/proxy": one, "shop/proxy": one }),
    cluster("us", { "auth/proxy": other }),
    ingress("web", "inside.test", "/", {
      "auth-url": "http://proxy.auth.svc.cluster.local:4180/check",
      ...responseHeaders,
    }),
    ingress("web", "own.test", "/", { "auth-url": "https://$host/oauth2/auth", ...responseHeaders }),
    ingress("proxy", "own.test", "/oauth2"),
    ingress("web", "outside.test", "/", { "auth-url": `http://localhost:${outside.port}/check`, ...responseHeaders }),
  ];
  dev = await startDev(["-f", "all.yaml"], { cwd: directoryWith({ "all.yaml": manifests.join("\n---\n") }) });
});

afterAll(async () => {
  await dev.stop();
  await Promise.all([web, one, other, outside].map((each) => each.close()));
});

afterEach(() => {
  for (const each of [web, one, other, outside]) {
    each.requests.length = 0;
    each.answer = {};
  }
});

const ask = (host: string, path = "/", headers: Readonly<Record<string, string>> = {}, method = "GET", body?: string) =>
  send({ port: dev.port, host, path, headers, method, ...(body !== undefined && { body }) });

describe.each([
  ["inside.test", "proxy.auth.svc.cluster.local", "/check"],
  ["own.test", "own.test", "/oauth2/auth"],
  ["outside.test", "localhost", "/check"],
])("at %s", (host, authority, path) => {
  const services = () => [one, other, outside];
  const asked = () => services().flatMap(({ requests }) => requests);
  const answer = (status: number, headers: Readonly<Record<string, string>> = {}) => {
    for (const service of services()) service.answer = { status, headers };
  };

  test("the service is asked, and what it says reaches the cluster", async () => {
    answer(202, { "X-User": "alice", "X-Else": "e", "Set-Cookie": "a=1" });
    const response = await ask(host, "/a%2Fb?c=d", { "x-user": "root", cookie: "s=1" }, "POST", "x=1");
    expect([response.status, response.headers["set-cookie"]]).toEqual([200, ["a=1"]]);
    const [question] = asked();
    expect([asked().length, question?.method, question?.path]).toEqual([1, "GET", path]);
    expect(question?.headers.host?.replace(/:\d+$/, "")).toBe(authority);
    expect(question?.headers).toMatchObject({
      cookie: "s=1",
      "x-original-url": `http://${host}/a%2Fb?c=d`,
      "x-original-method": "POST",
    });
    expect(question?.headers["content-length"]).toBeUndefined();
    const [served] = web.requests;
    expect([served?.method, served?.path, served?.headers["x-user"], served?.headers["x-else"]]).toEqual([
      "POST",
      "/a%2Fb?c=d",
      "alice",
      undefined,
    ]);
  });

  test.each([
    [401, 401],
    [403, 403],
    [302, 500],
    [404, 500],
  ])("its %i is %i, and no cluster is asked", async (status, expected) => {
    answer(status, { location: "http://127.0.0.1/", "www-authenticate": "Bearer" });
    expect((await ask(host)).status).toBe(expected);
    expect(web.requests).toEqual([]);
  });

  test("where it breaks off nobody is let in", async () => {
    for (const service of services()) service.answer = { unavailable: true };
    expect((await ask(host)).status).toBe(500);
    expect(web.requests).toEqual([]);
  });

  test("a WebSocket is none to it", async () => {
    await ask(host, "/", {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
    });
    expect(asked().map(({ method, headers }) => [method, headers.upgrade])).toEqual([["GET", undefined]]);
  });
});

test("where one cluster's fails, that of the other is asked", async () => {
  one.answer = { unavailable: true };
  for (let count = 0; count < 4; count++) expect((await ask("inside.test")).status).toBe(200);
  expect(other.requests.length).toBe(4);
});

test("a sign-in page of the service's own rule is open", async () => {
  one.answer = { status: 401 };
  await ask("own.test", "/oauth2/start");
  expect(one.requests.map(({ path }) => path)).toEqual(["/oauth2/start"]);
});

test("a demo plays services that are asked by their names, and lets everybody in", async () => {
  const services = 'services: [{ namespace: auth, name: proxy, endpoint: "https://proxy.example.com" }]';
  const manifests = [
    `apiVersion: edge-ingress.dev/v1alpha1\nkind: Cluster\nmetadata: { name: eu }\nspec: { endpoint: "https://eu.example.com", ${services} }\n`,
    ingress("web", "inside.test", "/", { "auth-url": "http://proxy.auth.svc.cluster.local:4180/check" }),
  ];
  const demo = await startDev(["-f", "all.yaml", "--demo"], {
    cwd: directoryWith({ "all.yaml": manifests.join("---\n") }),
  });
  try {
    const { status, body } = await send({ port: demo.port, host: "inside.test", path: "/a" });
    expect([status, body.split("\n")[0]]).toEqual([200, "web in cluster eu"]);
  } finally {
    await demo.stop();
  }
});
