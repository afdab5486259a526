/** A way in which a password is kept, read from its text. Digests are in the text form of their scheme. */
export type PasswordHash =
  | { readonly scheme: "bcrypt"; readonly cost: number; readonly salt: string; readonly digest: string }
  | {
      readonly scheme: "sha-crypt";
      readonly bits: 256 | 512;
      readonly rounds: number;
      readonly salt: string;
      readonly digest: string;
    }
  | {
      readonly scheme: "md5-crypt";
      readonly magic: "$apr1$" | "$1$";
      readonly salt: string;
      readonly digest: string;
    }
  /** `salt` is base64, empty for `{SHA}`. */
  | { readonly scheme: "sha1"; readonly salt: string; readonly digest: string }
  | { readonly scheme: "plain"; readonly password: string };

/** A line that names a user. */
export interface HtpasswdLine {
  /** From 1. */
  readonly line: number;
  readonly user: string;
  /** Null where nobody can come in by this line; `problem` says why. */
  readonly hash: PasswordHash | null;
  /** In words that hold nothing of the line; null where there is nothing to say. */
  readonly problem: string | null;
}

/** Greater ones take more than a second of CPU for each try, which anybody may make. */
export const MOST_BCRYPT_COST = 14;
export const MOST_SHA_ROUNDS = 100_000;

/** Of SHA-crypt where the text names none; fewer than the least are not made by any crypt(3). */
const USUAL_SHA_ROUNDS = 5000;
const LEAST_SHA_ROUNDS = 1000;

/**
 * Reads an htpasswd file as nginx does (ngx_http_auth_basic_module.c): lines of `user:hash`, where a further `:` or a
 * carriage return ends the hash; `#` begins a comment. Of two lines for one user the first counts.
 */
export function readHtpasswd(text: string): HtpasswdLine[] {
  const seen = new Set<string>();
  return text.split("\n").flatMap((raw, index) => {
    const written = raw.split("\r", 1)[0] as string;
    if (written === "" || written.startsWith("#")) return [];
    const colon = written.indexOf(":");
    const user = colon === -1 ? written : written.slice(0, colon);
    const hash = colon === -1 ? "" : (written.slice(colon + 1).split(":", 1)[0] as string);
    const read = colon <= 0 ? unusable("not of the form user:hash") : readUserHash(user, hash);
    const isRepeated = seen.has(user);
    seen.add(user);
    if (isRepeated) return [{ line: index + 1, user, ...unusable("an earlier line for the same user") }];
    return [{ line: index + 1, user, ...read }];
  });
}

/** Reads users and their hashes as `auth-map` has them; `line` is the place of the user among them. */
export function readAuthMap(values: ReadonlyMap<string, string>): HtpasswdLine[] {
  return [...values].map(([user, value], index) => {
    // ingress-nginx makes a file of them, in which a further line would be another user.
    const [hash = ""] = value.split(/[\r\n:]/, 1);
    const { hash: read, problem } = readUserHash(user, hash);
    const isCut = /\n./s.test(value) && problem === null;
    const more = isCut ? "a value of several lines, of which the first counts" : problem;
    return { line: index + 1, user, hash: read, problem: more };
  });
}

type HashReading = Pick<HtpasswdLine, "hash" | "problem">;

function unusable(problem: string): HashReading {
  return { hash: null, problem };
}

function readUserHash(user: string, text: string): HashReading {
  return isUserName(user) ? readHash(text) : unusable("a user that no request can name");
}

/** A name that can stand before the colon of credentials, without control characters: it is told to others. */
export function isUserName(user: string): boolean {
  return user !== "" && !/[:\u0000-\u001f\u007f-\u009f]/.test(user);
}

const BCRYPT = /^\$2(?<variant>[abxy])\$(?<cost>\d\d)\$(?<salt>[./A-Za-z0-9]{22})(?<digest>[./A-Za-z0-9]{31})$/;
const SHA_CRYPT =
  /^\$(?<id>[56])\$(?:rounds=(?<rounds>[1-9]\d{0,8})\$)?(?<salt>[^$:]{0,16})\$(?<digest>[./A-Za-z0-9]+)$/;
