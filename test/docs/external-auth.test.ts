import { type ChildProcess, spawn } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DevProcess, startDev } from "../support/cli.ts";
import { directoryWith } from "../support/manifests.ts";
import { quietPort } from "../support/ports.ts";
import { send } from "../support/request.ts";
import { until } from "../support/until.ts";
import { readPage } from "./markdown.ts";

/** The example of external authentication in `docs/auth.md`, run as it stands: a real edge, a real service. */
const page = readPage("docs/auth.md");

function fileOf(name: string): string {
  const [, text] = page.match(new RegExp(`^\`\`\`\\w+\\n(?:#|//) ${name}\\n([\\s\\S]*?)^\`\`\`$`, "m")) ?? [];
  if (text === undefined) throw new Error(`docs/auth.md has no ${name}`);
  return text;
}

describe("external authentication", () => {
  let service: ChildProcess;
  let dev: DevProcess;
  let asked = "";

  const lines = () => asked.trimEnd().split("\n");
  /**
   * The line that the service writes of what happens meanwhile: it may come later than the answer. All that it is asked
   * about goes through here, lest the line of one test be taken for that of the next.
   */
  const lineOf = async (happens: () => Promise<void>) => {
    const before = lines().length;
    await happens();
    await until(() => lines().length > before);
    return lines().at(-1);
  };

  const ask = (path: string, headers: Readonly<Record<string, string>> = {}, method = "GET", body?: string) =>
    send({ port: dev.port, host: "shop.example.com", path, headers, method, ...(body !== undefined && { body }) });
  const alice = { cookie: "a=1; session=alice" };

  beforeAll(async () => {
    const port = `${await quietPort()}`;
    const atPort = (name: string) => fileOf(name).replaceAll("9100", port);
    const cwd = directoryWith({ "external.yaml": atPort("external.yaml"), "service.mjs": atPort("service.mjs") });
    service = spawn(process.execPath, ["service.mjs"], { cwd, stdio: ["ignore", "pipe", "inherit"] });
    await new Promise<void>((resolve, reject) => {
      service.stdout?.setEncoding("utf8").on("data", (text: string) => {
        asked += text;
        resolve();
      });
      service.once("exit", () => reject(new Error("the service ended")));
    });
    dev = await startDev(["-f", "external.yaml", "--demo"], { cwd });
  });

  afterAll(async () => {
    service.kill();
    await dev.stop();
  });

  test("without a session a client is sent to sign in, with the way back", async () => {
    const line = await lineOf(async () => {
      const { status, headers } = await ask("/cart?x=1");
      expect(status).toBe(302);
      expect(page).toContain(`\nLocation: ${headers.location}\n`);
    });
    expect(line).toBe("401 GET http://shop.example.com/cart?x=1");
  });

  test("with one it is let through, and the cluster is told who it is", async () => {
    const claims = { "X-Auth-Request-User": "root", x_auth_request_user: "root" };
    const line = await lineOf(async () => {
      const { status, body } = await ask("/cart?x=1", { ...alice, ...claims });
      expect(status).toBe(200);
      expect(body).toContain("\nx-auth-request-user: alice\n");
      expect(body).not.toContain("root");
    });
    expect(line).toBe("200 GET http://shop.example.com/cart?x=1");
    expect(page).toContain("\nx-auth-request-user: alice\n");
  });

  test.each(["/cart", "/c%61rt", "/a%2Fb", "/a/../cart", "/cart?%2F..%2F", "/a;b", "/img//x"])(
    "the service is asked about %s as the cluster gets it",
    async (path) => {
      let got = "";
      const line = await lineOf(async () => {
        const { status, body } = await ask(path, alice);
        expect(status).toBe(200);
        got = /^GET (\S+)$/m.exec(body)?.[1] ?? "";
      });
      expect(line).toBe(`200 GET http://shop.example.com${got}`);
    },
  );

  test("a body goes to the cluster, and its method is told", async () => {
    const line = await lineOf(async () => {
      expect((await ask("/order", alice, "POST", "x=1")).status).toBe(200);
    });
    expect(line).toBe("200 POST http://shop.example.com/order");
  });

  test("nobody is let in once the service is gone, and the log says why and for whom, without his cookie", async () => {
    service.removeAllListeners("exit");
    const gone = new Promise((resolve) => service.once("exit", resolve));
    service.kill();
    await gone;
    expect((await ask("/cart", alice)).status).toBe(500);
    await dev.waitFor(/"endpoint":"asked 127\.0\.0\.1"/);
    const { stdout, stderr } = await dev.stop();
    expect(stdout + stderr).not.toContain("session=");
  });
});
