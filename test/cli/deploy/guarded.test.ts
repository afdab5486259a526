import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runCli } from "../../support/cli.ts";
import { type FakeDeployer, fakeDeployer } from "../../support/fake-deployer.ts";
import { directoryWith, documents, ingress } from "../../support/manifests.ts";

const CLUSTER = `apiVersion: edge-ingress.dev/v1alpha1
kind: Cluster
metadata: { name: eu }
spec: { endpoint: "https://eu.example.com" }
`;
const ONLY_OFFICE = { "nginx.ingress.kubernetes.io/allowlist-source-range": "192.0.2.0/24" };
const shop = (annotations: Readonly<Record<string, string>> = {}) =>
  documents(CLUSTER, ingress({ name: "shop", host: "shop.example.com", annotations }));
const GUARDED = shop(ONLY_OFFICE);
const OPEN = shop();

const NAME = ["--name", "edge"];
const HERE = ".wrangler/edge-ingress/edge";

function run(
  fake: FakeDeployer,
  cwd: string,
  flags: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
) {
  const args = ["deploy", "-f", "all.yaml", "--zone", "example.com", ...NAME, ...flags];
  return runCli(args, { cwd, env: { ...fake.env, ...env } });
}

const put = (cwd: string, text: string) => writeFileSync(join(cwd, "all.yaml"), text);
const keptIn = (cwd: string) => readdirSync(join(cwd, HERE, "deployed")).sort();

/** Both tables kept in one directory; what serves is the guarded one. */
async function bothKept() {
  const fake = fakeDeployer();
  const cwd = directoryWith({ "all.yaml": OPEN });
  expect((await run(fake, cwd)).code).toBe(0);
  const [open = ""] = keptIn(cwd);
  put(cwd, GUARDED);
  expect((await run(fake, cwd)).code).toBe(0);
  const guarded = keptIn(cwd).find((name) => name !== open) ?? "";
  put(cwd, OPEN);
  return {
    fake,
    cwd,
    kept: (name: "open" | "guarded") => join(cwd, HERE, "deployed", name === "open" ? open : guarded),
  };
}

describe("a kept table is believed by its bytes", () => {
  test("that of another hash in its place is none: what is deployed is unknown", async () => {
    const { fake, cwd, kept } = await bothKept();
    const known = await run(fake, cwd);
    expect(known).toMatchObject({ code: 3, stderr: expect.stringContaining("refused: guard-removed.") });
    rmSync(kept("guarded"), { recursive: true });
    cpSync(kept("open"), kept("guarded"), { recursive: true });
    const { code, stdout, stderr } = await run(fake, cwd);
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining("refused: unknown.") });
    expect(stdout).toContain("is not known here");
    expect(fake.state().versions).toHaveLength(2);
  });

  test.each(["table.bin", "report.json"])("with a %s that is another's, or cut off", async (file) => {
    const { fake, cwd, kept } = await bothKept();
    const own = readFileSync(join(kept("guarded"), file));
    for (const bytes of [readFileSync(join(kept("open"), file)), own.subarray(0, own.length - 4), Buffer.alloc(0)]) {
      writeFileSync(join(kept("guarded"), file), bytes);
      const { code, stderr } = await run(fake, cwd);
      expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining("refused: unknown.") });
    }
  });

  test("with the guard taken out of its bytes, and the hash left as it was", async () => {
    const { fake, cwd, kept } = await bothKept();
    const hash = readFileSync(join(kept("guarded"), "table.bin")).subarray(16, 48);
    const table = readFileSync(join(kept("open"), "table.bin"));
    table.set(hash, 16);
    writeFileSync(join(kept("guarded"), "table.bin"), table);
    expect(await run(fake, cwd)).toMatchObject({ code: 3, stderr: expect.stringContaining("refused: unknown.") });
  });
});

