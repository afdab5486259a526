import { expect, test } from "vitest";
import type { RuleSketch } from "../../support/router.ts";
import { edgeOf } from "../edge-of.ts";

const rule: RuleSketch = {
  hostname: "shop.test",
  path: "/",
  service: "shop",
  policies: { identityHeaders: ["x-user", "x-user-groups"] },
};

/** What the cluster gets of these headers of a client. */
async function seenOf(sent: readonly (readonly [string, string])[]): Promise<readonly string[]> {
  let seen: readonly string[] = [];
  const edge = edgeOf(
    { rules: [rule] },
    {
      only: (request) => {
        const usual = [
          "x-forwarded-host",
          "x-forwarded-proto",
          "x-forwarded-port",
          "x-forwarded-for",
          "x-real-ip",
          "x-request-id",
        ];
        seen = [...request.headers.keys()].filter((name) => !usual.includes(name));
        return new Response("ok");
      },
    },
  );
  const headers = new Headers();
  for (const [name, value] of sent) headers.append(name, value);
  expect((await edge("http://shop.test/", { headers })).status).toBe(200);
  return seen;
}

test.each(["x-user", "X-USER", "x_user", "X_User", "x.user", "x~user", "X-User_Groups", "x_user-groups"])(
  "%s of a client never reaches a cluster",
  async (name) => {
    expect(await seenOf([[name, "admin"]])).toEqual([]);
  },
);

test("however often and in how many spellings it is sent", async () => {
  const all = ["x-user", "X-User", "x_user", "x-user-groups", "x_user_groups"].map((name) => [name, "a"] as const);
  expect(await seenOf(all)).toEqual([]);
});

test("a header of another name stays", async () => {
  expect(
    await seenOf([
      ["x-user-agent", "a"],
      ["x-users", "b"],
      ["xuser", "c"],
    ]),
  ).toEqual(["x-user-agent", "x-users", "xuser"]);
});

test.each(["x\u2010user", "x--user", "x-\uff55ser", "x-user\u200b"])(
  "%j, which only looks like one or is no name of HTTP, does not reach a cluster either",
  async (name) => {
    expect(await seenOf([[name, "admin"]])).toEqual([]);
  },
);
