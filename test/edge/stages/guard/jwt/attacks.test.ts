import { exportSPKI, generateKeyPair, importJWK, SignJWT } from "jose";
import { beforeAll, beforeEach, describe, expect, type MockInstance, test, vi } from "vitest";
import { LONGEST_TOKEN } from "../../../../../src/edge/stages/guard/jwt/provider.ts";
import {
  AUDIENCE,
  base64url,
  bearer,
  guardedBy,
  ISSUER,
  inSeconds,
  providerOf,
  type Signer,
  signed,
  signer,
  tokenOf,
} from "./tokens.ts";

let ours: Signer;
let rsa: Signer;
let theirs: Signer;
let ask: ReturnType<typeof guardedBy>;
let log: MockInstance<typeof console.warn>;

beforeAll(async () => {
  [ours, rsa, theirs] = await Promise.all([signer(), signer("RS256", "two"), signer("ES256", "one")]);
  ask = guardedBy([providerOf([ours, rsa])]);
});

beforeEach(() => {
  log = vi.spyOn(console, "warn").mockImplementation(() => undefined);
});

const INVALID = { status: 401, challenge: 'Bearer error="invalid_token"', seen: null };

async function expectRefused(token: string): Promise<void> {
  expect(await ask(bearer(token))).toEqual(INVALID);
}

test("the token that all others here differ from in one thing is let in", async () => {
  expect((await ask(bearer(await tokenOf(ours)))).status).toBe(200);
  expect((await ask(bearer(await tokenOf(rsa)))).status).toBe(200);
});

describe("claims", () => {
  test.each<[string, Record<string, unknown>]>([
    ["expired", { exp: inSeconds(-61) }],
    ["expired, as a text", { exp: `${inSeconds(600)}` }],
    ["without an end", { exp: undefined }],
    ["whose end is null", { exp: null }],
    ["not yet valid", { nbf: inSeconds(120) }],
    ["whose beginning is a text", { nbf: "0" }],
    ["issued in the future", { iat: inSeconds(120) }],
    ["issued at a text", { iat: "yesterday" }],
    ["for another audience", { aud: "other-api" }],
    ["for several others", { aud: ["other-api", "third-api"] }],
    ["for an audience that begins like ours", { aud: `${AUDIENCE}.evil` }],
    ["for ours in other case", { aud: AUDIENCE.toUpperCase() }],
    ["for nobody", { aud: undefined }],
    ["for no text", { aud: { [AUDIENCE]: true } }],
    ["for a list within a list", { aud: [[AUDIENCE]] }],
    ["of another issuer", { iss: "https://evil.test" }],
    ["of an issuer that begins like ours", { iss: `${ISSUER}/` }],
    ["of no issuer", { iss: undefined }],
    ["of a list of issuers", { iss: [ISSUER] }],
    ["of a subject that is an object", { sub: { admin: true } }],
    ["of a subject that is a number", { sub: 0 }],
  ])("a token %s", async (_, claims) => {
    await expectRefused(await tokenOf(ours, { claims }));
  });

  test.each(["exp", "nbf", "iat"])("a time that is no number of ours: %s 1e999", async (name) => {
    const times: Record<string, string> = { exp: `${inSeconds(600)}`, [name]: "1e999" };
    const written = Object.entries(times).map(([claim, value]) => `"${claim}":${value}`);
    const payload = `{"iss":"${ISSUER}","aud":"${AUDIENCE}","sub":"alice",${written.join(",")}}`;
    await expectRefused(await signed(ours, `{"alg":"ES256","kid":"one"}`, payload));
  });

  const usual = () => `"iss":"${ISSUER}","aud":"${AUDIENCE}","exp":${inSeconds(600)}`;
  test.each([
    ["sub twice", () => `{${usual()},"sub":"alice","sub":"admin"}`],
    ["sub twice, once with an escape", () => `{${usual()},"sub":"alice","\\u0073ub":"admin"}`],
    ["iss twice", () => `{"iss":"https://evil.test",${usual()},"sub":"alice"}`],
    ["a claim twice within another", () => `{${usual()},"sub":"a","user":{"role":"user","role":"admin"}}`],
    ["a claim twice within a list", () => `{${usual()},"sub":"a","users":[{"a":1},{"role":"user","role":"admin"}]}`],
  ])("a token that names %s", async (_, payload) => {
    await expectRefused(await signed(ours, `{"alg":"ES256","kid":"one"}`, payload()));
  });

  test("claims that are no object", async () => {
    for (const payload of [`"${ISSUER}"`, "[]", "null", "1", "", "{", `{"iss":"${ISSUER}"`, "{}{}"]) {
      await expectRefused(await signed(ours, `{"alg":"ES256","kid":"one"}`, payload));
    }
  });

  test("the same text in two objects and in values is no repetition", async () => {
    const payload = `{${usual()},"sub":"sub","a":{"sub":"iss","b":["sub","sub",{"sub":1},{"sub":2}]},"\\"":1,"{":"}"}`;
    const token = await signed(ours, `{"alg":"ES256","kid":"one"}`, payload);
    expect((await ask(bearer(token))).status).toBe(200);
  });
});

