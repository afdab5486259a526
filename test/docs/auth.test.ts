import { type ChildProcess, spawn } from "node:child_process";
import { connect } from "node:net";
import { delimiter } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DevProcess, runCli, startDev } from "../support/cli.ts";
import { directoryWith } from "../support/manifests.ts";
import { quietPort } from "../support/ports.ts";
import { send } from "../support/request.ts";
import { PROJECT, readPage } from "./markdown.ts";

/** The files of the page, by the name in their first line. */
const page = readPage("docs/auth.md");
const fences = [...page.matchAll(/^```(?:yaml|js)\n(?:#|\/\/) (\S+)\n([\s\S]*?)^```$/gm)];
const files = Object.fromEntries(fences.map(([, name = "", text = ""]) => [name, text]));

/** What a request to the example's host comes to. */
async function ask(dev: DevProcess, path: string, headers: Readonly<Record<string, string>> = {}) {
  const { status, headers: answered, body } = await send({ port: dev.port, host: "shop.example.com", path, headers });
  return { status, challenge: answered["www-authenticate"] ?? null, text: body };
}

/** What comes back for these bytes. */
function raw(port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(request));
    socket.setEncoding("utf8").on("data", (text: string) => {
      answer += text;
    });
    socket.on("error", reject).on("close", () => resolve(answer));
  });
}

describe("JSON Web Tokens", () => {
  let issuer: ChildProcess;
  let dev: DevProcess;
  let token = "";

  beforeAll(async () => {
    const port = `${await quietPort()}`;
    const atPort = (name: string) => (files[name] ?? "").replaceAll("9000", port);
    const directory = directoryWith({ "jwt.yaml": atPort("jwt.yaml"), "issuer.mjs": atPort("issuer.mjs") });
    issuer = spawn(process.execPath, ["issuer.mjs"], { cwd: directory, stdio: ["ignore", "pipe", "inherit"] });
    token = await new Promise<string>((resolve, reject) => {
      issuer.stdout?.setEncoding("utf8").once("data", (text: string) => resolve(text.trim()));
      issuer.once("exit", () => reject(new Error("the issuer ended")));
    });
    dev = await startDev(["-f", "jwt.yaml", "--demo"], { cwd: directory });
  });

  afterAll(async () => {
    issuer.kill();
    await dev.stop();
  });

  test("no token", async () => {
    expect(await ask(dev, "/api/orders")).toMatchObject({ status: 401, challenge: 'Bearer realm="shop.example.com"' });
  });

  test("a good token: the keys are fetched over the network, and the cluster is told the claims", async () => {
    const headers = { authorization: `Bearer ${token}`, "x-user": "root", "X-Roles": "admin", x_roles: "admin" };
    const { status, text } = await ask(dev, "/api/orders", headers);
    expect(status).toBe(200);
    const told = text.split("\n").filter((line) => /^x.(?:user|roles)/.test(line));
    expect(told).toEqual(["x-roles: buyer,staff", "x-user: alice"]);
    for (const line of told) expect(page).toContain(line);
  });

  test("a token that was tampered with", async () => {
    const [header, payload, signature] = token.split(".") as [string, string, string];
    const claims = { ...JSON.parse(Buffer.from(payload, "base64url").toString()), sub: "root" };
    const forged = `${header}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.${signature}`;
    expect(await ask(dev, "/api/orders", { authorization: `Bearer ${forged}` })).toMatchObject({
      status: 401,
      challenge: 'Bearer error="invalid_token"',
    });
  });

  test.each([
    "/api",
    "/api/",
    "/%61pi/orders",
    "/x/../api/orders",
    "/x/%2e%2e/api",
    "//api",
    "/api%2forders",
    "/./api",
  ])("%s is guarded, or refused as it can be read in two ways", async (path) => {
    expect([400, 401]).toContain((await ask(dev, path)).status);
  });

  test("outside of the path the routes are open, and no client can say who it is there either", async () => {
    const { status, text } = await ask(dev, "/", { "x-user": "root", X_Roles: "admin" });
    expect(status).toBe(200);
    expect(text).not.toMatch(/root|admin/);
  });

  test("no part of the token is in the log", async () => {
    const { stdout, stderr } = await dev.stop();
    const log = stdout + stderr;
    for (const part of token.split(".")) expect(log).not.toContain(part.slice(0, 20));
  });
});

describe("access lists", () => {
  let dev: DevProcess;

  beforeAll(async () => {
    const cwd = directoryWith({ "access.yaml": files["access.yaml"] ?? "" });
    dev = await startDev(["-f", "access.yaml", "--demo"], { cwd });
  });

  afterAll(() => dev.stop());

  test.each([
    ["allowed", {}, 200],
    ["allowed", { "cf-connecting-ip": "192.0.2.1" }, 200],
    ["allowed, mapped to IPv6", { "cf-connecting-ip": "::ffff:192.0.2.1" }, 200],
    ["denied", { "cf-connecting-ip": "192.0.2.66" }, 403],
    ["on no list", { "cf-connecting-ip": "198.51.100.1" }, 403],
    ["no address", { "cf-connecting-ip": "unknown" }, 403],
    [
      "claimed in a header that counts for nothing",
      { "cf-connecting-ip": "198.51.100.1", "x-forwarded-for": "192.0.2.1" },
      403,
    ],
  ])("%s: %j is %i", async (_, headers, status) => {
    expect((await ask(dev, "/", headers)).status).toBe(status);
  });
});

