import { describe, expect, test } from "vitest";
import { isUserName, readAuthMap, readHash, readHtpasswd } from "../../src/table/htpasswd.ts";

const BCRYPT = "$2y$10$abcdefghijklmnopqrstuuKnHl.x1yQ06jW2xtQY6ynPSc7M2jr9G";
const BCRYPT_READ = {
  scheme: "bcrypt",
  cost: 10,
  salt: "abcdefghijklmnopqrstuu",
  digest: "KnHl.x1yQ06jW2xtQY6ynPSc7M2jr9G",
};

describe("an htpasswd file is read as nginx reads it:", () => {
  test("comments and empty lines name nobody, a carriage return or a further colon ends the hash", () => {
    const lines = readHtpasswd(`# users\n\nann:${BCRYPT}\r\nbob:${BCRYPT}:Bob of the shop\n`);
    expect(lines).toEqual([
      { line: 3, user: "ann", hash: BCRYPT_READ, problem: null },
      { line: 4, user: "bob", hash: BCRYPT_READ, problem: null },
    ]);
  });

  test("of two lines for one user the first counts, whatever stands in it", () => {
    const lines = readHtpasswd(`ann:\nann:${BCRYPT}`);
    expect(lines.map(({ line, hash }) => [line, hash])).toEqual([
      [1, null],
      [2, null],
    ]);
    expect(lines[1]?.problem).toBe("an earlier line for the same user");
  });

  test("spaces belong to names and hashes, so nobody comes in by them", () => {
    const [first, second] = readHtpasswd(` ann:${BCRYPT}\nbob: ${BCRYPT}`);
    expect(first?.user).toBe(" ann");
    expect(second?.hash).toBeNull();
  });
});

describe("nobody comes in by", () => {
  test.each([
    ["no colon", "ann", "not of the form user:hash"],
    ["no name", `:${BCRYPT}`, "not of the form user:hash"],
    ["no hash", "ann:", "no hash"],
    ["a name with a control character", `a\u0000n:${BCRYPT}`, "a user that no request can name"],
    ["a name with a control character of C1", `a\u0085n:${BCRYPT}`, "a user that no request can name"],
    ["DES-crypt", "ann:rqXexS6ZhobKA", "DES-crypt or a password in clear, which are not taken"],
    ["a password in clear", "ann:hunter2", "DES-crypt or a password in clear, which are not taken"],
    ["extended DES-crypt", "ann:_J9..rasmBYk8r9AiWNc", "a hash of a kind that is not taken"],
    [
      "yescrypt",
      "ann:$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7",
      "a hash of a kind that is not taken",
    ],
    [
      "argon2",
      "ann:$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
      "a hash of a kind that is not taken",
    ],
    ["faulty bcrypt", `ann:${BCRYPT.replace("$2y$", "$2x$")}`, "a hash of the faulty bcrypt $2x$"],
    ["bcrypt without variant", `ann:${BCRYPT.replace("$2y$", "$2$")}`, "no complete bcrypt hash"],
    ["bcrypt cut short", `ann:${BCRYPT.slice(0, -1)}`, "no complete bcrypt hash"],
    ["bcrypt with more behind it", `ann:${BCRYPT}x`, "no complete bcrypt hash"],
    ["bcrypt at no cost", `ann:${BCRYPT.replace("$10$", "$03$")}`, "a bcrypt cost that is not from 4 to 14"],
    ["bcrypt at a ruinous cost", `ann:${BCRYPT.replace("$10$", "$15$")}`, "a bcrypt cost that is not from 4 to 14"],
    ["bcrypt at cost 31", `ann:${BCRYPT.replace("$10$", "$31$")}`, "a bcrypt cost that is not from 4 to 14"],
    [
      "SHA-crypt with few rounds",
      `ann:$5$rounds=999$salt$${"a".repeat(43)}`,
      "rounds of SHA-crypt that are not from 1000 to 100000",
    ],
    [
      "SHA-crypt with many rounds",
      `ann:$6$rounds=100001$salt$${"a".repeat(86)}`,
      "rounds of SHA-crypt that are not from 1000 to 100000",
    ],
    ["SHA-crypt with the digest of the other", `ann:$6$salt$${"a".repeat(43)}`, "no complete SHA-crypt hash"],
    ["SHA-crypt with too long a salt", `ann:$5$${"s".repeat(17)}$${"a".repeat(43)}`, "no complete SHA-crypt hash"],
    ["MD5-crypt with too long a salt", `ann:$apr1$${"s".repeat(9)}$${"a".repeat(22)}`, "no complete MD5-crypt hash"],
    ["MD5-crypt cut short", `ann:$1$salt$${"a".repeat(21)}`, "no complete MD5-crypt hash"],
    ["SHA-1 cut short", "ann:{SHA}GpHWL3ymc5liWkNopqtdSjuqYH=", "no complete SHA-1 hash"],
    ["SHA-1 in lower case", "ann:{sha}GpHWL3ymc5liWkNopqtdSjuqYHM=", "a hash of a kind that is not taken"],
    ["salted SHA-1 without room for a digest", `ann:{SSHA}${btoa("x".repeat(19))}`, "no complete SHA-1 hash"],
    ["salted SHA-1 that is no base64", `ann:{SSHA}${"*".repeat(32)}`, "no complete SHA-1 hash"],
  ])("%s", (_, line, problem) => {
    expect(readHtpasswd(line)).toMatchObject([{ line: 1, hash: null, problem }]);
    const secret = line.split(":")[1];
    if (secret) expect(JSON.stringify(readHtpasswd(line)[0]?.problem)).not.toContain(secret);
  });
});

