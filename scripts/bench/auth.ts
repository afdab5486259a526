import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { inTable, NO_ACCESS_LISTS } from "../../src/compiler/ir/access.ts";
import { encodeTable } from "../../src/compiler/table/encode.ts";
import { bcrypt } from "../../src/edge/stages/guard/basic/bcrypt.ts";
import { boundTo } from "../../src/edge/stages/guard/oidc/places.ts";
import { sealerOf } from "../../src/edge/stages/guard/oidc/sealer.ts";
import type { Session } from "../../src/edge/stages/guard/oidc/session.ts";
import type { Visit } from "../../src/edge/stages/visit.ts";
import { addressWords, holdsAddress } from "../../src/table/address-ranges.ts";
import { hashOfKey } from "../../src/table/api-keys.ts";
import { DEFAULT_API_KEY } from "../../src/table/policies/api-key.ts";
import { DEFAULT_JWT_PROVIDER } from "../../src/table/policies/jwt.ts";
import { DEFAULT_OIDC } from "../../src/table/policies/oidc.ts";
import type { RulePolicies } from "../../src/table/policies/rule-policies.ts";
import { routerOf } from "../../test/support/router.ts";
import { roundsInWorkerd } from "./in-workerd.ts";
import { median } from "./load.ts";

const ROUNDS = 7;
const REQUESTS = 10_000;
const RANGES = 10_000;

type Sent = Readonly<Record<string, string>>;

/** One way to guard a route, and what requests have to bring to pass, one after the other. */
interface Way {
  readonly name: string;
  readonly policies: Partial<RulePolicies>;
  readonly headers: readonly Sent[];
  /** KV namespaces that have one value under every name, by binding. */
  readonly namespaces?: Readonly<Record<string, string>>;
  /** Microseconds that issue 5 allows. */
  readonly most: number;
}

const ways: readonly (() => Way | Promise<Way>)[] = [
  () => ({
    name: `an access list of ${RANGES.toLocaleString("en")} ranges`,
    policies: { access: inTable({ ...NO_ACCESS_LISTS, allow: ranges() }) },
    headers: [{ "cf-connecting-ip": "10.39.15.1" }],
    most: 2,
  }),
  () => tokens("a token of ES256 that is verified, its key in the cache", 2_000),
  () => tokens("a token that was verified a moment ago", 1),
  apiKeys,
  users,
  logins,
];

/** More tokens than an isolate remembers are verified each time that one comes round. */
async function tokens(name: string, count: number): Promise<Way> {
  const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
  const keys = [JSON.stringify({ ...(await exportJWK(publicKey)), kid: "one" })];
  const provider = { name: "a", issuer: "i", audiences: ["b"], jwks: { uri: "", keys } };
  const sign = (_: unknown, index: number) =>
    new SignJWT({ iss: "i", aud: "b", sub: `${index}` })
      .setProtectedHeader({ alg: "ES256", kid: "one" })
      .setExpirationTime("1h")
      .sign(privateKey);
  const signed = await Promise.all(Array.from({ length: count }, sign));
  return {
    name,
    policies: { jwt: { providers: [{ ...DEFAULT_JWT_PROVIDER, ...provider }] } },
    headers: signed.map((token) => ({ authorization: `Bearer ${token}` })),
    most: 150,
  };
}

async function apiKeys(): Promise<Way> {
  const key = `ei_${"a".repeat(12)}_${"b".repeat(43)}`;
  const terms = { owner: "acme", scopes: ["a"], plan: null, createdAt: "2026-01-01T00:00:00Z" };
  const record = JSON.stringify({ hash: await hashOfKey(key), ...terms, expiresAt: null, revokedAt: null });
  return {
    name: "an API key that the isolate knows",
    policies: { apiKey: { ...DEFAULT_API_KEY, scopes: ["a"] } },
    headers: [{ "x-api-key": key }],
    namespaces: { EDGE_INGRESS_KEYS: record },
    most: 30,
  };
}

function users(): Way {
  const secret = { name: "shop/users", binding: "SECRET" };
  return {
    name: "a user and a password that were verified a moment ago",
    policies: { basicAuth: { secret, key: "auth", realm: "" } },
    headers: [{ authorization: `Basic ${btoa("al:s3cret")}` }],
    namespaces: { EDGE_INGRESS_SECRETS: JSON.stringify({ auth: "al:$apr1$abcdefgh$M2T3erDstkD7SsE2QQnfH0" }) },
    most: 30,
  };
}

