import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import { hashOfKey, idOfKey, parseApiKeyRecord, recordName } from "../../src/table/api-keys.ts";
import { runCli } from "../support/cli.ts";
import { type FakeWrangler, fakeWrangler } from "../support/fake-wrangler.ts";
import { directoryWith } from "../support/manifests.ts";

const KEY = /^ei_[0-9A-Za-z]{12}_[0-9A-Za-z]{43}\n$/;

const keys = (wrangler: FakeWrangler, ...args: readonly string[]) => runCli(["keys", ...args], { env: wrangler.env });

/** A key that was added, without its line break. */
async function added(wrangler: FakeWrangler, ...more: readonly string[]): Promise<{ key: string; id: string }> {
  const { code, stdout, stderr } = await keys(wrangler, "add", "--remote", "--owner", "acme", ...more);
  expect([code, stderr]).toEqual([0, expect.stringContaining("is shown this once")]);
  const key = stdout.trim();
  return { key, id: idOfKey(key) ?? "" };
}

const recordOf = (wrangler: FakeWrangler, id: string) =>
  parseApiKeyRecord(wrangler.entries()[recordName(id)]?.value ?? "");

describe("keys add", () => {
  test("prints the key and nothing else on stdout, and stores its hash with its terms", async () => {
    const wrangler = fakeWrangler();
    const { code, stdout, stderr } = await keys(
      ...[wrangler, "add", "--remote", "--owner", "acme", "--scope", "orders:read", "--scope", "a"],
      ...["--scope", "a", "--plan", "gold", "--expires", "2099-01-31"],
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(KEY);
    const key = stdout.trim();
    const id = idOfKey(key) ?? "";
    expect(stderr).toContain(`key ${id} of acme is in EDGE_INGRESS_KEYS`);
    expect(recordOf(wrangler, id)).toEqual({
      hash: await hashOfKey(key),
      owner: "acme",
      scopes: ["orders:read", "a"],
      plan: "gold",
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      expiresAt: "2099-01-31T00:00:00.000Z",
      revokedAt: null,
    });
  });

  test("the key is in no argument, in no file and not in KV; the file was for the owner alone, and is gone", async () => {
    const wrangler = fakeWrangler();
    const { key } = await added(wrangler);
    const secret = key.slice(-43);
    const [call] = wrangler.calls();
    expect(wrangler.calls()).toHaveLength(1);
    expect(call?.args.slice(0, 3)).toEqual(["kv", "bulk", "put"]);
    expect(JSON.stringify(wrangler.calls())).not.toContain(secret);
    expect(JSON.stringify(wrangler.entries())).not.toContain(secret);
    expect(call?.file?.mode).toBe(0o600);
    expect(existsSync(dirname(call?.args[3] ?? ""))).toBe(false);
  });

  test("two keys have nothing in common", async () => {
    const wrangler = fakeWrangler();
    const [one, two] = [await added(wrangler), await added(wrangler)];
    expect(one.id).not.toBe(two.id);
    expect(one.key.slice(-43)).not.toBe(two.key.slice(-43));
  });

  test("where wrangler fails its words are shown, no key is, and nothing is left behind", async () => {
    const wrangler = fakeWrangler();
    wrangler.fail("\u001b[31mAuthentication error [code: 10000]\u001b[0m");
    const { code, stdout, stderr } = await keys(wrangler, "add", "--remote", "--owner", "acme");
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toBe("edge-ingress: wrangler kv bulk put failed:\nAuthentication error [code: 10000]\n");
    expect(existsSync(dirname(wrangler.calls()[0]?.args[3] ?? ""))).toBe(false);
  });

  test("without wrangler it says how to get it", async () => {
    const { code, stdout, stderr } = await runCli(["keys", "add", "--remote", "--owner", "acme"], {
      cwd: directoryWith(),
      env: { PATH: "/nonexistent" },
    });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("wrangler is not on the PATH");
  });

  test.each<[string, readonly string[]]>([
    ["no owner", ["add", "--remote"]],
    ["an empty owner", ["add", "--remote", "--owner", ""]],
    ["an owner of two lines", ["add", "--remote", "--owner", "a\nb"]],
    ["an owner that is no ASCII", ["add", "--remote", "--owner", "J\u00f6rg"]],
    ["an owner with spaces at its end", ["add", "--remote", "--owner", "acme "]],
    ["a scope with a space", ["add", "--remote", "--owner", "a", "--scope", "a b"]],
    ["an end in the past", ["add", "--remote", "--owner", "a", "--expires", "2020-01-01"]],
    ["an end at once", ["add", "--remote", "--owner", "a", "--expires", "0s"]],
    ["an end that is no time", ["add", "--remote", "--owner", "a", "--expires", "never"]],
    ["a day that does not exist", ["add", "--remote", "--owner", "a", "--expires", "2099-13-45"]],
    ["a local time", ["add", "--remote", "--owner", "a", "--expires", "2099-01-31T12:00:00"]],
    ["neither --local nor --remote", ["add", "--owner", "a"]],
    ["both", ["add", "--owner", "a", "--local", "--remote"]],
    ["a binding and an id", ["list", "--remote", "--binding", "A", "--namespace-id", "b"]],
    ["no id to revoke", ["revoke", "--remote"]],
    ["a key in the place of its id", ["revoke", "--remote", `ei_${"a".repeat(12)}_${"a".repeat(43)}`]],
    ["an id that is a path", ["revoke", "--remote", "../../etc/pwd"]],
    ["an option of wrangler as an id", ["revoke", "--remote", "--", "--remote=true"]],
    ["another command", ["delete", "--remote"]],
    ["no command", []],
  ])("%s: exit code 2, and wrangler is not asked", async (_, args) => {
    const wrangler = fakeWrangler();
    const { code, stdout } = await keys(wrangler, ...args);
    expect([code, stdout, wrangler.calls()]).toEqual([2, "", []]);
  });

  test("what does not fit KV's metadata is said before anything is written", async () => {
    const wrangler = fakeWrangler();
    const scopes = Array.from({ length: 20 }, (_, index) => ["--scope", `${index}`.padStart(64, "s")]).flat();
    const { code, stderr } = await keys(wrangler, "add", "--remote", "--owner", "acme", ...scopes);
    expect([code, wrangler.calls()]).toEqual([2, []]);
    expect(stderr).toContain("KV takes 1,024 bytes");
  });
});

describe("the namespace", () => {
  const flagsOf = async (...args: readonly string[]) => {
    const wrangler = fakeWrangler();
    expect((await keys(wrangler, "list", ...args)).code).toBe(0);
    return wrangler.calls()[0]?.args;
  };

  test.each<[readonly string[], readonly string[]]>([
    [["--remote"], ["--binding", "EDGE_INGRESS_KEYS", "--remote"]],
    [["--local"], ["--namespace-id", "EDGE_INGRESS_KEYS", "--local"]],
    [
      ["--local", "--binding", "KEYS"],
      ["--binding", "KEYS", "--local"],
    ],
    [
      ["--remote", "--namespace-id", "0f2a"],
      ["--namespace-id", "0f2a", "--remote"],
    ],
    [
      ["--remote", "-c", "edge/wrangler.jsonc", "-e", "staging"],
      ["--binding", "EDGE_INGRESS_KEYS", "--remote", "--config", "edge/wrangler.jsonc", "--env", "staging"],
    ],
  ])("%j is %j for wrangler", async (args, flags) => {
    expect(await flagsOf(...args)).toEqual(["kv", "key", "list", "--prefix", "key/", ...flags]);
  });
});

describe("keys list", () => {
  test("shows who has which key and how it stands, in the order of creation, and nothing of hashes", async () => {
    const wrangler = fakeWrangler();
    const one = await added(wrangler, "--scope", "orders:read", "--plan", "gold", "--expires", "2099-01-31");
    const two = await added(wrangler);
    await keys(wrangler, "revoke", "--remote", two.id);
    const { code, stdout, stderr } = await keys(wrangler, "list", "--remote");
    expect([code, stderr]).toEqual([0, ""]);
    const dayOf = (id: string) => recordOf(wrangler, id)?.createdAt.slice(0, 10);
    expect(stdout.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
      ["ID", "STATE", "OWNER", "SCOPES", "PLAN", "CREATED", "EXPIRES"],
      [one.id, "active", "acme", "orders:read", "gold", dayOf(one.id), "2099-01-31"],
      [two.id, "revoked", "acme", "-", "-", dayOf(two.id), "-"],
      [""],
    ]);
    const json = await keys(wrangler, "list", "--remote", "--format", "json");
    expect(JSON.parse(json.stdout)).toMatchObject([
      { id: one.id, state: "active" },
      { id: two.id, state: "revoked" },
    ]);
    expect(json.stdout).not.toContain("hash");
  });

  test("entries of others are counted and not shown: they may be anything", async () => {
    const wrangler = fakeWrangler();
    wrangler.put("key/AAAAAAAAAAAA", "x", { owner: "\u001b[2J" });
    wrangler.put("key/other", "x");
    wrangler.put("secret/users", "x");
    const { code, stdout, stderr } = await keys(wrangler, "list", "--remote");
    expect([code, stdout]).toEqual([0, ""]);
    expect(stderr).toBe("edge-ingress: 2 entries are no keys of ours\nedge-ingress: no keys\n");
  });
});

