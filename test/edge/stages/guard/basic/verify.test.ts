import { describe, expect, test } from "vitest";
import { PI_FRACTION } from "../../../../../src/edge/stages/guard/basic/pi.ts";
import { verify } from "../../../../../src/edge/stages/guard/basic/verify.ts";
import { readHash } from "../../../../../src/table/htpasswd.ts";

const bytesOf = (password: string | readonly number[]) =>
  typeof password === "string" ? new TextEncoder().encode(password) : Uint8Array.from(password);

async function isPasswordOf(text: string, password: string | readonly number[]): Promise<boolean> {
  const { hash, problem } = readHash(text);
  if (hash === null) throw new Error(`${text}: ${problem}`);
  return verify(hash, bytesOf(password));
}

/** Of crypt_blowfish (wrapper.c), Drepper's SHA-crypt.txt, nginx and Apache; the others by glibc's crypt(3) and openssl. */
const VECTORS: readonly (readonly [password: string | readonly number[], hash: string])[] = [
  ["U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"],
  ["U*", "$2y$05$CCCCCCCCCCCCCCCCCCCCC.N0wO4z3EELuk/ycIifDScNe.mijJ.Sa"],
  ["", "$2b$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"],
  ["bar", "$2b$05$TPnysridxjJnyXI38PiVCO4eL1PkRAWmKYUd2U2FMbJRrLg13hfRG"],
  ["pässwörd €", "$2b$04$abcdefghijklmnopqrstuuKnHl.x1yQ06jW2xtQY6ynPSc7M2jr9G"],
  ["Hello world!", "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"],
  ["", "$5$x$yHbtfs4Y8t6X1xcJemNX.4JQRfUTafA2qQenWGLBee2"],
  ["ab".repeat(40), "$5$rounds=1400$anotherlongsalt$I/GpzuXpYKw9JIu0.iUoy8ycaXktIFHV9vyStI2pkeC"],
  [
    "Hello world!",
    "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
  ],
  ["a", "$6$rounds=1000$$hETGMQQ5sXu1md3PrmRCM4AxTgbNpYQaIhk4xQzvCiNfeogfCR9PZGSRXghUOxMAPFU2wuz/ZLafIHrHopO.60"],
  [
    "a".repeat(255),
    "$6$saltstring$RGzIuJsvI6ThyM5NbkCkMLcUUZMZo0Mv3scfG39uKGXgq6ts3wMK76xmkl4BAsfxJzS1JSI//EjRv8aQurktx/",
  ],
  ["s3cret", "$apr1$abcdefgh$M2T3erDstkD7SsE2QQnfH0"],
  ["myPassword", "$apr1$r31vhs2x$5MPnUQ6oiZtVGssTXEhom1"],
  ["", "$apr1$r31vhs2x$Out7jazUMTPS7wE.HD13c1"],
  ["0123456789abcdefghijklmnopqrstuvwxyz", "$apr1$r31vhs2x$LTVHTbV/aWBmEz8NS6XpA/"],
  ["päss", "$apr1$r31vhs2x$MPGKN1dlsANJO8nTz371b0"],
  ["päss", "$1$abcdefgh$QLc60jVoQ2PaFW/QsiK900"],
  ["x".repeat(200), "$1$abcdefgh$z6x8uc2YR4Iwn7XrK8ZMY/"],
  ["", "$1$abcd$CwbBDotm4UoKv5fATTtzT."],
  ["pw", "{SHA}GpHWL3ymc5liWkNopqtdSjuqYHM="],
  ["pa ss:word", "{PLAIN}pa ss:word"],
];

describe("a published hash takes its password and no other:", () => {
  test.each(VECTORS)("%j by %s", async (password, hash) => {
    expect(await isPasswordOf(hash, password)).toBe(true);
    const bytes = [...bytesOf(password)];
    expect(await isPasswordOf(hash, [...bytes, 32])).toBe(false);
    if (bytes.length > 0) expect(await isPasswordOf(hash, [(bytes[0] as number) ^ 1, ...bytes.slice(1)])).toBe(false);
    if (bytes.length > 0) expect(await isPasswordOf(hash, bytes.slice(0, -1))).toBe(false);
  });
});

test("salted SHA-1 takes its password", async () => {
  const salt = new TextEncoder().encode("salt");
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode("pwsalt"));
  const text = `{SSHA}${btoa(String.fromCharCode(...new Uint8Array(digest), ...salt))}`;
  expect(await isPasswordOf(text, "pw")).toBe(true);
  expect(await isPasswordOf(text, "pwsalt")).toBe(false);
  expect(await isPasswordOf(text, "")).toBe(false);
});

test("bcrypt looks at 72 bytes, as every crypt(3)", async () => {
  const hash = "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui";
  const password = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  expect(await isPasswordOf(hash, `${password}chars after 72 are ignored`)).toBe(true);
  expect(await isPasswordOf(hash, password)).toBe(true);
  expect(await isPasswordOf(hash, password.slice(0, -1))).toBe(false);
});

test("bcrypt takes bytes above 127 as they are, not as the faulty $2x$", async () => {
  const text = "$2y$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e";
  expect(await isPasswordOf(text, [0xa3])).toBe(false);
  expect(await isPasswordOf(text, [0xff, 0xff, 0xa3])).toBe(true);
});

test("Blowfish begins with the digits of pi", () => {
  const arctangentOfInverse = (of: bigint, unity: bigint) => {
    let [sum, power, sign] = [unity / of, unity / of, -1n];
    for (let n = 3n; power > 0n; n += 2n) {
      power /= of * of;
      sum += (sign * power) / n;
      sign = -sign;
    }
    return sum;
  };
  const [bits, guard] = [1042n * 32n, 64n];
  const unity = 1n << (bits + guard);
  const pi = 4n * (4n * arctangentOfInverse(5n, unity) - arctangentOfInverse(239n, unity));
  const hex = ((pi - 3n * unity) >> guard).toString(16).padStart(Number(bits) / 4, "0");
  const words = Uint8Array.from(atob(PI_FRACTION), (character) => character.charCodeAt(0));
  expect([...words].map((byte) => byte.toString(16).padStart(2, "0")).join("")).toBe(hex);
});
