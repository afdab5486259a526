import { type ChildProcess, spawn } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DevProcess, startDev } from "../support/cli.ts";
import { CookieJar } from "../support/cookie-jar.ts";
import { directoryWith } from "../support/manifests.ts";
import { quietPort } from "../support/ports.ts";
import { readPage } from "./markdown.ts";

/** The login of docs/auth.md, as it stands there but for the provider's port. */
const page = readPage("docs/auth.md");
const fileOf = (name: string) =>
  new RegExp(`^\`\`\`\\w+\\n(?:#|//) ${name}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(page)?.[1] ?? "";

describe("OpenID Connect login", () => {
  let provider: ChildProcess;
  let dev: DevProcess;

  beforeAll(async () => {
    const port = `${await quietPort()}`;
    const files = ["login.yaml", "provider.mjs"].map((name) => [name, fileOf(name).replaceAll("9000", port)]);
    const cwd = directoryWith(Object.fromEntries(files));
    provider = spawn(process.execPath, ["provider.mjs"], { cwd, stdio: ["ignore", "pipe", "inherit"] });
    await new Promise<void>((resolve, reject) => {
      provider.stdout?.once("data", () => resolve());
      provider.once("exit", () => reject(new Error("the provider ended")));
    });
    dev = await startDev(["-f", "login.yaml", "--demo"], { cwd });
  });

  afterAll(async () => {
    provider.kill();
    await dev.stop();
  });

  const HOST = "shop.example.com";
  const url = (path: string) => `http://${HOST}:${dev.port}${path}`;

  test("a program is told 401, and the rest of the host is open", async () => {
    const jar = new CookieJar(HOST);
    const { status, headers } = await jar.open(url("/account"));
    expect([status, headers["www-authenticate"]]).toEqual([401, "OpenIDConnect"]);
    expect(page).toContain("WWW-Authenticate: OpenIDConnect");
    expect((await jar.open(url("/"))).status).toBe(200);
  });

  test("a page leads to the provider and back, and the cluster is told who it is", async () => {
    const jar = new CookieJar(HOST);
    const { status, body, trail } = await jar.follow(url("/account?a=b"), { accept: "text/html", "x-email": "root" });
    expect(status).toBe(200);
    expect(trail.map((each) => new URL(each).pathname)).toEqual([
      "/account",
      "/authorize",
      "/oauth2/callback",
      "/account",
    ]);
    const told = body.split("\n").filter((line) => /^(account in|x.email)/.test(line));
    expect(told).toEqual(["account in cluster eu", "x-email: alice@example.com"]);
    for (const line of told) expect(page).toContain(line);
    expect([...jar.cookies.keys()]).toEqual([expect.stringMatching(/^ei-session-[0-9a-f]{8}$/)]);
    expect((await jar.open(url("/account"))).status).toBe(200);
  });

  test("after the logout the session is gone", async () => {
    const jar = new CookieJar(HOST);
    await jar.follow(url("/account"), { accept: "text/html" });
    expect((await jar.follow(url("/oauth2/logout"), { accept: "text/html" })).status).toBe(200);
    expect((await jar.open(url("/account"))).status).toBe(401);
  });

  test("neither secrets nor tokens are in the log", async () => {
    const { stdout, stderr } = await dev.stop();
    const log = stdout + stderr;
    expect(log).not.toMatch(/eyJ|h3vZ0h6m|a secret of the provider/);
  });
});