describe("keys revoke", () => {
  test("keeps who had the key, and says until when it may open", async () => {
    const wrangler = fakeWrangler();
    const { id } = await added(wrangler, "--scope", "a");
    const before = recordOf(wrangler, id);
    const { code, stdout, stderr } = await keys(wrangler, "revoke", "--remote", id);
    expect([code, stdout]).toEqual([0, ""]);
    expect(stderr).toContain(`key ${id} of acme is revoked; it opens nothing after 90 s at most`);
    expect(recordOf(wrangler, id)).toEqual({ ...before, revokedAt: expect.stringMatching(/^\d{4}-/) });
    const again = await keys(wrangler, "revoke", "--remote", id);
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining("was revoked at")]);
  });

  test("a key that does not exist is an error: the one that was meant may still be open", async () => {
    const { code, stderr } = await keys(fakeWrangler(), "revoke", "--remote", "AAAAAAAAAAAA");
    expect([code, stderr]).toEqual([2, "edge-ingress: there is no key AAAAAAAAAAAA in EDGE_INGRESS_KEYS\n"]);
  });

  test("a record that can't be read is not overwritten", async () => {
    const wrangler = fakeWrangler();
    wrangler.put("key/AAAAAAAAAAAA", "{}");
    expect((await keys(wrangler, "revoke", "--remote", "AAAAAAAAAAAA")).code).toBe(2);
    expect(wrangler.entries()["key/AAAAAAAAAAAA"]?.value).toBe("{}");
  });

  test("where wrangler fails it is not said to be done", async () => {
    const wrangler = fakeWrangler();
    const { id } = await added(wrangler);
    wrangler.fail("no network");
    const { code, stderr } = await keys(wrangler, "revoke", "--remote", id);
    expect(code).toBe(2);
    expect(stderr).not.toContain("is revoked");
  });
});

