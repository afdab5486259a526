import {
  ACTIVE,
  importKeys,
  TABLE_KEYS,
  TABLE_NOT_BEFORE,
  TABLES_NAMESPACE,
  type TrustedKey,
} from "../../table/publication.ts";
import { type Env, type Namespace, namespaceOf, textOf } from "../env.ts";
import { within } from "../health/patience.ts";

/** Text binding: milliseconds between looks. */
const REFRESH = "EDGE_INGRESS_TABLE_REFRESH";

const USUAL_REFRESH = 30_000;
/** A look is a billed read. */
const LEAST_REFRESH = 50;
/** Milliseconds until KV counts as down; a table, or a part of one, has more. */
const PATIENCE = 2_000;
const TABLE_PATIENCE = 10_000;
/** Seconds that a location's own cache of KV is used. Also of a table: that it is not there yet is cached as well. */
const CACHE_TTL = 60;

/** Where publications come from, and which ones count. */
export interface Source {
  /** Milliseconds. */
  readonly interval: number;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  keys(): Promise<readonly TrustedKey[]>;
  /** The entry that says what is served; null: there is none. */
  active(): Promise<string | null>;
  /** Null: it is not there. */
  bytes(name: string): Promise<ArrayBuffer | null>;
}

/** Null where no key is trusted: then nothing that is published is looked at. */
export function sourceOf(env: Env): Source | null {
  const keys = textOf(env, TABLE_KEYS) ?? "";
  if (keys.trim() === "") return null;
  let imported: Promise<readonly TrustedKey[]> | null = null;
  const read = async (name: string, type: "text" | "arrayBuffer", patience: number): Promise<unknown> => {
    const namespace = bound(env);
    return within(patience, namespace.get(name, { type, cacheTtl: CACHE_TTL })).catch(() => {
      throw new Error("KV can't be read");
    });
  };
  const interval = Number(textOf(env, REFRESH) ?? USUAL_REFRESH);
  const floor = textOf(env, TABLE_NOT_BEFORE) ?? "";
  const notBefore = floor === "" ? Number.NEGATIVE_INFINITY : Date.parse(floor);
  return {
    interval: interval >= LEAST_REFRESH ? interval : USUAL_REFRESH,
    notBefore,
    keys() {
      imported ??= importKeys(keys).catch(() => {
        imported = null;
        throw new Error(`${TABLE_KEYS} holds something that is no Ed25519 key in base64url`);
      });
      return imported;
    },
    async active() {
      if (Number.isNaN(notBefore)) throw new Error(`${TABLE_NOT_BEFORE} is no time`);
      const text = await read(ACTIVE, "text", PATIENCE);
      return typeof text === "string" ? text : null;
    },
    async bytes(name) {
      const bytes = await read(name, "arrayBuffer", TABLE_PATIENCE);
      return bytes instanceof ArrayBuffer ? bytes : null;
    },
  };
}

function bound(env: Env): Namespace {
  const namespace = namespaceOf(env, TABLES_NAMESPACE);
  if (namespace === null) throw new Error(`${TABLE_KEYS} is set, and there is no KV namespace ${TABLES_NAMESPACE}`);
  return namespace;
}