describe("algorithms", () => {
  const claims = () => JSON.stringify({ iss: ISSUER, aud: AUDIENCE, sub: "admin", exp: inSeconds(600) });

  test.each(["none", "None", "NONE", "nOnE", "", "null"])("alg %j without a signature", async (alg) => {
    const header = base64url(JSON.stringify({ alg, kid: "one" }));
    for (const signature of ["", ".", ".AA", `.${base64url("x")}`]) {
      await expectRefused(`${header}.${base64url(claims())}${signature}`);
    }
  });

  test("HS256 signed with the public key, in every form in which it is written", async () => {
    const key = await importJWK({ ...rsa.publicJwk }, "RS256");
    const pem = await exportSPKI(key as CryptoKey);
    const der = Uint8Array.from(atob(pem.replace(/-----[^-]+-----|\s/g, "")), (character) => character.charCodeAt(0));
    const secrets = [
      new TextEncoder().encode(pem),
      new TextEncoder().encode(pem.trim()),
      new TextEncoder().encode(JSON.stringify(rsa.publicJwk)),
      new TextEncoder().encode(rsa.publicJwk.n),
      der,
    ];
    for (const secret of secrets) {
      for (const alg of ["HS256", "HS384", "HS512"]) {
        const token = await new SignJWT(JSON.parse(claims())).setProtectedHeader({ alg, kid: "two" }).sign(secret);
        await expectRefused(token);
      }
    }
  });

  test("an algorithm of the key's type that the provider does not allow", async () => {
    const strict = guardedBy([providerOf([ours, rsa], { algorithms: ["ES256"] })]);
    expect(await strict(bearer(await tokenOf(rsa)))).toEqual(INVALID);
    const { privateKey } = await generateKeyPair("PS256");
    await expectRefused(await tokenOf({ ...rsa, alg: "PS256", privateKey }));
  });

  test("an algorithm that does not fit the key of that kid", async () => {
    await expectRefused(await tokenOf({ ...rsa, kid: "one" }));
    await expectRefused(await tokenOf({ ...ours, kid: "two" }));
  });

  test("a key whose set says another algorithm", async () => {
    const narrow = guardedBy([providerOf([{ ...rsa, publicJwk: { ...rsa.publicJwk, alg: "RS512" } }])]);
    expect(await narrow(bearer(await tokenOf(rsa)))).toEqual(INVALID);
  });

  test("a key that is for encryption", async () => {
    const other = guardedBy([providerOf([{ ...ours, publicJwk: { ...ours.publicJwk, use: "enc" } }])]);
    expect(await other(bearer(await tokenOf(ours)))).toEqual(INVALID);
  });

  test("an RSA key of 1024 bits, which has been broken for long", async () => {
    const pair = (await crypto.subtle.generateKey(
      { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]) },
      true,
      ["sign", "verify"],
    )) as CryptoKeyPair;
    const publicJwk = (await crypto.subtle.exportKey("jwk", pair.publicKey)) as object;
    const weak = { kid: "weak", alg: "RS256", privateKey: pair.privateKey, publicJwk: { ...publicJwk, kid: "weak" } };
    const header = base64url('{"alg":"RS256","kid":"weak"}');
    const input = new TextEncoder().encode(`${header}.${base64url(claims())}`);
    const signature = await crypto.subtle.sign("RSASSA-PKCS1-v1_5", pair.privateKey, input);
    const token = `${header}.${base64url(claims())}.${base64url(new Uint8Array(signature))}`;
    expect(await guardedBy([providerOf([weak as Signer])])(bearer(token))).toEqual(INVALID);
  });
});

