import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PROJECT, runCli } from "../support/cli.ts";
import { plainEnvironment } from "../support/environment.ts";
import { fakeDeployer } from "../support/fake-deployer.ts";
import { fakeWrangler } from "../support/fake-wrangler.ts";
import { directoryWith, documents, ingress } from "../support/manifests.ts";

const MANIFESTS = documents(
  `apiVersion: edge-ingress.dev/v1alpha1
kind: Cluster
metadata: { name: eu }
spec: { endpoint: "https://eu.example.com" }
`,
  ingress({ name: "shop", host: "shop.example.com" }),
);
const INPUT = ["-f", "all.yaml", "--zone", "example.com"];
const GOES_ON = "note: nobody reads the output any more; the command goes on without it\n";

interface Unread {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Neither stdout nor stderr is read: `2>&1 | head`. */
  readonly isMute?: boolean;
}

/** Runs a command whose pipes are closed at their other end before it writes. */
async function runUnread(args: readonly string[], { cwd, env = {}, isMute = false }: Unread) {
  const child = spawn(process.execPath, [join(PROJECT, "bin/edge-ingress.js"), ...args], {
    cwd,
    env: { ...plainEnvironment(), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.destroy();
  let stderr = "";
  if (isMute) child.stderr.destroy();
  else child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  return { code, stderr };
}

test.each([false, true])("deploy goes on to its end (stderr unread too: %s)", async (isMute) => {
  const fake = fakeDeployer();
  const cwd = directoryWith({ "all.yaml": MANIFESTS });
  const done = await runUnread(["deploy", ...INPUT], { cwd, env: fake.env, isMute });
  expect(done.code).toBe(0);
  expect(fake.state().shares).toEqual([{ version_id: "version-1", percentage: 100 }]);
  if (isMute) return;
  expect(done.stderr.split(GOES_ON)).toHaveLength(2);
  expect(done.stderr).toContain("deployed: edge-ingress serves table");
});

test.each([false, true])("publish and rollback go on to their end (stderr unread too: %s)", async (isMute) => {
  const wrangler = fakeWrangler();
  const cwd = directoryWith({ "all.yaml": MANIFESTS });
  expect((await runCli(["publish", "--new-key", "edge.pem"], { cwd })).code).toBe(0);
  const flags = ["--remote", "--settle", "0s", "--signing-key", "edge.pem", "--allow", "unknown"];
  const options = { cwd, env: wrangler.env, isMute };
  expect((await runUnread(["publish", ...INPUT, ...flags], options)).code).toBe(0);
  const first = wrangler.entries().active?.value;
  expect(first).toBeDefined();
  expect((await runUnread(["rollback", "1", ...flags], options)).code).toBe(0);
  expect(wrangler.entries().active?.value).not.toBe(first);
});

test("a key is added, and that nobody saw it is told", async () => {
  const wrangler = fakeWrangler();
  const cwd = directoryWith();
  const { code, stderr } = await runUnread(["keys", "add", "--remote", "--owner", "ann"], { cwd, env: wrangler.env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining(GOES_ON) });
  expect(Object.keys(wrangler.entries())).toHaveLength(1);
});

test("a command that only tells ends quietly", async () => {
  const cwd = directoryWith({ "all.yaml": MANIFESTS });
  expect((await runUnread(["check", ...INPUT], { cwd })).stderr).not.toContain("note:");
  expect(await runUnread(["diff", "all.yaml", "all.yaml"], { cwd })).toEqual({ code: 0, stderr: "" });
});
