import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { JwtProvider } from "../../../../../src/table/policies/jwt.ts";
import { guardedBy, providerOf, type Signer, signer, tokenOf } from "./tokens.ts";

let ours: Signer;
let alice: string;
let bob: string;

beforeAll(async () => {
  ours = await signer();
  alice = await tokenOf(ours);
  bob = await tokenOf(ours, { claims: { sub: "bob" } });
});

beforeEach(() => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
});

const AUTHORIZATION = { in: "header", name: "authorization", prefix: "Bearer " } as const;
const HEADER = { in: "header", name: "x-token", prefix: "" } as const;
const COOKIE = { in: "cookie", name: "token", prefix: "" } as const;
const QUERY = { in: "query", name: "token", prefix: "" } as const;

const WHO = [{ claim: "sub", header: "x-user" }];

/** Whom the cluster takes it for; null where it was refused with 401. */
function asker(more: Partial<JwtProvider>) {
  const ask = guardedBy([providerOf([ours], { claimsToHeaders: WHO, ...more })]);
  return async (headers: HeadersInit = {}, path = "/") => {
    const { status, seen } = await ask({ headers, path });
    if (seen === null) {
      expect(status).toBe(401);
      return null;
    }
    const sent = (name: string) => seen.headers.get(name);
    return { user: sent("x-user"), url: seen.url, authorization: sent("authorization"), cookie: sent("cookie") };
  };
}

describe("a token is found", () => {
  test.each([
    ["Bearer", true],
    ["bearer", true],
    ["BEARER", true],
    ["Bearer ", true],
    ["Basic", false],
    ["BearerToken", false],
    ["Bearer:", false],
    ["", false],
  ])("behind %j in Authorization: %j", async (scheme, isFound) => {
    const ask = asker({ from: [AUTHORIZATION] });
    expect((await ask({ authorization: `${scheme} ${alice}` })) !== null).toBe(isFound);
  });

  test("in a header of another name, without a prefix", async () => {
    const ask = asker({ from: [HEADER] });
    expect(await ask({ "x-token": alice })).toMatchObject({ user: "alice" });
    expect(await ask({ "X-TOKEN": ` ${alice} ` })).toMatchObject({ user: "alice" });
    expect(await ask({ "x-token": `Bearer ${alice}` })).toBeNull();
    expect(await ask({ authorization: `Bearer ${alice}` })).toBeNull();
  });

  test("in a cookie, among others", async () => {
    const ask = asker({ from: [COOKIE] });
    expect(await ask({ cookie: `a=1; token=${alice}; b=2` })).toMatchObject({ user: "alice" });
    expect(await ask({ cookie: `token="${alice}"` })).toMatchObject({ user: "alice" });
    expect(await ask({ cookie: `Token=${alice}; tokens=${alice}` })).toBeNull();
  });

  test("in the query, however its name is written", async () => {
    const ask = asker({ from: [QUERY] });
    expect(await ask({}, `/?a=1&token=${alice}`)).toMatchObject({ user: "alice" });
    expect(await ask({}, `/?%74oken=${alice}`)).toMatchObject({ user: "alice" });
    expect(await ask({}, `/?Token=${alice}`)).toBeNull();
    expect(await ask({}, `/token=${alice}`)).toBeNull();
  });
});

describe("several tokens", () => {
  test("the first place of the policy that has one counts, also where that one is bad", async () => {
    const ask = asker({ from: [AUTHORIZATION, COOKIE, QUERY] });
    const all = (header: string, cookie: string) => ({ authorization: `Bearer ${header}`, cookie: `token=${cookie}` });
    expect(await ask(all(alice, bob), `/?token=${bob}`)).toMatchObject({ user: "alice" });
    expect(await ask({ cookie: `token=${bob}` }, `/?token=${alice}`)).toMatchObject({ user: "bob" });
    expect(await ask({ authorization: "Basic YTpi", cookie: `token=${bob}` })).toMatchObject({ user: "bob" });
    expect(await ask({ authorization: "Bearer ", cookie: `token=${bob}` })).toMatchObject({ user: "bob" });
    expect(await ask(all("bad", alice))).toBeNull();
  });

  test("at one place: refused, whatever they are", async () => {
    const ask = asker({ from: [AUTHORIZATION, COOKIE, QUERY] });
    const twice = (...values: readonly string[]) => values.map((value): [string, string] => ["authorization", value]);
    expect(await ask(twice(`Bearer ${alice}`, `Bearer ${alice}`))).toBeNull();
    expect(await ask(twice(`Bearer ${alice}`, `bearer ${bob}`))).toBeNull();
    expect(await ask(twice("Basic YTpi", `Bearer ${alice}`))).toBeNull();
    expect(await ask(twice(`Bearer ${alice}`, "Basic YTpi"))).toBeNull();
    expect(await ask(twice(`Bearer ${alice}`, ""))).toBeNull();
    expect(await ask({ cookie: `token=${alice}; token=${bob}` })).toBeNull();
    expect(
      await ask([
        ["cookie", `token=${alice}`],
        ["cookie", `token=${bob}`],
      ]),
    ).toBeNull();
    expect(await ask({}, `/?token=${alice}&token=${bob}`)).toBeNull();
    expect(await ask({}, `/?token=${alice}&%74oken=${alice}`)).toBeNull();
    expect(await ask({}, `/?token&token=${alice}`)).toBeNull();
  });
});

