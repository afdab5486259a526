import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { PROJECT, runCli } from "../../support/cli.ts";
import { plainEnvironment } from "../../support/environment.ts";
import { directoryWith } from "../../support/manifests.ts";
import { type StubPlatform, startStubPlatform } from "../../support/stub-platform.ts";
import { END_OF_INPUT, missingScript, runInTerminal } from "../../support/terminal.ts";

const GOLDEN = fileURLToPath(new URL("golden/wrangler.json.golden", import.meta.url));
const noTerminal = missingScript();
const WRANGLER = join(PROJECT, "node_modules/.bin/wrangler");

const cluster = (spec: string) => `apiVersion: edge-ingress.dev/v1alpha1
kind: Cluster
metadata: { name: eu }
spec: ${spec}
---
`;
const IN_ZONE = cluster('{ endpoint: "https://eu.lb.example.com" }');

function ingress(name: string, host: string, { path = "/", annotations = "{}" } = {}): string {
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: ${name}, namespace: shop, annotations: ${annotations} }
spec:
  rules:
    - host: ${JSON.stringify(host)}
      http: { paths: [{ path: ${path}, pathType: Prefix, backend: { service: { name: ${name}, port: { number: 80 } } } }] }
---
`;
}

const ONLY_OFFICE = '{ nginx.ingress.kubernetes.io/allowlist-source-range: "192.0.2.0/24" }';
const SHOP = ingress("shop", "shop.example.com", { annotations: ONLY_OFFICE });

const deploy = (...flags: readonly string[]) => ["deploy", "-f", "all.yaml", "--zone", "example.com", ...flags];

describe("--dry-run", () => {
  test("from a directory that holds manifests only: a configuration that wrangler itself accepts from there", async () => {
    const manifests = [
      cluster('{ endpoint: "https://lb.eu.internal", via: { vpcService: 0190aaaa } }'),
      SHOP,
      ingress("tenants", "*.tenants.example.com"),
      ingress("elsewhere", "www.example.net"),
      `apiVersion: edge-ingress.dev/v1alpha1
kind: EdgePolicy
metadata: { name: limits, namespace: shop }
spec:
  targetRefs: [{ kind: Ingress, name: tenants }]
  apiKey: {}
  rateLimit: { limits: [{ name: near, mode: local, requests: 100, period: 60s }] }
`,
    ].join("");
    const cwd = directoryWith({ "all.yaml": manifests });
    const args = deploy(
      "--dry-run",
      "--kv",
      `EDGE_INGRESS_KEYS=${"0".repeat(32)}`,
      "--custom-domain",
      "www.example.net",
    );
    const { code, stderr } = await runCli(args, { cwd });
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining("wrangler accepts the configuration"),
    });
    expect(readdirSync(cwd).sort()).toEqual([".wrangler", "all.yaml"]);
    const made = readFileSync(join(cwd, ".wrangler/edge-ingress/edge-ingress/wrangler.json"), "utf8");
    // The time of the deploy is the one thing that differs from run to run.
    const text = made.replace(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/, '"TIME"');
    if (process.env.UPDATE_GOLDEN) writeFileSync(GOLDEN, text);
    expect(text).toBe(readFileSync(GOLDEN, "utf8"));
    const env = { ...plainEnvironment(), CI: "1", WRANGLER_SEND_METRICS: "false" };
    const { stdout } = await promisify(execFile)(WRANGLER, ["deploy", "--dry-run"], { cwd, env });
    expect(stdout).toContain("Using redirected Wrangler configuration");
    for (const bound of ["EDGE_INGRESS_KEYS", "EDGE_INGRESS_HEALTH", "CLUSTER_EU (0190aaaa)", "100 requests/60s"]) {
      expect(stdout).toContain(bound);
    }
  });

  test.each<[string, string, readonly string[], RegExp]>([
    [
      "an endpoint that nothing leads to",
      cluster('{ endpoint: "https://lb.example.org" }') + SHOP,
      [],
      /needs the binding CLUSTER_EU/,
    ],
    [
      "a Custom Domain that is no host",
      IN_ZONE + SHOP,
      ["--custom-domain", "other.example.com"],
      /no rule is for this host/,
    ],
    [
      "a wildcard as a Custom Domain",
      IN_ZONE + ingress("a", "*.example.com"),
      ["--custom-domain", "*.example.com"],
      /no wildcards/,
    ],
    ["a Worker over its budget", IN_ZONE + SHOP, ["--max-size", "1000"], /more than the 1000 of --max-size/],
    ["manifests with errors", SHOP.replace("pathType: Prefix", "pathType: Sideways"), [], /EI1208|EI2/],
  ])("exit code 1 and nothing written: %s", async (_, manifests, flags, sentence) => {
    const cwd = directoryWith({ "all.yaml": manifests });
    const { code, stderr } = await runCli(deploy("--dry-run", ...flags), { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(sentence);
    expect(existsSync(join(cwd, ".wrangler"))).toBe(false);
  });

  test.each<[string, readonly string[], RegExp]>([
    ["steps that don't end at 100", ["--gradual", "10,50", "--probe", "http://a.test/"], /rise to 100/],
    ["steps that nobody watches", ["--gradual", "10,100"], /--probe/],
    ["a KV id that is none", ["--kv", "EDGE_INGRESS_KEYS=abc"], /32 digits/],
    ["a kind that nobody asks about", ["--allow", "everything"], /Allowed choices/],
  ])("wrong use: %s", async (_, flags, sentence) => {
    const cwd = directoryWith({ "all.yaml": IN_ZONE + SHOP });
    const { code, stderr } = await runCli(deploy(...flags), { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(sentence);
  });
});

describe("what somebody wrote by hand", () => {
  const TOML = `name = "edge-by-hand"