describe("what was compared is what is uploaded", () => {
  test.each([
    ["deploy --message", "a new Worker"],
    ["versions upload", "a version"],
  ])("held at `%s` (%s), with a dry run of other manifests in the same directory meanwhile", async (call, what) => {
    const fake = fakeDeployer();
    const cwd = directoryWith({ "all.yaml": GUARDED });
    if (what === "a version") expect((await run(fake, cwd)).code).toBe(0);
    const before = fake.state().versions.length;
    const deploying = run(fake, cwd, [], fake.hold(call));
    await Promise.race([fake.held(), deploying]);
    put(cwd, OPEN);
    expect((await run(fake, cwd, ["--dry-run"])).code).toBe(0);
    const dry = readFileSync(join(cwd, HERE, "table.bin"))
      .subarray(16, 48)
      .toString("hex");
    fake.release();
    expect((await deploying).code).toBe(0);
    const uploaded = fake.state().versions[before];
    expect(uploaded?.table).not.toBe(dry);
    expect(uploaded?.message).toContain(`table=${uploaded?.table.slice(0, 32)}`);
    const kept = join(cwd, HERE, "deployed", uploaded?.table.slice(0, 32) ?? "");
    expect(readFileSync(join(kept, "table.bin")).subarray(16, 48).toString("hex")).toBe(uploaded?.table);
    // So that the next one sees the guard go.
    expect(await run(fake, cwd)).toMatchObject({ code: 3, stderr: expect.stringContaining("refused: guard-removed.") });
  });

  test("a refused deploy leaves nothing that wrangler alone would deploy", async () => {
    const fake = fakeDeployer();
    const cwd = directoryWith({ "all.yaml": GUARDED });
    expect((await run(fake, cwd)).code).toBe(0);
    const table = readFileSync(join(cwd, HERE, "table.bin"));
    put(cwd, OPEN);
    expect((await run(fake, cwd)).code).toBe(3);
    expect(readFileSync(join(cwd, HERE, "table.bin"))).toEqual(table);
    expect(existsSync(join(cwd, ".wrangler/deploy/config.json"))).toBe(true);
  });
});

describe("--against", () => {
  const TABLES = ["--kv", `EDGE_INGRESS_TABLES=${"0".repeat(32)}`];

  test("is compared with before the first deploy too", async () => {
    const fake = fakeDeployer();
    const cwd = directoryWith({ "all.yaml": OPEN, "old.yaml": GUARDED, "broken.yaml": "kind: [" });
    const refused = await run(fake, cwd, ["--against", "old.yaml"]);
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining("refused: guard-removed.") });
    expect(refused.stdout).toMatch(
      /^nothing is deployed under this name yet\n\nagainst table [0-9a-f]{12} of --against:\n\nguard-removed: /,
    );
    expect((await run(fake, cwd, ["--against", "broken.yaml"])).code).toBe(2);
    expect(fake.state().versions).toEqual([]);
    expect((await run(fake, cwd, ["--against", "old.yaml", "--allow", "guard-removed"])).code).toBe(0);
  });

  test("says nothing of a published table, which stays unknown: on the first deploy and later", async () => {
    const fake = fakeDeployer();
    const cwd = directoryWith({ "all.yaml": GUARDED });
    const flags = [...TABLES, "--against", "all.yaml"];
    for (const versions of [0, 1]) {
      const { code, stderr } = await run(fake, cwd, flags);
      expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining("refused: unknown.") });
      expect(stderr).toContain("note: a published table may serve, and is not compared with here");
      expect(fake.state().versions).toHaveLength(versions);
      expect((await run(fake, cwd, [...flags, "--allow", "unknown"])).code).toBe(0);
    }
  });
});

test.each(["a Worker that is new", "a Worker that has a new class"])(
  "somebody else deploys between the comparison and the deploy of %s: refused",
  async (what) => {
    const fake = fakeDeployer();
    const cwd = directoryWith({ "all.yaml": GUARDED });
    if (what !== "a Worker that is new") {
      expect((await run(fake, cwd)).code).toBe(0);
      const versions = fake
        .state()
        .versions.map((one) => ({ ...one, message: one.message.replace("limits", "health") }));
      fake.set({ versions });
    }
    const deploying = run(fake, cwd, [], fake.hold("deployments status", 2));
    await Promise.race([fake.held(), deploying]);
    const before = fake.state().versions;
    fake.set({ shares: [{ version_id: "theirs", percentage: 100 }] });
    fake.release();
    const { code, stderr } = await deploying;
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining("somebody else deployed meanwhile: nothing was changed"),
    });
    expect(fake.state()).toEqual({ versions: before, shares: [{ version_id: "theirs", percentage: 100 }] });
  },
);
