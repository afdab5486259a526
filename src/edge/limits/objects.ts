import { LIMITS_BINDING } from "../../table/bindings.ts";
import type { RateLimitTerms } from "../../table/policies/rate-limit.ts";
import type { Env } from "../env.ts";
import { hashText } from "../upstream/hash.ts";
import type { LimitsApi } from "./protocol.ts";

type Placed = Pick<RateLimitTerms, "id" | "shards" | "locationHint">;

/**
 * The name of the object that counts a key. Limits with the same key share one, so that a request asks once; the one
 * bucket of a limit without keys has the limit's own.
 */
export function objectNameOf({ id, shards, locationHint }: Placed, key: string): string {
  return shardName(hashText(key === "" ? id : key) % shards, shards, locationHint);
}

/** All objects of a limit. */
export function objectNamesOf({ shards, locationHint }: Placed): string[] {
  return Array.from({ length: shards }, (_, shard) => shardName(shard, shards, locationHint));
}

function shardName(shard: number, shards: number, hint: string): string {
  return `${shard}/${shards}${hint === "" ? "" : `@${hint}`}`;
}

/** A stub of an object; null where the edge is deployed without them. */
export function limitsObject(env: Env, name: string): LimitsApi | null {
  const namespace = env[LIMITS_BINDING];
  if (!isNamespace(namespace)) return null;
  const hint = name.split("@")[1];
  const options = hint === undefined ? {} : { locationHint: hint as DurableObjectLocationHint };
  return namespace.get(namespace.idFromName(name), options) as unknown as LimitsApi;
}

function isNamespace(value: unknown): value is DurableObjectNamespace {
  return typeof value === "object" && value !== null && "idFromName" in value && "get" in value;
}

/** The platform's own counter of one location. */
export interface LocalCounter {
  limit(options: { readonly key: string }): Promise<{ readonly success: boolean }>;
}

export function localCounterOf(env: Env, binding: string): LocalCounter | null {
  const value = env[binding];
  return typeof value === "object" && value !== null && "limit" in value ? (value as LocalCounter) : null;
}