const MD5_CRYPT = /^(?<magic>\$apr1\$|\$1\$)(?<salt>[^$:]{0,8})\$(?<digest>[./A-Za-z0-9]{22})$/;
const SHA1 = /^\{SHA\}(?<digest>[A-Za-z0-9+/]{27}=)$/;
const SALTED_SHA1 = /^\{SSHA\}(?<base64>[A-Za-z0-9+/]{28,}={0,2})$/;

/**
 * Reads the hash of a password in the schemes of nginx (ngx_crypt.c) and of the crypt(3) behind it, musl's in the image
 * of ingress-nginx. Not DES-crypt, of which any text of 13 characters might be one, so nothing without a prefix is read.
 */
export function readHash(text: string): HashReading {
  if (text === "") return unusable("no hash");
  if (text.startsWith("$2")) return readBcrypt(text);
  if (/^\$[56]\$/.test(text)) return readShaCrypt(text);
  if (/^\$(?:apr)?1\$/.test(text)) return readMd5Crypt(text);
  if (text.startsWith("{SHA}")) return readSha1(SHA1.exec(text)?.groups?.digest, "");
  if (text.startsWith("{SSHA}")) return readSaltedSha1(text);
  if (text.startsWith("{PLAIN}")) {
    const hash = { scheme: "plain", password: text.slice("{PLAIN}".length) } as const;
    return { hash, problem: "a password in clear" };
  }
  if (/^[${_]/.test(text)) return unusable("a hash of a kind that is not taken");
  return unusable("DES-crypt or a password in clear, which are not taken");
}

function readBcrypt(text: string): HashReading {
  const { variant, cost, salt = "", digest = "" } = BCRYPT.exec(text)?.groups ?? {};
  if (variant === undefined) return unusable("no complete bcrypt hash");
  if (variant === "x") return unusable("a hash of the faulty bcrypt $2x$");
  const doublings = Number(cost);
  if (doublings < 4 || doublings > MOST_BCRYPT_COST) {
    return unusable(`a bcrypt cost that is not from 4 to ${MOST_BCRYPT_COST}`);
  }
  return { hash: { scheme: "bcrypt", cost: doublings, salt, digest }, problem: null };
}

function readShaCrypt(text: string): HashReading {
  const { id, rounds, salt = "", digest = "" } = SHA_CRYPT.exec(text)?.groups ?? {};
  const bits = id === "5" ? 256 : 512;
  if (id === undefined || digest.length !== (bits === 256 ? 43 : 86)) {
    return unusable("no complete SHA-crypt hash");
  }
  const count = rounds === undefined ? USUAL_SHA_ROUNDS : Number(rounds);
  if (count < LEAST_SHA_ROUNDS || count > MOST_SHA_ROUNDS) {
    return unusable(`rounds of SHA-crypt that are not from ${LEAST_SHA_ROUNDS} to ${MOST_SHA_ROUNDS}`);
  }
  return { hash: { scheme: "sha-crypt", bits, rounds: count, salt, digest }, problem: null };
}

function readMd5Crypt(text: string): HashReading {
  const { magic, salt = "", digest = "" } = MD5_CRYPT.exec(text)?.groups ?? {};
  if (magic !== "$apr1$" && magic !== "$1$") return unusable("no complete MD5-crypt hash");
  return { hash: { scheme: "md5-crypt", magic, salt, digest }, problem: null };
}

function readSha1(digest: string | undefined, salt: string): HashReading {
  if (digest === undefined) return unusable("no complete SHA-1 hash");
  return { hash: { scheme: "sha1", salt, digest }, problem: null };
}

const SHA1_BYTES = 20;

function readSaltedSha1(text: string): HashReading {
  const { base64 } = SALTED_SHA1.exec(text)?.groups ?? {};
  const bytes = base64 === undefined || base64.length % 4 !== 0 ? "" : atob(base64);
  if (bytes.length < SHA1_BYTES) return unusable("no complete SHA-1 hash");
  return readSha1(btoa(bytes.slice(0, SHA1_BYTES)), btoa(bytes.slice(SHA1_BYTES)));
}
