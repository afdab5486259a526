import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DevProcess, startDev } from "../support/cli.ts";
import { cluster, edgePolicy } from "../support/compiled.ts";
import { CookieJar } from "../support/cookie-jar.ts";
import { directoryWith } from "../support/manifests.ts";
import { quietPort } from "../support/ports.ts";
import { type Recorder, startRecorder } from "../support/recorder.ts";
import { until } from "../support/until.ts";

/** A login at a real provider (oidc-provider), by HTTPS, through a real edge: nothing here knows how either works. */
const HOST = "shop.test";
const PAGE = { accept: "text/html" };
const CLIENT_SECRET = "c1ient-secret-of-the-test: with + and %";
const SESSION_KEY = "a-key-of-sessions-of-the-test-0123456789";

let provider: ChildProcess;
let said: string[] = [];
let web: Recorder;
let dev: DevProcess;

const manifests = (issuer: string) => [
  cluster("eu").replace("http://eu.test", `http://127.0.0.1:${web.port}`),
  JSON.stringify({
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name: "shop", namespace: "shop" },
    spec: {
      tls: [{ hosts: [HOST] }],
      rules: [
        {
          host: HOST,
          http: {
            paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "web", port: { number: 80 } } } }],
          },
        },
      ],
    },
  }),
  edgePolicy({
    targets: `{ kind: Host, name: ${HOST} }`,
    sets: `oidc: { provider: { issuer: "${issuer}" }, clientID: shop, clientSecretRef: { name: login },
      session: { secretRef: { name: login } }, scopes: [email, offline_access],
      claimsToHeaders: [{ claim: email, header: X-Email }], forwardAccessToken: true }`,
  }),
  JSON.stringify({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "login", namespace: "shop" },
    stringData: { "client-secret": CLIENT_SECRET, "session-keys": SESSION_KEY },
  }),
];

beforeAll(async () => {
  web = await startRecorder("web");
  const port = await quietPort();
  const all = manifests(`http://127.0.0.1:${port}`).join("\n---\n");
  dev = await startDev(["-f", "all.yaml"], { cwd: directoryWith({ "all.yaml": all }), https: true });
  const origin = `https://${HOST}:${dev.httpsPort}`;
  const script = fileURLToPath(new URL("../support/openid-provider.mjs", import.meta.url));
  const args = [script, `${port}`, CLIENT_SECRET, `${origin}/oauth2/callback`, `${origin}/`];
  provider = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  provider.stdout?.setEncoding("utf8").on("data", (text: string) => {
    said = [...said, ...text.trim().split("\n")];
  });
  await until(() => said.includes("ready"));
});

afterAll(async () => {
  provider.kill();
  await dev.stop();
  await web.close();
});

const url = (path: string) => `https://${HOST}:${dev.httpsPort}${path}`;
const grants = (what: string) => said.filter((line) => line === what).length;

/** Goes to a page and, at the provider, through its two forms; the URLs on the way. */
async function logIn(jar: CookieJar, path: string, user: string) {
  const form = (page: Awaited<ReturnType<CookieJar["follow"]>>, fields: Readonly<Record<string, string>>) => {
    const action = /<form[^>]* action="([^"]+)"/.exec(page.body)?.[1] ?? "";
    return jar.follow(new URL(action, page.trail.at(-1)).href, PAGE, fields);
  };
  const asked = await jar.follow(url(path), PAGE);
  const consent = await form(asked, { prompt: "login", login: user, password: "x" });
  return form(consent, { prompt: "consent" });
}

describe("a login at a real provider", () => {
  test("leads back to the page, and the cluster is told who it is and gets no cookie of the edge", async () => {
    const jar = new CookieJar(HOST);
    expect((await jar.open(url("/orders"), { accept: "*/*" })).status).toBe(401);
    const { status, trail } = await logIn(jar, "/orders?id=7", "alice");
    expect([status, trail.at(-1)]).toEqual([200, url("/orders?id=7")]);
    expect([...jar.cookies.keys()]).toEqual([expect.stringMatching(/^__Host-ei-session-[0-9a-f]{8}$/)]);
    await jar.open(url("/orders"), { "x-email": "root", cookie: "mine=1" });
    const seen = web.requests.map(({ headers }) => [headers["x-email"], headers.cookie, headers.authorization]);
    const token = expect.stringMatching(/^Bearer [\w-]{20,}$/);
    expect(seen).toEqual([
      ["alice@shop.test", undefined, token],
      ["alice@shop.test", "mine=1", token],
    ]);
    expect(grants("granted authorization_code")).toBe(1);
  });

  test("the way back is good once, and in the browser alone that went there", async () => {
    const jar = new CookieJar(HOST);
    const { trail } = await logIn(jar, "/", "alice");
    const back = trail.find((each) => each.includes("/oauth2/callback?")) ?? "";
    expect((await jar.open(back, PAGE)).status).toBe(400);
    expect((await new CookieJar(HOST).open(back, PAGE)).status).toBe(400);
  });

  test("tokens are refreshed, once for requests that come together, as often as they end", async () => {
    const jar = new CookieJar(HOST);
    await logIn(jar, "/", "bob");
    const before = grants("granted refresh_token");
    await until(async () => {
      const answers = await Promise.all(Array.from({ length: 4 }, () => jar.open(url("/"), { accept: "*/*" })));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      return grants("granted refresh_token") >= before + 2;
    });
    expect(said.filter((line) => line.startsWith("refused"))).toEqual([]);
    const tokens = new Set(web.requests.map(({ headers }) => headers.authorization));
    expect(tokens.size).toBeGreaterThan(2);
    expect(web.requests.at(-1)?.headers["x-email"]).toBe("bob@shop.test");
  });

  test("a logout ends the session here and leads to the provider's own", async () => {
    const jar = new CookieJar(HOST);
    await logIn(jar, "/", "carl");
    const page = await jar.follow(url("/oauth2/logout"), PAGE);
    expect([page.status, new URL(page.trail.at(-1) ?? "").pathname]).toEqual([200, "/session/end"]);
    expect([...jar.cookies.keys()]).toEqual([]);
    const [, action = ""] = /action="([^"]+)"/.exec(page.body) ?? [];
    const [, xsrf = ""] = /name="xsrf" value="([^"]+)"/.exec(page.body) ?? [];
    const ended = await jar.follow(action, PAGE, { xsrf, logout: "yes" });
    // Back at the shop, which leads to the login at once: the provider's session is over, so it asks who it is.
    expect(ended.trail).toContain(url("/"));
    expect(ended.body).toContain('name="login"');
  });

  test("while the provider is away a page is 503 in the end, and nobody is let in", async () => {
    const ended = new Promise((resolve) => provider.once("exit", resolve));
    const jar = new CookieJar(HOST);
    await logIn(jar, "/", "dora");
    provider.kill();
    await ended;
    await until(async () => (await jar.open(url("/"), PAGE)).status === 503);
    web.requests.length = 0;
    expect((await jar.open(url("/"), { accept: "*/*" })).status).toBe(503);
    expect(web.requests).toEqual([]);
  });

  test("neither secrets, codes nor tokens are in the log", async () => {
    const { stdout, stderr } = await dev.stop();
    const log = stdout + stderr;
    expect(log).toContain('"by":"oidc"');
    const tokens = web.requests.map(({ headers }) => headers.authorization?.slice("Bearer ".length) ?? "none");
    for (const secret of [CLIENT_SECRET, SESSION_KEY, "eyJ", "code=", ...tokens]) {
      expect(log).not.toContain(secret);
    }
  });
});