describe("keys that a token brings along", () => {
  test.each<[string, (attacker: Signer) => Record<string, unknown>]>([
    ["jwk", ({ publicJwk }) => ({ jwk: publicJwk })],
    ["jku", () => ({ jku: "https://evil.test/jwks.json" })],
    ["x5u", () => ({ x5u: "https://evil.test/cert.pem" })],
    ["x5c", () => ({ x5c: ["MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA"] })],
    ["x5t", () => ({ x5t: "AAAA" })],
    ["all of them", ({ publicJwk }) => ({ jwk: publicJwk, jku: "https://evil.test/j", x5u: "https://evil.test/x" })],
  ])("%s is not read, and nothing is fetched", async (_, header) => {
    const fetched = vi.spyOn(globalThis, "fetch").mockRejectedValue(new Error("nobody is to be asked"));
    for (const kid of ["one", "evil", "two"]) {
      await expectRefused(await tokenOf({ ...theirs, kid }, { header: header(theirs) }));
    }
    expect(fetched).not.toHaveBeenCalled();
    fetched.mockRestore();
  });

  test.each([
    "../../../../dev/null",
    "/dev/null",
    "one/../../evil",
    "one' OR '1'='1",
    "one\u0000evil",
    "ONE",
    "one ",
    " one",
    "",
    "https://evil.test/key.pem",
    "file:///etc/passwd",
    "__proto__",
    "constructor",
    "toString",
  ])("kid %j leads nowhere", async (kid) => {
    await expectRefused(await tokenOf({ ...theirs, kid }));
    await expectRefused(await tokenOf({ ...ours, kid }));
  });

  test.each([[["one"]], [{ toString: "one" }], [null], [0], [true]])("kid %j is no text", async (kid) => {
    const header = JSON.stringify({ alg: "ES256", kid });
    const payload = JSON.stringify({ iss: ISSUER, aud: AUDIENCE, sub: "a", exp: inSeconds(600) });
    await expectRefused(await signed(ours, header, payload));
  });

  test("without a kid each key of the type is tried; those of others open nothing", async () => {
    const more = await signer("ES256", "three");
    const several = guardedBy([providerOf([ours, more, rsa])]);
    expect((await several(bearer(await tokenOf(more, { header: { kid: undefined } })))).status).toBe(200);
    expect(await several(bearer(await tokenOf(theirs, { header: { kid: undefined } })))).toEqual(INVALID);
  });

  test("and not more than four: a set of many keys can't be made to cost more", async () => {
    const many = await Promise.all(Array.from({ length: 6 }, (_, index) => signer("ES256", `${index}`)));
    const several = guardedBy([providerOf(many)]);
    const [first, , , , fifth] = many as [Signer, Signer, Signer, Signer, Signer];
    expect((await several(bearer(await tokenOf(first, { header: { kid: undefined } })))).status).toBe(200);
    expect(await several(bearer(await tokenOf(fifth, { header: { kid: undefined } })))).toEqual(INVALID);
  });
});