main = "src/other.ts"
workers_dev = true
routes = [{ pattern = "shop.example.com/*", zone_name = "example.com" }]
vars = { COLOUR = "blue" }
kv_namespaces = [{ binding = "EDGE_INGRESS_SECRETS", id = "${"1".repeat(32)}" }]
[env.staging]
vars = { COLOUR = "green" }
`;

  test("is not deployed over unless it is named, for it may be another Worker's", async () => {
    const cwd = directoryWith({ "all.yaml": IN_ZONE + SHOP, "wrangler.toml": TOML });
    const { code, stderr } = await runCli(deploy("--dry-run"), { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain("wrangler.toml may be another Worker's");
  });

  test("is built on and not changed; doors stay closed", async () => {
    const cwd = directoryWith({ "all.yaml": IN_ZONE + SHOP, "wrangler.toml": TOML });
    const { code, stderr } = await runCli(deploy("--dry-run", "-c", "wrangler.toml", "--env", "staging"), { cwd });
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining("note: workers_dev of the hand-written configuration is not taken over"),
    });
    expect(readFileSync(join(cwd, "wrangler.toml"), "utf8")).toBe(TOML);
    const made = JSON.parse(
      readFileSync(join(cwd, ".wrangler/edge-ingress/edge-by-hand-staging/wrangler.json"), "utf8"),
    );
    expect(made).toMatchObject({
      name: "edge-by-hand-staging",
      main: "worker.js",
      workers_dev: false,
      preview_urls: false,
      vars: { COLOUR: "green" },
      routes: [{ pattern: "shop.example.com/*", zone_name: "example.com" }],
    });
    // Bindings are not inherited by environments.
    expect(made.kv_namespaces).toBeUndefined();
    expect(made.env).toBeUndefined();
  });

  test("routes that leave a host out are an error", async () => {
    const cwd = directoryWith({
      "all.yaml": IN_ZONE + SHOP + ingress("other", "other.example.com"),
      "wrangler.toml": TOML,
    });
    const { code, stderr } = await runCli(deploy("--dry-run", "-c", "wrangler.toml"), { cwd });
    expect(code).toBe(1);
    expect(stderr).toContain("no route of the hand-written configuration leads other.example.com to the edge");
  });

  test("another tool's redirect is not overwritten", async () => {
    const theirs = '{"configPath":"../../dist/wrangler.json"}';
    const cwd = directoryWith({ "all.yaml": IN_ZONE + SHOP, ".wrangler/deploy/config.json": theirs });
    const { code, stderr } = await runCli(deploy("--dry-run"), { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain("another tool made");
    expect(readFileSync(join(cwd, ".wrangler/deploy/config.json"), "utf8")).toBe(theirs);
  });
});

/** Some twenty runs of wrangler, each of which takes seconds to load. */
const LONG = 900_000;

describe("against the platform", { timeout: LONG }, () => {
  const SECRET = `apiVersion: v1
