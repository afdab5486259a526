import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PROJECT, runCli, startDev } from "../support/cli.ts";
import { type EchoServer, startEcho } from "../support/echo.ts";
import { clusterAt, directoryWith, documents, putAtOnce } from "../support/manifests.ts";
import { send } from "../support/request.ts";
import { until } from "../support/until.ts";

/** Of `open sesame` and of `other`, at bcrypt's least cost. */
const SESAME = "$2y$04$abcdefghijklmnopqrstuu/LVz6MZlItEy42I2juLihZ66HnQx/cy";
const OTHER = "$2y$04$abcdefghijklmnopqrstuu0HtfOlPbTiymk5tcV.3TsFPDd3SYZqu";

/** Whatever of the Secrets could come out: users, passwords, hashes, and base64 of them. */
const SECRETS = /quentin|rosalind|sesame|HUNTER2|abcdefghijklmnopqrstuu|cXVlbnRpb|SFVOVEVSM/;

const INGRESS = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  namespace: shop
  annotations:
    nginx.ingress.kubernetes.io/auth-type: basic
    nginx.ingress.kubernetes.io/auth-secret: users
    nginx.ingress.kubernetes.io/auth-realm: the shop
spec:
  rules:
    - host: shop.test
      http:
        paths:
          - { path: /cart, pathType: Prefix, backend: { service: { name: cart, port: { number: 80 } } } }
`;

const secret = (auth: string) => `apiVersion: v1
kind: Secret
metadata: { name: users, namespace: shop }
data:
  auth: ${Buffer.from(auth).toString("base64")}
stringData:
  unused: HUNTER2
`;

let echo: EchoServer;

beforeAll(async () => {
  echo = await startEcho("cluster");
});

afterAll(() => echo.close());

function manifests(users: string): string {
  return directoryWith({
    "in.yaml": documents(clusterAt("one", echo.port), INGRESS),
    "users.yaml": secret(users),
  });
}

const basic = (user: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
});

describe("dev", () => {
  test("asks for the users of a Secret, and for the new ones once it changes, and shows neither", async () => {
    const directory = manifests(`quentin:${SESAME}\nrosalind:letmeinHUNTER2\n`);
    const dev = await startDev(["-f", directory]);
    const ask = (headers: Record<string, string> = {}, path = "/cart") =>
      send({ port: dev.port, host: "shop.test", path, headers });
    const refused = await ask();
    expect([refused.status, refused.headers["www-authenticate"]]).toEqual([401, 'Basic realm="the shop"']);
    expect((await ask(basic("quentin", "HUNTER2"))).status).toBe(401);
    expect((await ask(basic("rosalind", "letmeinHUNTER2"))).status).toBe(401);
    const right = await ask(basic("quentin", "open sesame"));
    // Behind the endpoint is a cluster's own controller, which asks again.
    expect([right.status, right.body]).toEqual([200, expect.stringContaining("authorization")]);
    // What no rule takes is guarded too.
    expect((await ask({}, "/nothing")).status).toBe(401);
    expect((await ask(basic("quentin", "open sesame"), "/nothing")).status).toBe(404);

    putAtOnce(directory, "users.yaml", secret(`quentin:${OTHER}\n`));
    await until(async () => (await ask(basic("quentin", "other")).catch(() => null))?.status === 200);
    expect((await ask(basic("quentin", "open sesame"))).status).toBe(401);
    const { stdout, stderr } = await dev.stop();
    expect(stderr).toContain("EI7006");
    expect(stderr).toContain("wrong user or password");
    expect(stdout + stderr).not.toMatch(SECRETS);
  });

  test("answers 503 where a Secret is said to be elsewhere, and names it once", async () => {
    const directory = directoryWith({ "in.yaml": documents(clusterAt("one", echo.port), INGRESS) });
    const dev = await startDev(["-f", directory, "--external-secrets"]);
    for (let again = 0; again < 3; again++) {
      const headers = basic("quentin", "open sesame");
      expect((await send({ port: dev.port, host: "shop.test", path: "/cart", headers })).status).toBe(503);
    }
    await dev.waitFor(/check-undecided/);
    const { stderr } = await dev.stop();
    expect(stderr.match(/check-undecided.*shop\/users/g)).toHaveLength(1);
    expect(stderr).not.toMatch(SECRETS);
  });
});

test("a Secret that wrangler's local storage has is read from there", async () => {
  const directory = directoryWith({ "in.yaml": documents(clusterAt("one", echo.port), INGRESS) });
  const users = directoryWith({ "users.yaml": secret(`quentin:${SESAME}\n`) });
  const env = { PATH: `${join(PROJECT, "node_modules/.bin")}:${process.env.PATH}`, CI: "1" };
  const sync = ["secrets", "sync", "-f", "in.yaml", "-f", users, "--zone", "test", "--local"];
  expect((await runCli(sync, { cwd: directory, env })).code).toBe(0);
  const dev = await startDev(["-f", "in.yaml", "--external-secrets"], { cwd: directory });
  const ask = (password: string) =>
    send({ port: dev.port, host: "shop.test", path: "/cart", headers: basic("quentin", password) });
  expect((await ask("open sesame")).status).toBe(200);
  expect((await ask("other")).status).toBe(401);
});

test("neither table nor report nor bundle nor what is printed holds anything of a Secret", async () => {
  const directory = manifests(`quentin:${SESAME}\nrosalind:letmeinHUNTER2\n`);
  const out = join(directory, "out");
  const { code, stdout, stderr } = await runCli(["compile", "-f", directory, "--zone", "test", "-o", out]);
  expect(code).toBe(0);
  expect(stderr).toContain("EI7006");
  const files = [join(out, "table.bin"), join(out, "report.json"), join(PROJECT, "dist/edge/worker.js")];
  for (const text of [stdout, stderr, ...files.map((file) => readFileSync(file, "latin1"))]) {
    expect(text).not.toMatch(SECRETS);
  }
  expect(readFileSync(join(out, "table.bin"), "latin1")).toContain("shop/users");
});
