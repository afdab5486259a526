import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DevProcess, startDev } from "../support/cli.ts";
import { compiled } from "../support/compiled.ts";
import { directoryWith } from "../support/manifests.ts";
import { send } from "../support/request.ts";
import { readPage } from "./markdown.ts";

/** The example of basic authentication in docs/auth.md, run as it stands. */
const page = readPage("docs/auth.md");
const [, example = ""] = /^```yaml\n# basic\.yaml\n([\s\S]*?)^```$/m.exec(page) ?? [];

describe("basic authentication", () => {
  let dev: DevProcess;

  beforeAll(async () => {
    dev = await startDev(["-f", "basic.yaml", "--demo"], { cwd: directoryWith({ "basic.yaml": example }) });
  });

  afterAll(async () => void (await dev.stop()));

  const ask = (credentials: string | null, path = "/admin") => {
    const headers = { authorization: `Basic ${Buffer.from(credentials ?? "").toString("base64")}` };
    return send({ port: dev.port, host: "shop.example.com", path, headers: credentials === null ? {} : headers });
  };

  test("no credentials", async () => {
    const { status, headers } = await ask(null);
    expect([status, headers["www-authenticate"]]).toEqual([401, 'Basic realm="the shop"']);
    expect(page).toContain(`WWW-Authenticate: ${headers["www-authenticate"]}`);
  });

  test("the user and password of the page", async () => {
    const [, credentials = ""] = /curl -u '([^']+)'/.exec(page) ?? [];
    const { status, body } = await ask(credentials);
    expect(status).toBe(200);
    expect(body).toContain("admin in cluster eu");
    expect((await ask(`${credentials}!`)).status).toBe(401);
  });

  test.each(["/admin/", "/%61dmin", "//admin", "/x/../admin", "/admin;x", "/nothing", "/"])(
    "%s is guarded, or refused as it can be read in two ways",
    async (path) => {
      expect([400, 401]).toContain((await ask(null, path)).status);
    },
  );

  test("nothing of the Secret is in the log", async () => {
    const { stdout, stderr } = await dev.stop();
    const log = stdout + stderr;
    expect(log).not.toMatch(/\bann\b|\$2y\$|sesame/);
  });
});

test("the EdgePolicy of the page compiles", () => {
  const [, field = ""] = /^`(basicAuth: \{.*\})`\.$/m.exec(page) ?? [];
  const policy = `
---
apiVersion: edge-ingress.dev/v1alpha1
kind: EdgePolicy
metadata: { name: shop, namespace: shop }
spec: { targetRefs: [{ kind: Host, name: shop.example.com, path: / }], ${field} }
`;
  const { output, diagnostics } = compiled(example + policy);
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  expect(output?.secrets[0]?.neededBy).toContain("EdgePolicy shop/shop");
});
