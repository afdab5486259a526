import { vi } from "vitest";
import type { BasicAuth } from "../../../../../src/table/policies/basic-auth.ts";
import type { RulePolicies } from "../../../../../src/table/policies/rule-policies.ts";
import { edgeOf } from "../../../edge-of.ts";

const SALT = "$2y$04$abcdefghijklmnopqrstuu";

/** Hashes of passwords at bcrypt's least cost. */
export const HASH_OF = {
  "open sesame": `${SALT}/LVz6MZlItEy42I2juLihZ66HnQx/cy`,
  other: `${SALT}0HtfOlPbTiymk5tcV.3TsFPDd3SYZqu`,
  "a:b:c": `${SALT}vWTYyu1fxJ6/TJiND1lHR48TJYvV44K`,
  "": `${SALT}byCG3zY1GIXMyxfivm.ClDiInHzxjiq`,
} as const;

/** Of `open sesame`, in a scheme whose hashes can be counted. */
export const SHA1_OF_SESAME = "{SHA}W8r/fyL/UzygmbNAjq2HbA67qac=";

/** A file with ann, whose password is `open sesame`, and a line that no other file has: nothing is remembered of it. */
export function freshFile(more = ""): string {
  return `# ${crypto.randomUUID()}\nann:${SHA1_OF_SESAME}\n${more}`;
}

/** Counts the SHA-1 hashes that are computed from now on. */
export function countHashes(): () => number {
  const digest = vi.spyOn(crypto.subtle, "digest");
  return () => {
    const count = digest.mock.calls.filter(([algorithm]) => algorithm === "SHA-1").length;
    digest.mockClear();
    return count;
  };
}

export const USERS_REF = { name: "shop/users", binding: "SECRET_SHOP_USERS" };

/** `Authorization` of a user. */
export function basic(user: string, password: string): string {
  const bytes = new TextEncoder().encode(`${user}:${password}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}

export interface Guarded {
  readonly policy?: Partial<BasicAuth>;
  readonly policies?: Partial<RulePolicies>;
  readonly mode?: "ingress" | "service";
  /** What is bound besides the endpoint. */
  readonly env?: Readonly<Record<string, unknown>>;
}

/** A rule that asks for users, and what its cluster gets to see. Each edge has a client address of its own. */
export function guardedBy({ policy = {}, policies = {}, mode = "service", env = {} }: Guarded) {
  const basicAuth = { secret: USERS_REF, key: "auth", realm: "the shop", ...policy };
  const rule = { hostname: "shop.test", path: "/", service: "shop", policies: { basicAuth, ...policies } };
  const seen: Headers[] = [];
  const answer = ({ headers }: Request) => {
    seen.push(new Headers(headers));
    return new Response("ok");
  };
  const client = `2001:db8:${Math.floor(Math.random() * 0xffff).toString(16)}:${Math.floor(Math.random() * 0xffff).toString(16)}::1`;
  const edge = edgeOf({ rules: [rule], endpoints: { only: { mode } } }, { only: answer }, env);
  return async (authorization: string | null, { from = client, headers = {} as Record<string, string> } = {}) => {
    seen.length = 0;
    const sent = new Headers({ "cf-connecting-ip": from, ...headers });
    if (authorization !== null) sent.set("authorization", authorization);
    const response = await edge("http://shop.test/", { headers: sent });
    await response.body?.cancel();
    return {
      status: response.status,
      challenge: response.headers.get("www-authenticate"),
      retryAfter: response.headers.get("retry-after"),
      cacheControl: response.headers.get("cache-control"),
      seen: seen[0] ?? null,
    };
  };
}

/** The same over a Secret that is bound to the Worker. */
export function guardedByFile(file: string, more: Omit<Guarded, "env"> = {}) {
  return guardedBy({ ...more, env: { [USERS_REF.binding]: JSON.stringify({ auth: file }) } });
}