describe("what goes on to the cluster", () => {
  test("the token as it came, unless the policy says otherwise", async () => {
    const ask = asker({ from: [AUTHORIZATION, COOKIE, QUERY] });
    expect(await ask({ authorization: `Bearer ${alice}` })).toMatchObject({ authorization: `Bearer ${alice}` });
    expect(await ask({ cookie: `a=1; token=${alice}` })).toMatchObject({ cookie: `a=1; token=${alice}` });
    expect(await ask({}, `/x?token=${alice}&a=%2F`)).toMatchObject({ url: `http://shop.test/x?token=${alice}&a=%2F` });
  });

  test("`forward: false` takes it away, and nothing else", async () => {
    const ask = asker({ from: [AUTHORIZATION, COOKIE, QUERY], forward: false });
    expect(await ask({ authorization: `Bearer ${alice}`, cookie: "a=1" })).toMatchObject({
      authorization: null,
      cookie: "a=1",
    });
    expect(await ask({ cookie: `a=1; token=${alice}; b="2"` })).toMatchObject({ cookie: 'a=1; b="2"' });
    expect(await ask({ cookie: `token=${alice}` })).toMatchObject({ cookie: null });
    expect(await ask({}, `/x?token=${alice}&a=%2F&b=+`)).toMatchObject({ url: "http://shop.test/x?a=%2F&b=+" });
    expect(await ask({ authorization: "Basic YTpi" }, `/x?token=${alice}`)).toMatchObject({
      authorization: "Basic YTpi",
      url: "http://shop.test/x",
    });
  });

  test("a token at another place that nobody has checked does not, or the cluster might read that one", async () => {
    const ask = asker({ from: [AUTHORIZATION, COOKIE, QUERY] });
    const forged = { authorization: `Bearer ${alice}`, cookie: "token=forged; token=again; a=1" };
    expect(await ask(forged, "/x?token=forged&%74oken=more&b=2")).toMatchObject({
      user: "alice",
      authorization: `Bearer ${alice}`,
      cookie: "a=1",
      url: "http://shop.test/x?b=2",
    });
  });
});

describe("several providers", () => {
  let other: Signer;
  let ask: ReturnType<typeof guardedBy>;
  beforeAll(async () => {
    other = await signer("EdDSA", "other");
    ask = guardedBy([
      providerOf([ours], { claimsToHeaders: WHO }),
      providerOf([other], {
        name: "partners",
        issuer: "https://partner.test",
        from: [AUTHORIZATION, HEADER],
        claimsToHeaders: [{ claim: "sub", header: "x-partner" }],
      }),
    ]);
  });

  const ofPartner = () => tokenOf(other, { claims: { iss: "https://partner.test", sub: "carol" } });

  test("each one's tokens are let in, with its own headers", async () => {
    const first = await ask({ headers: { authorization: `Bearer ${alice}`, "x-partner": "forged" } });
    expect([first.seen?.headers.get("x-user"), first.seen?.headers.get("x-partner")]).toEqual(["alice", null]);
    const second = await ask({ headers: { authorization: `Bearer ${await ofPartner()}`, "x-user": "forged" } });
    expect([second.seen?.headers.get("x-user"), second.seen?.headers.get("x-partner")]).toEqual([null, "carol"]);
  });

  test("a key of one does not sign for the other", async () => {
    const claimed = await tokenOf(other, { header: { kid: "one" } });
    expect((await ask({ headers: { authorization: `Bearer ${claimed}` } })).status).toBe(401);
    const other2 = await tokenOf(ours, { claims: { iss: "https://partner.test" }, header: { kid: "other" } });
    expect((await ask({ headers: { authorization: `Bearer ${other2}` } })).status).toBe(401);
  });

  test("what stands at a place of the other and was not checked goes no further", async () => {
    const { seen } = await ask({ headers: { authorization: `Bearer ${alice}`, "x-token": await ofPartner() } });
    expect(seen?.headers.has("x-token")).toBe(false);
    expect(seen?.headers.get("authorization")).toBe(`Bearer ${alice}`);
  });
});