describe("a hash is read:", () => {
  test.each([
    [
      "SHA-crypt with the usual rounds",
      `$5$salt$${"a".repeat(43)}`,
      { scheme: "sha-crypt", bits: 256, rounds: 5000, salt: "salt", digest: "a".repeat(43) },
    ],
    [
      "SHA-crypt with rounds of its own",
      `$6$rounds=100000$$${"a".repeat(86)}`,
      { scheme: "sha-crypt", bits: 512, rounds: 100_000, salt: "", digest: "a".repeat(86) },
    ],
    [
      "Apache's MD5-crypt",
      "$apr1$abcdefgh$M2T3erDstkD7SsE2QQnfH0",
      { scheme: "md5-crypt", magic: "$apr1$", salt: "abcdefgh", digest: "M2T3erDstkD7SsE2QQnfH0" },
    ],
    [
      "SHA-1",
      "{SHA}GpHWL3ymc5liWkNopqtdSjuqYHM=",
      { scheme: "sha1", salt: "", digest: "GpHWL3ymc5liWkNopqtdSjuqYHM=" },
    ],
    [
      "salted SHA-1",
      `{SSHA}${btoa(`${"d".repeat(20)}salt`)}`,
      { scheme: "sha1", salt: btoa("salt"), digest: btoa("d".repeat(20)) },
    ],
  ])("%s", (_, text, hash) => {
    expect(readHash(text)).toEqual({ hash, problem: null });
  });

  test("a password in clear is taken where it says so, with a word of warning", () => {
    expect(readHash("{PLAIN}pa ss")).toEqual({
      hash: { scheme: "plain", password: "pa ss" },
      problem: "a password in clear",
    });
  });
});

test("of a Secret in the layout of auth-map each key is a user", () => {
  const lines = readAuthMap(
    new Map([
      ["ann", `${BCRYPT}\n`],
      ["bob", "hunter2"],
    ]),
  );
  expect(lines).toEqual([
    { line: 1, user: "ann", hash: BCRYPT_READ, problem: null },
    { line: 2, user: "bob", hash: null, problem: "DES-crypt or a password in clear, which are not taken" },
  ]);
});

test("a value of auth-map can't smuggle another user in", () => {
  const lines = readAuthMap(new Map([["ann", `${BCRYPT}\nroot:${BCRYPT}`]]));
  expect(lines).toEqual([
    { line: 1, user: "ann", hash: BCRYPT_READ, problem: "a value of several lines, of which the first counts" },
  ]);
});

test.each(["", "a:b", "a\nb", "a\u0000", "\u007f", "a\u009fb"])("%j is no name of a user", (user) => {
  expect(isUserName(user)).toBe(false);
});