describe("keys rotate", () => {
  test("makes a new key on the old one's terms; the old one ends after the grace time", async () => {
    const wrangler = fakeWrangler();
    const old = await added(wrangler, "--scope", "a", "--plan", "gold");
    const { code, stdout } = await keys(wrangler, "rotate", "--remote", "--grace", "1h", old.id);
    expect([code, stdout]).toEqual([0, expect.stringMatching(KEY)]);
    const id = idOfKey(stdout.trim()) ?? "";
    expect(id).not.toBe(old.id);
    const [fresh, ending] = [recordOf(wrangler, id), recordOf(wrangler, old.id)];
    expect(fresh).toMatchObject({ owner: "acme", scopes: ["a"], plan: "gold", expiresAt: null, revokedAt: null });
    expect(fresh?.hash).toBe(await hashOfKey(stdout.trim()));
    expect(ending?.hash).toBe(await hashOfKey(old.key));
    expect(Date.parse(ending?.expiresAt ?? "") - Date.parse(fresh?.createdAt ?? "")).toBe(3_600_000);
  });

  test("never makes a key last longer than it did", async () => {
    const wrangler = fakeWrangler();
    const { id } = await added(wrangler, "--expires", "1h");
    const before = recordOf(wrangler, id)?.expiresAt;
    const { stdout } = await keys(wrangler, "rotate", "--remote", "--grace", "24h", id);
    expect(recordOf(wrangler, id)?.expiresAt).toBe(before);
    expect(recordOf(wrangler, idOfKey(stdout.trim()) ?? "")?.expiresAt).toBe(before);
  });

  test("`--grace 0s` ends it at once", async () => {
    const wrangler = fakeWrangler();
    const { id } = await added(wrangler);
    await keys(wrangler, "rotate", "--remote", "--grace", "0s", id);
    expect(Date.parse(recordOf(wrangler, id)?.expiresAt ?? "")).toBeLessThanOrEqual(Date.now());
  });

  test("a revoked key has no successor", async () => {
    const wrangler = fakeWrangler();
    const { id } = await added(wrangler);
    await keys(wrangler, "revoke", "--remote", id);
    const { code, stdout, stderr } = await keys(wrangler, "rotate", "--remote", id);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("is revoked: add a new one");
  });
});