kind: Secret
metadata: { name: users, namespace: shop }
stringData: { auth: "jane:$apr1$lZL6V/ci$eIMz/iKDkbtys/uU7LEK00" }
---
`;
  const WITH_LOGIN = ingress("shop", "shop.example.com", {
    annotations: "{ nginx.ingress.kubernetes.io/auth-type: basic, nginx.ingress.kubernetes.io/auth-secret: users }",
  });
  const files = { "all.yaml": IN_ZONE + SECRET + WITH_LOGIN };
  const put = (cwd: string, text: string) => writeFileSync(join(cwd, "all.yaml"), text);
  const run = (platform: StubPlatform, cwd: string, ...flags: readonly string[]) =>
    runCli(deploy("--name", "edge", ...flags), { cwd, env: platform.env });

  test("upload, secrets, routes, versions; refusals and failing steps leave the old version serving", async () => {
    const platform = await startStubPlatform();
    const cwd = directoryWith(files);

    // The first one.
    const first = await run(platform, cwd);
    expect(first).toMatchObject({ code: 0, stdout: "nothing is deployed under this name yet\n" });
    expect(platform.versions()).toHaveLength(1);
    const [one] = platform.versions();
    expect(one?.modules.toSorted()).toEqual(["table.bin", "worker.js"]);
    expect(one?.metadata.migrations).toMatchObject({ new_tag: "limits" });
    expect(platform.secrets()).toEqual([expect.stringMatching(/^SECRET_SHOP_USERS_/)]);
    expect(platform.routes()).toMatchObject([{ pattern: "shop.example.com/*" }]);
    expect(
      JSON.stringify(
        platform
          .asked()
          .filter(({ path }) => path.endsWith("/subdomain"))
          .map(({ body }) => `${body}`),
      ),
    ).not.toContain("true");

    // The guard goes: nobody is there to be asked.
    put(cwd, IN_ZONE + ingress("shop", "shop.example.com"));
    const refused = await run(platform, cwd);
    expect(refused.code).toBe(3);
    expect(refused.stdout).toMatch(/^guard-removed: /);
    expect(refused.stderr).toContain("--allow guard-removed");
    expect(platform.versions()).toHaveLength(1);

    // The upload fails.
    platform.fail("POST", /\/versions$/, 10021, "Script startup exceeded CPU time limit.");
    const failed = await run(platform, cwd, "--allow", "guard-removed");
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain("Script startup exceeded CPU time limit.");
    expect(failed.stderr).toContain(`version ${one?.id} serves 100 % as before`);
    expect(platform.serving()).toEqual([{ version_id: one?.id, percentage: 100 }]);
    platform.heal();

    // It is uploaded, and too slow to start.
    platform.startup = 900;
    const slow = await run(platform, cwd, "--allow", "guard-removed");
    expect(slow.code).toBe(1);
    expect(slow.stderr).toContain("900 ms to start, more than the 400 of --max-startup");
    expect(platform.serving()).toEqual([{ version_id: one?.id, percentage: 100 }]);
    platform.startup = 12;

    // At last, step by step, with a host that is well.
    const probe = await startProbe(() => 200);
    const done = await run(
      platform,
      cwd,
      "--allow",
      "guard-removed",
      "--gradual",
      "10,100",
      "--probe",
      probe.url,
      "--step-time",
      "1s",
    );
    expect({ code: done.code, stderr: done.stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining("deployed: edge serves table"),
    });
    const second = platform.versions().at(-1);
    expect(platform.serving()).toEqual([{ version_id: second?.id, percentage: 100 }]);
    expect(probe.overrides()).toContain(`edge="${second?.id}"`);

    // Step by step, with errors: back to the version before.
    put(cwd, IN_ZONE + ingress("shop", "shop.example.com") + ingress("more", "more.example.com"));
    const ill = await startProbe(() => 502);
    const back = await run(platform, cwd, "--gradual", "10,100", "--probe", ill.url, "--step-time", "1s");
    expect(back.code).toBe(1);
    expect(back.stderr).toMatch(/30 of 30 probes failed at 10 %/);
    expect(back.stderr).toContain(`version ${second?.id} serves 100 % as before`);
    expect(platform.serving()).toEqual([{ version_id: second?.id, percentage: 100 }]);
    expect(platform.routes()).toMatchObject([{ pattern: "shop.example.com/*" }]);
  });

  test("the very first deploy fails: nothing serves, and the same command goes on", async () => {
    const platform = await startStubPlatform();
    const cwd = directoryWith(files);
    platform.fail("PUT", /\/scripts\/edge$/, 10021, "Script startup exceeded CPU time limit.");
    const failed = await run(platform, cwd);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain("Script startup exceeded CPU time limit.");
    expect(failed.stderr).toMatch(/the deploy failed: no route leads to it .*run the same command again/);
    expect(platform.serving()).toEqual([]);
    expect(platform.routes()).toBeNull();
    platform.heal();
    expect(await run(platform, cwd)).toMatchObject({ code: 0, stdout: "nothing is deployed under this name yet\n" });
    expect(platform.serving()).toHaveLength(1);
  });

  test("the routes can't be set: the new version serves on the old ones, and the same command goes on", async () => {
    const platform = await startStubPlatform();
    const cwd = directoryWith(files);
    expect((await run(platform, cwd)).code).toBe(0);
    put(cwd, IN_ZONE + SECRET + WITH_LOGIN + ingress("more", "more.example.com"));
    platform.fail("PUT", /\/routes$/, 10020, "can not add the route");
    const failed = await run(platform, cwd);
    const second = platform.versions().at(-1);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain("can not add the route");
    expect(failed.stderr).toMatch(/version \S+ serves on the routes as they were; .*Run the same command again/);
    expect(platform.serving()).toEqual([{ version_id: second?.id, percentage: 100 }]);
    expect(platform.routes()).toMatchObject([{ pattern: "shop.example.com/*" }]);
    platform.heal();
    // It is known here what serves, though the deploy did not end well.
    const again = await run(platform, cwd);
    expect(again).toMatchObject({ code: 0, stdout: "no request is treated in another way\n" });
    expect(platform.routes()).toMatchObject([{ pattern: "more.example.com/*" }, { pattern: "shop.example.com/*" }]);
  });

  test("where requests are split, every version that has a share is compared with", async () => {
    const platform = await startStubPlatform();
    const cwd = directoryWith(files);
    expect((await run(platform, cwd)).code).toBe(0);
    put(cwd, IN_ZONE + ingress("shop", "shop.example.com"));
    expect((await run(platform, cwd, "--allow", "guard-removed")).code).toBe(0);
    const [guarded, open] = platform.versions();
    // Most requests go to the one that has no guard.
    platform.split([
      { version_id: open?.id ?? "", percentage: 90 },
      { version_id: guarded?.id ?? "", percentage: 10 },
    ]);
    const refused = await run(platform, cwd);
    expect(refused.code).toBe(3);
    expect(refused.stdout).toMatch(
      /^against table [0-9a-f]{12}, which has a share of the requests:\n\nno request is treated/,
    );
    expect(refused.stdout).toMatch(/\nguard-removed: GET/);
    const elsewhere = await run(
      platform,
      directoryWith({ "all.yaml": IN_ZONE + ingress("shop", "shop.example.com") }),
      "--against",
      "all.yaml",
    );
    expect(elsewhere.code).toBe(3);
    expect(elsewhere.stdout).toContain("is not known here");
    expect(elsewhere.stderr).toContain("refused: unknown");
  });

  // Where CI asks for nginx it asks for this too: there it fails.
  const isSkipped = noTerminal !== null && process.env.REQUIRE_NGINX !== "1";
  const asked = "somebody at a terminal is asked: no and the end of the input change nothing, yes deploys";
  test.skipIf(isSkipped)(noTerminal === null ? asked : `${asked}: ${noTerminal}`, async () => {
    const platform = await startStubPlatform();
    const cwd = directoryWith(files);
    expect((await run(platform, cwd)).code).toBe(0);
    put(cwd, IN_ZONE + ingress("shop", "shop.example.com"));
    const ask = (answer: string) =>
      runInTerminal(deploy("--name", "edge"), { cwd, env: platform.env, question: /\[y\/N\]/, answer });
    for (const answer of ["n\r", "\r", END_OF_INPUT]) {
      const { code, screen } = await ask(answer);
      expect({ code, screen }).toEqual({ code: 3, screen: expect.stringContaining("nothing was changed") });
      expect(screen).toContain("Deploy edge with guard-removed? [y/N]");
      expect(platform.versions()).toHaveLength(1);
    }
    const { code, screen } = await ask("y\r");
    expect({ code, screen }).toEqual({ code: 0, screen: expect.stringContaining("deployed: edge serves table") });
    expect(platform.versions()).toHaveLength(2);
  });

  test("a Secret that is nowhere, and a deployed table that nobody has", async () => {
    const platform = await startStubPlatform();
    const cwd = directoryWith({ "all.yaml": IN_ZONE + WITH_LOGIN });
    const missing = await run(platform, cwd, "--external-secrets");
    expect(missing.code).toBe(1);
    expect(missing.stderr).toContain("Secret shop/users is neither among the manifests nor at the edge");
    expect(platform.versions()).toHaveLength(0);

    expect((await run(platform, directoryWith(files))).code).toBe(0);
    const elsewhere = await run(platform, directoryWith(files));
    expect(elsewhere.code).toBe(3);
    expect(elsewhere.stdout).toContain("is not known here");

    const other = directoryWith({ ...files, "old.yaml": IN_ZONE + ingress("other", "shop.example.com") });
    const wrong = await run(platform, other, "--against", "old.yaml");
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain("old.yaml is not what is deployed");
    expect(platform.versions()).toHaveLength(1);
  });
});

const probes: { close(): void }[] = [];
afterAll(() => {
  for (const probe of probes) probe.close();
});

async function startProbe(status: () => number) {
  const overrides: string[] = [];
  const server = createServer((request, response) => {
    overrides.push(String(request.headers["cloudflare-workers-version-overrides"]));
    response.writeHead(status()).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  probes.push({ close: () => server.close() });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, overrides: () => overrides };
}