describe("client certificates", () => {
  let dev: DevProcess;

  beforeAll(async () => {
    const cwd = directoryWith({ "mtls.yaml": files["mtls.yaml"] ?? "" });
    dev = await startDev(["-f", "mtls.yaml", "--demo"], { cwd });
  });

  afterAll(() => dev.stop());

  const [, command = ""] = /-H 'Host: shop\.example\.com' (-H 'Cf-Cert-Presented[\s\S]*?)http:/.exec(page) ?? [];
  const shown = Object.fromEntries(
    [...command.matchAll(/-H '([^:]+): ([^']+)'/g)].map(([, name, value]) => [name, value]),
  );

  test("the one of the page is let in, and the cluster told of it", async () => {
    const { status, text } = await ask(dev, "/", shown);
    expect(status).toBe(200);
    expect(text).toContain(
      "ssl-client-issuer-dn: CN=Partners CA,O=Shop\nssl-client-subject-dn: CN=ann,O=Acme\nssl-client-verify: SUCCESS",
    );
    expect(text.toLowerCase()).not.toContain("cf-cert-");
  });

  test.each([
    ["none", {}, 400],
    ["a revoked one", { ...shown, "Cf-Cert-Revoked": "1" }, 400],
    ["one that is not verified", { ...shown, "Cf-Cert-Verified": "FAILED:self signed certificate" }, 400],
    ["one of another issuer", { ...shown, "Cf-Cert-Issuer-DN-RFC2253": "CN=Evil CA" }, 403],
    ["a claim in the cluster's headers", { "ssl-client-verify": "SUCCESS" }, 400],
  ])("%s: %j is %i", async (_, headers, status) => expect((await ask(dev, "/", headers)).status).toBe(status));
});

describe("authorization", () => {
  let dev: DevProcess;

  beforeAll(async () => {
    const cwd = directoryWith({ "authorization.yaml": files["authorization.yaml"] ?? "" });
    dev = await startDev(["-f", "authorization.yaml", "--demo"], { cwd });
  });

  afterAll(() => dev.stop());

  test.each([
    ["GET", "bob", 200],
    ["PUT", "bob", 403],
    ["PUT", "ann", 200],
    ["DELETE", "ann", 403],
    ["GET", "eve", 401],
  ])("%s by %s is %i", async (method, user, status) => {
    const authorization = `Basic ${btoa(`${user}:open sesame`)}`;
    const answer = await send({
      port: dev.port,
      host: "shop.example.com",
      path: "/",
      method,
      headers: { authorization },
    });
    expect(answer.status).toBe(status);
  });
});

describe("API keys", () => {
  const PATH = [`${PROJECT}node_modules/.bin`, process.env.PATH].join(delimiter);
  const env = { PATH, WRANGLER_SEND_METRICS: "false" };
  const cwd = directoryWith({ "keys.yaml": files["keys.yaml"] ?? "" });
  let dev: DevProcess;

  const keys = (...args: readonly string[]) => runCli(["keys", ...args], { cwd, env });
  const made = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await keys(...args);
    expect([code, stderr]).toEqual([0, expect.stringContaining("90 s")]);
    return stdout.trim();
  };
  const statusOf = async (key: string) => (await ask(dev, "/partners/orders", { "x-api-key": key })).status;

  beforeAll(async () => {
    dev = await startDev(["-f", "keys.yaml", "--demo"], { cwd });
  });

  afterAll(() => dev.stop());

  test("no key", async () => {
    expect(await ask(dev, "/partners/orders")).toMatchObject({ status: 401, challenge: "ApiKey" });
  });

  test("a key that was made while the edge runs; the cluster is told whose it is, and not the key", async () => {
    const key = await made("add", "--local", "--owner", "acme", "--scope", "orders:read", "--expires", "365d");
    const { status, text } = await ask(dev, "/partners/orders", { "x-api-key": key, "x-partner": "other" });
    expect(status).toBe(200);
    expect(text).toContain("\nx-partner: acme\n");
    expect(text).not.toContain(key);
    expect(page).toContain("\nx-partner: acme\n");
  });

  test.each([
    "X-Partner: root",
    "X_Partner: root",
    "x.partner: root",
    "X-Partner : root",
    " X-Partner: root",
    "A: b\r\n X-Partner: root",
    "A: b\rX-Partner: root",
    "A: b\nX-Partner: root",
    "X-Partn\u0435r: root",
    "X-Partner\u200b: root",
    "\ufeffX-Partner: root",
    "X-Partner\0: root",
  ])("%j on the wire does not make anybody a partner", async (line) => {
    const answer = await raw(
      dev.port,
      `GET / HTTP/1.1\r\nHost: shop.example.com\r\n${line}\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 (?:200|400) /);
    expect(answer).not.toContain("root");
  });

  test("a key of other scopes", async () => {
    expect(await statusOf(await made("add", "--local", "--owner", "acme", "--scope", "orders:write"))).toBe(403);
  });

  test("a key that is revoked, and one that another has taken the place of", async () => {
    const one = await made("add", "--local", "--owner", "acme", "--scope", "orders:read");
    const id = one.split("_")[1] ?? "";
    expect((await keys("revoke", "--local", id)).stderr).toContain("it opens nothing after 90 s at most");
    expect(await statusOf(one)).toBe(401);
    const old = await made("add", "--local", "--owner", "acme", "--scope", "orders:read");
    const fresh = await made("rotate", "--local", "--grace", "0s", old.split("_")[1] ?? "");
    expect(await statusOf(old)).toBe(401);
    expect(await statusOf(fresh)).toBe(200);
  });

  test("the listing tells of all of them", async () => {
    const { stdout } = await keys("list", "--local");
    const states = stdout
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.split(/ {2,}/)[1]);
    expect(states.sort()).toEqual(["active", "active", "active", "expired", "revoked"]);
  });
});