describe("the form of a token", () => {
  test("crit that is not understood", async () => {
    for (const header of [
      { crit: ["exp"], exp: 1 },
      { crit: ["evil"], evil: true },
      { crit: ["b64"], b64: false },
      { crit: [] },
      { crit: "alg" },
      { crit: ["alg"] },
    ]) {
      const text = JSON.stringify({ alg: "ES256", kid: "one", ...header });
      const payload = JSON.stringify({ iss: ISSUER, aud: AUDIENCE, sub: "a", exp: inSeconds(600) });
      await expectRefused(await signed(ours, text, payload));
    }
  });

  test("a header that names alg or kid twice", async () => {
    const payload = JSON.stringify({ iss: ISSUER, aud: AUDIENCE, sub: "a", exp: inSeconds(600) });
    await expectRefused(await signed(ours, '{"alg":"none","alg":"ES256","kid":"one"}', payload));
    await expectRefused(await signed(ours, '{"alg":"ES256","kid":"two","kid":"one"}', payload));
  });

  test("cut off anywhere", async () => {
    const token = await tokenOf(ours);
    for (let length = 1; length < token.length; length += 7) await expectRefused(token.slice(0, length));
  });

  test("one character changed anywhere", async () => {
    const token = await tokenOf(ours);
    // The last one carries bits that mean nothing; whether they are zero is checked too.
    for (let at = 0; at < token.length; at += 5) {
      const other = token[at] === "A" ? "B" : "A";
      if (token[at] === ".") continue;
      await expectRefused(token.slice(0, at) + other + token.slice(at + 1));
    }
  });

  test("signature stripped, doubled, of another token, of zeros", async () => {
    const token = await tokenOf(ours);
    const [header, payload, signature] = token.split(".") as [string, string, string];
    const [, , other] = (await tokenOf(ours, { claims: { sub: "bob" } })).split(".");
    const zeros = base64url(new Uint8Array(64));
    const admin = base64url(JSON.stringify({ iss: ISSUER, aud: AUDIENCE, sub: "admin", exp: inSeconds(600) }));
    for (const forged of [
      `${header}.${payload}`,
      `${header}.${payload}.`,
      `${header}..${signature}`,
      `.${payload}.${signature}`,
      `${header}.${payload}.${signature}.${signature}`,
      `${header}.${payload}.${signature}=`,
      `${header}.${payload}.${other}`,
      `${header}.${payload}.${zeros}`,
      `${header}.${admin}.${signature}`,
      "..",
      "a.b.c",
    ]) {
      await expectRefused(forged);
    }
  });

  test("of five parts, as encrypted tokens are, and as JSON", async () => {
    const [header, payload, signature] = (await tokenOf(ours)).split(".");
    await expectRefused(`${header}.a.${payload}.b.${signature}`);
    await expectRefused(JSON.stringify({ protected: header, payload, signature }).replaceAll(",", " "));
  });

  test("longer than 8 KiB, however valid, and never looked at", async () => {
    const long = await tokenOf(ours, { claims: { more: "a".repeat(LONGEST_TOKEN) } });
    const digest = vi.spyOn(crypto.subtle, "digest");
    await expectRefused(long);
    expect(digest).not.toHaveBeenCalled();
    digest.mockRestore();
    const shorter = await tokenOf(ours, { claims: { more: "a".repeat(4000) } });
    expect((await ask(bearer(shorter))).status).toBe(200);
  });
});

describe("the client learns nothing of why", () => {
  test("the answer is the same for each, the reason is in the log by request id", async () => {
    const tokens = [
      await tokenOf(ours, { claims: { exp: inSeconds(-100) } }),
      await tokenOf(theirs),
      await tokenOf(ours, { claims: { aud: "other" } }),
      "nonsense",
    ];
    const lines = [];
    for (const [index, token] of tokens.entries()) {
      await ask({ headers: { ...bearer(token).headers, "x-request-id": `r-${index}` } });
      lines.push(JSON.parse(log.mock.lastCall?.[0] as string));
    }
    expect(lines.map(({ requestId, reason }) => [requestId, reason])).toEqual([
      ["r-0", "ERR_JWT_EXPIRED"],
      ["r-1", "ERR_JWS_SIGNATURE_VERIFICATION_FAILED"],
      ["r-2", "claim aud"],
      ["r-3", "not a signed token"],
    ]);
  });

  test("no token and no part of one is in the log", async () => {
    const token = await tokenOf(theirs);
    await ask(bearer(token));
    await ask({ headers: { authorization: `Bearer ${token}, Bearer ${token}` } });
    const written = log.mock.calls.flat().join("\n");
    for (const part of token.split(".")) expect(written).not.toContain(part.slice(0, 12));
  });

  test("without a token there is no error, and no line in the log", async () => {
    expect(await ask()).toEqual({ status: 401, challenge: 'Bearer realm="shop.test"', seen: null });
    expect(log).not.toHaveBeenCalled();
  });
});
