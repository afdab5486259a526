import { describe, expect, test } from "vitest";
import { DEFAULT_CLIENT_CERTIFICATE } from "../../../../src/table/policies/client-certificate.ts";
import { edgeOf } from "../../edge-of.ts";

/** `/admin` asks for a certificate, which nobody here has; all else is open. What a cluster got, if anything. */
async function passed(url: string): Promise<{ readonly status: number; readonly seen: string | null }> {
  let seen: string | null = null;
  const policies = { clientCertificate: DEFAULT_CLIENT_CERTIFICATE };
  const rules = [
    { hostname: "shop.test", path: "/", service: "web" },
    { hostname: "shop.test", path: "/admin", service: "web", policies },
  ];
  const only = (request: Request) => {
    seen = new URL(request.url).pathname;
    return new Response("ok");
  };
  const { status } = await edgeOf({ rules }, { only })(url);
  return { status, seen };
}

describe("the guard of /admin is met, or the request refused, for", () => {
  test.each([
    "http://shop.test/admin",
    "http://shop.test/%61dmin",
    "http://shop.test/%61%64%6d%69%6E/users",
    "http://shop.test//admin",
    "http://shop.test/%2fadmin",
    "http://shop.test/x/../admin",
    "http://shop.test/x/%2e%2e/admin",
    "http://shop.test/x/..%2fadmin",
    "http://shop.test/admin;x",
    "http://shop.test/;x/admin",
    "http://shop.test/admin/",
    "http://shop.test/admin/../admin/x",
    "http://shop.test./admin",
    "http://SHOP.test/admin",
    "http://SHOP.TEST.:80/admin",
  ])("%s", async (url) => {
    const { status, seen } = await passed(url);
    expect(seen).toBe(null);
    expect(status).toBe(400);
  });

  test("and what stands beside it is open", async () => {
    expect(await passed("http://shop.test/administration")).toEqual({ status: 200, seen: "/administration" });
  });
});