async function logins(): Promise<Way> {
  const key = { secret: { name: "shop/login", binding: "SECRET" }, key: "keys" };
  const names = { name: "shop/login", issuer: "https://login.test", clientId: "shop" };
  const cookieNames = { session: "session", login: "login" };
  const oidc = { ...DEFAULT_OIDC, ...names, clientSecret: key, sessionKeys: key, cookieNames };
  const secret = JSON.stringify({ keys: "k".repeat(32) });
  const visit = {
    target: { host: "shop.test" },
    env: { SECRET: secret },
    waitUntil: () => undefined,
  } as unknown as Visit;
  const sealer = await sealerOf(oidc, visit);
  const now = Math.floor(Date.now() / 1000);
  const times = { begun: now, used: now, refreshAt: now + 3600, expires: now + 3600 };
  const session: Session = {
    claims: { sub: "alice", email: "alice@shop.test" },
    ...times,
    refresh: null,
    access: null,
  };
  const sealed = await sealer?.seal(session, boundTo("session", oidc, visit));
  return {
    name: "a session of a login",
    policies: { oidc, edgeCookies: Object.values(cookieNames) },
    headers: [{ cookie: `session=1${sealed}; __Host-session=1${sealed}` }],
    namespaces: { EDGE_INGRESS_SECRETS: secret },
    most: 150,
  };
}

/** What each way adds to a request through the whole edge, in workerd, with a cluster that answers at once. */
export async function benchAuth(): Promise<void> {
  const { allow } = inTable({ ...NO_ACCESS_LISTS, allow: ranges() });
  for (const text of ["10.39.15.1", "2001:db8:1387::1"]) {
    const nanoseconds = measure(1_000_000, () => {
      const words = addressWords(text);
      if (words === null || !holdsAddress(allow, words)) throw new Error("the address is not found");
    });
    console.log(
      `look-up of ${text} in ${RANGES.toLocaleString("en")} ranges, its text read: ${nanoseconds} ns (at most 2000)`,
    );
  }
  const password = new TextEncoder().encode("s3cret");
  for (const cost of [10, 12]) {
    const milliseconds = measure(1, () => bcrypt(password, "abcdefghijklmnopqrstuu", cost)) / 1e6;
    console.log(`bcrypt of cost ${cost}, once a minute for each user and isolate: ${milliseconds.toFixed(0)} ms`);
  }
  for (const make of ways) {
    const way = await make();
    const { name, policies, most } = way;
    const [open, guarded] = await throughEdges([{}, policies], way);
    if (open === undefined || guarded === undefined) throw new Error("nothing was measured");
    const more = `${(guarded - open).toFixed(1)} µs more (at most ${most})`;
    console.log(
      `${name}: ${(guarded / open).toFixed(2)} times the ${open.toFixed(1)} µs of a route without auth, ${more}`,
    );
  }
}

/** Every other /24 of 10.0.0.0/8 and every other /48 of 2001:db8::/32, so that none of them touch. */
function ranges(): string[] {
  return Array.from({ length: RANGES / 2 }, (_, index) => [
    `10.${(index * 2 + 1) >> 8}.${(index * 2 + 1) & 255}.0/24`,
    `2001:db8:${(index * 2 + 1).toString(16)}::/48`,
  ]).flat();
}

/** Microseconds of a request through each of these edges. */
async function throughEdges(
  all: readonly Partial<RulePolicies>[],
  { headers, namespaces = {} }: Way,
): Promise<number[]> {
  const edges = all.map((policies) => {
    const rules = [{ hostname: "shop.test", path: "/", service: "shop", policies }];
    return { table: encodeTable(routerOf({ rules })), headers, namespaces };
  });
  return (await roundsInWorkerd(edges, ROUNDS, REQUESTS)).map(median);
}

function measure(times: number, run: () => void): number {
  const rounds = Array.from({ length: ROUNDS + 1 }, () => {
    const start = performance.now();
    for (let count = 0; count < times; count++) run();
    return ((performance.now() - start) / times) * 1e6;
  });
  return Math.round(median(rounds.slice(1)));
}
