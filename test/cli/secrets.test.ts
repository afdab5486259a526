import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { PROJECT, runCli } from "../support/cli.ts";
import { type FakeWrangler, fakeWrangler } from "../support/fake-wrangler.ts";
import { directoryWith, documents } from "../support/manifests.ts";

const HASH = "$2y$04$abcdefghijklmnopqrstuu/LVz6MZlItEy42I2juLihZ66HnQx/cy";
/** Whatever of the Secrets could come out. */
const SECRETS = /quentin|HUNTER2|abcdefghijklmnopqrstuu|cXVlbnRpb/;

const CLUSTER = `apiVersion: edge-ingress.dev/v1alpha1
kind: Cluster
metadata: { name: eu }
spec: { endpoint: "https://eu.example.com" }
`;

const guarded = (name: string, secret: string) => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: ${name}
  namespace: shop
  annotations:
    nginx.ingress.kubernetes.io/auth-type: basic
    nginx.ingress.kubernetes.io/auth-secret: ${secret}
spec:
  rules:
    - host: ${name}.example.com
      http:
        paths:
          - { path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }
`;

const secret = (name: string, auth: string) => `apiVersion: v1
kind: Secret
metadata: { name: ${name}, namespace: shop }
stringData: { auth: ${JSON.stringify(auth)}, unused: HUNTER2 }
`;

const USERS = `quentin:${HASH}\n`;
const TEXT = JSON.stringify({ auth: USERS });

/** Two routes, of which one's Secret is given. */
const BOTH = [guarded("a", "users"), guarded("b", "others"), secret("users", USERS)];
const ONE = [guarded("a", "users"), secret("users", USERS)];

function manifests(...texts: readonly string[]): string {
  return directoryWith({ "in.yaml": documents(CLUSTER, ...texts) });
}

async function run(wrangler: FakeWrangler, texts: readonly string[], ...args: readonly string[]) {
  const [command = "", ...flags] = args;
  const common = ["-f", manifests(...texts), "--zone", "example.com"];
  const finished = await runCli(["secrets", command, ...common, ...flags], { env: wrangler.env });
  expect(finished.stdout + finished.stderr).not.toMatch(SECRETS);
  return finished;
}

const argumentsOf = (wrangler: FakeWrangler) => wrangler.calls().map(({ args }) => args.join(" "));

describe("secrets list", () => {
  test("names what routes need, and how the edge looks for it", async () => {
    const wrangler = fakeWrangler();
    const { code, stdout } = await run(wrangler, BOTH, "list", "--external-secrets");
    expect(code).toBe(0);
    const lines = stdout.split("\n").map((line) => line.split("\t"));
    expect(lines).toEqual([
      [
        "shop/others",
        "auth",
        expect.stringMatching(/^SECRET_SHOP_OTHERS_/),
        "not given",
        "auth-secret of Ingress shop/b",
      ],
      ["shop/users", "auth", expect.stringMatching(/^SECRET_SHOP_USERS_/), "given", "auth-secret of Ingress shop/a"],
      [""],
    ]);
    expect(wrangler.calls()).toEqual([]);
  });

  test("says the same in JSON", async () => {
    const { stdout } = await run(fakeWrangler(), ONE, "list", "--format", "json");
    expect(JSON.parse(stdout)).toMatchObject([{ name: "shop/users", keys: ["auth"], given: true }]);
  });

  test("ends with 1 where the manifests have errors", async () => {
    const { code, stdout, stderr } = await run(fakeWrangler(), BOTH, "list");
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("EI7001");
  });
});

describe("secrets sync into KV", () => {
  test("puts what is missing, once: the second time there is nothing to do", async () => {
    const wrangler = fakeWrangler();
    const first = await run(wrangler, ONE, "sync", "--remote");
    expect([first.code, first.stdout]).toEqual([0, "shop/users\twas missing: put\n"]);
    expect(wrangler.entries()).toEqual({ "shop/users": { value: TEXT } });
    const calls = wrangler.calls().length;
    const second = await run(wrangler, ONE, "sync", "--remote", "--kv");
    expect([second.code, second.stdout]).toEqual([0, "shop/users\tup to date\n"]);
    expect(
      argumentsOf(wrangler)
        .slice(calls)
        .filter((args) => args.includes("put")),
    ).toEqual([]);
  });

  test("puts no value in an argument; the file was for its owner alone, and is gone", async () => {
    const wrangler = fakeWrangler();
    await run(wrangler, ONE, "sync", "--remote");
    const put = wrangler.calls().find(({ args }) => args[2] === "put");
    expect(put?.args.slice(0, 3)).toEqual(["kv", "bulk", "put"]);
    expect(put?.args.slice(4)).toEqual(["--binding", "EDGE_INGRESS_SECRETS", "--remote"]);
    expect(put?.file).toEqual({ text: JSON.stringify([{ key: "shop/users", value: TEXT }]), mode: 0o600 });
    expect(existsSync(dirname(put?.args[3] ?? ""))).toBe(false);
    expect(argumentsOf(wrangler).join()).not.toMatch(SECRETS);
  });

  test("leaves no file behind where wrangler fails, and shows its words without a value", async () => {
    const wrangler = fakeWrangler();
    wrangler.fail("ERROR Authentication error [code: 10000]");
    const { code, stderr } = await run(wrangler, ONE, "sync", "--remote");
    expect([code, stderr]).toEqual([2, expect.stringContaining("Authentication error")]);
  });

  test("puts what differs, and nothing else", async () => {
    const wrangler = fakeWrangler();
    wrangler.put("shop/users", JSON.stringify({ auth: "HUNTER2" }));
    wrangler.put("shop/others", TEXT);
    const texts = [...ONE, guarded("b", "others"), secret("others", USERS)];
    const { code, stdout } = await run(wrangler, texts, "sync", "--remote");
    expect([code, stdout]).toEqual([0, "shop/others\tup to date\nshop/users\twas stale: put\n"]);
    expect(wrangler.calls().find(({ file }) => file)?.file?.text).not.toContain("shop/others");
  });

  test("with --dry-run looks and puts nothing; there is something to do: 1", async () => {
    const wrangler = fakeWrangler();
    wrangler.put("shop/users", "{}");
    const texts = [...ONE, guarded("b", "others"), secret("others", USERS)];
    const { code, stdout, stderr } = await run(wrangler, texts, "sync", "--remote", "--dry-run");
    expect([code, stdout]).toEqual([1, "shop/others\tmissing\nshop/users\tstale\n"]);
    expect(stderr).toContain("2 would be put to the KV namespace EDGE_INGRESS_SECRETS");
    expect(argumentsOf(wrangler).filter((args) => /put|delete/.test(args))).toEqual([]);
  });

  test("shows what nothing needs, and how to remove it; other entries are nobody's business", async () => {
    const wrangler = fakeWrangler();
    wrangler.put("shop/gone", TEXT);
    wrangler.put("keys", "HUNTER2");
    const { code, stdout } = await run(wrangler, ONE, "sync", "--remote");
    const removal = "wrangler kv key delete shop/gone --binding EDGE_INGRESS_SECRETS --remote";
    expect([code, stdout]).toEqual([0, `shop/users\twas missing: put\nshop/gone\tunused: ${removal}\n`]);
    expect(wrangler.entries()["shop/gone"]).toBeDefined();
  });

  test("tells of a Secret that is neither among the manifests nor at the edge: 1", async () => {
    const wrangler = fakeWrangler();
    const flags = ["sync", "--remote", "--external-secrets"] as const;
    const missing = await run(wrangler, BOTH, ...flags);
    expect(missing.code).toBe(1);
    expect(missing.stdout).toContain("shop/others\tmissing, and not among the manifests\n");
    expect(missing.stderr).toContain("1 missing: their routes are answered 503");
    wrangler.put("shop/others", TEXT);
    const there = await run(wrangler, BOTH, ...flags);
    expect(there.code).toBe(0);
    expect(there.stdout).toContain("shop/others\tthere, and not among the manifests\n");
  });

  test("warns of a Worker secret that comes before it: 1", async () => {
    const wrangler = fakeWrangler();
    await run(wrangler, ONE, "sync", "--worker");
    const { code, stderr } = await run(wrangler, ONE, "sync", "--remote");
    expect(code).toBe(1);
    expect(stderr).toMatch(/the Worker secret (SECRET_SHOP_USERS_\w+) comes before KV: .*wrangler secret delete \1/);
  });

  test("of another namespace, in the words of wrangler", async () => {
    const wrangler = fakeWrangler();
    await run(wrangler, ONE, "sync", "--remote", "--namespace-id", "abc", "-c", "other.toml", "-e", "staging");
    expect(argumentsOf(wrangler)[0]).toBe("kv key list --namespace-id abc --remote --config other.toml --env staging");
  });

  test("of nothing, where no route needs a Secret", async () => {
    const { code, stdout } = await run(
      fakeWrangler(),
      [guarded("a", "users").replace(/ {2}annotations:\n(?: {4}.*\n)+/, "")],
      "sync",
      "--remote",
    );
    expect([code, stdout]).toEqual([0, ""]);
  });
});

describe("secrets sync into Worker secrets", () => {
  test("hands all of them to wrangler by standard input", async () => {
    const wrangler = fakeWrangler();
    const { code, stdout } = await run(wrangler, ONE, "sync", "--worker", "--name", "edge");
    expect([code, stdout]).toEqual([0, "shop/users\twas missing: put\n"]);
    const bulk = wrangler.calls().find(({ args }) => args[1] === "bulk");
    expect(bulk?.args).toEqual(["secret", "bulk", "--name", "edge"]);
    expect(Object.entries(JSON.parse(bulk?.stdin ?? ""))).toEqual([
      [expect.stringMatching(/^SECRET_SHOP_USERS_/), TEXT],
    ]);
    expect(argumentsOf(wrangler).join()).not.toMatch(SECRETS);
    const again = await run(wrangler, ONE, "sync", "--worker", "--dry-run");
    expect([again.code, again.stdout]).toEqual([1, "shop/users\tthere, and can't be compared\n"]);
  });

  test("refuses what is too large for one, before it puts any", async () => {
    const wrangler = fakeWrangler();
    const texts = [guarded("a", "users"), secret("users", USERS.repeat(100))];
    const { code, stderr } = await run(wrangler, texts, "sync", "--worker");
    expect([code, stderr]).toEqual([2, expect.stringContaining("use --kv")]);
    expect(wrangler.calls()).toEqual([]);
  });
});

describe("wrong use: 2", () => {
  test.each([
    [["sync"], "say which Secrets are meant"],
    [["sync", "--local", "--remote"], "say which Secrets are meant"],
    [["sync", "--kv", "--worker", "--remote"], "one of --kv and --worker"],
    [["sync", "--worker", "--local"], "--local is for KV"],
    [["sync", "--worker", "--binding", "X"], "are for KV"],
    [["sync", "--remote", "--binding", "X", "--namespace-id", "y"], "one of --binding and --namespace-id"],
  ])("%j", async (args, sentence) => {
    const wrangler = fakeWrangler();
    const { code, stderr } = await run(wrangler, ONE, ...args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(sentence)]);
    expect(wrangler.calls()).toEqual([]);
  });

  test("without wrangler", async () => {
    const env = { PATH: dirname(process.execPath) };
    const args = ["secrets", "sync", "-f", manifests(...ONE), "--zone", "example.com", "--remote"];
    const { code, stderr } = await runCli(args, { cwd: directoryWith(), env });
    // Node's own directory may have one, where the project's tools are.
    if (!existsSync(join(env.PATH, "wrangler")))
      expect([code, stderr]).toEqual([2, expect.stringContaining("not on the PATH")]);
  });
});

test("the real wrangler stores and finds them, in its local storage", async () => {
  const directory = manifests(...ONE);
  const env = {
    PATH: `${join(PROJECT, "node_modules/.bin")}:${process.env.PATH}`,
    CI: "1",
    WRANGLER_SEND_METRICS: "false",
  };
  const sync = (...more: readonly string[]) =>
    runCli(["secrets", "sync", "-f", "in.yaml", "--zone", "example.com", "--local", ...more], { cwd: directory, env });
  expect(await sync("--dry-run")).toMatchObject({ code: 1, stdout: "shop/users\tmissing\n" });
  expect(await sync()).toMatchObject({ code: 0, stdout: "shop/users\twas missing: put\n" });
  const { code, stdout, stderr } = await sync();
  expect([code, stdout]).toEqual([0, "shop/users\tup to date\n"]);
  expect(stderr).not.toMatch(SECRETS);
});
