import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import {
  importKeys,
  type Publication,
  signedText,
  signingInput,
  TABLE_KEYS,
  type TrustedKey,
} from "../../table/publication.ts";
import { messageOf, UsageError } from "../output.ts";

/** Environment variable with the private key itself, in PEM: for where a secret is no file. */
export const SIGNING_KEY = "EDGE_INGRESS_SIGNING_KEY";

export interface SigningFlags {
  readonly signingKey: string | undefined;
}

/** Who publishes. */
export interface Signer {
  /** As the worker has it. */
  readonly publicKey: string;
  /** Of what is there already: this key's own, and those of the environment, as the worker has them. */
  readonly trusted: readonly TrustedKey[];
  sign(publication: Publication): string;
}

/** The key of a file or of the environment. Throws `UsageError` where there is none. */
export async function signerOf({ signingKey }: SigningFlags, env = process.env): Promise<Signer> {
  const pem = signingKey === undefined ? env[SIGNING_KEY] : read(signingKey);
  if (pem === undefined || pem.trim() === "") {
    throw new UsageError(
      `no signing key: give its file with --signing-key, or the key in ${SIGNING_KEY}; \`edge-ingress publish --new-key FILE\` makes one`,
    );
  }
  const key = parse(pem, signingKey ?? SIGNING_KEY);
  const publicKey = rawPublicKey(key);
  const trusted = await importKeys(`${publicKey} ${env[TABLE_KEYS] ?? ""}`).catch(() => {
    throw new UsageError(`${TABLE_KEYS} in the environment holds something that is no Ed25519 key in base64url`);
  });
  return {
    publicKey,
    trusted,
    sign(publication) {
      const input = signingInput(publication);
      return signedText(input, sign(null, Buffer.from(input), key));
    },
  };
}

/** Writes a new private key into a file that only its owner can read, and gives the public one. */
export function makeSigningKey(file: string): string {
  const { privateKey } = generateKeyPairSync("ed25519");
  try {
    writeFileSync(file, privateKey.export({ format: "pem", type: "pkcs8" }), { mode: 0o600, flag: "wx" });
  } catch (error) {
    throw new UsageError(`no key was made: ${messageOf(error)}`);
  }
  return rawPublicKey(privateKey);
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`no signing key: ${messageOf(error)}`);
  }
}

function parse(pem: string, from: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch {
    // The library's words may quote what it read.
  }
  throw new UsageError(`${from} holds no Ed25519 private key in PEM`);
}

function rawPublicKey(key: KeyObject): string {
  const { x } = createPublicKey(key).export({ format: "jwk" });
  if (x === undefined) throw new Error("an Ed25519 key without its public part");
  return x;
}
