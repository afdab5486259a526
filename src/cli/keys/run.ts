import { randomInt } from "node:crypto";
import { type ApiKeyRecord, hashOfKey, isKeyId, KEY_ID_LENGTH, KEY_SECRET_LENGTH } from "../../table/api-keys.ts";
import type { NamespaceFlags } from "../kv-flags.ts";
import { UsageError } from "../output.ts";
import { KeyNamespace, type ListedKey } from "./namespace.ts";

export interface AddFlags extends NamespaceFlags {
  readonly owner: string;
  readonly scope: readonly string[];
  readonly plan: string | undefined;
  /** ISO 8601. */
  readonly expires: string | undefined;
}

export interface ListFlags extends NamespaceFlags {
  readonly format: "text" | "json";
}

export interface RotateFlags extends NamespaceFlags {
  /** Milliseconds that the old key goes on. */
  readonly grace: number;
}

/** Until every isolate of every location knows of a change: what an isolate and KV's cache believe (docs/auth.md). */
export const BOUND = "90 s";

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Makes a key and prints it on stdout: the only time that anybody sees it. */
export async function addKey({ owner, scope, plan, expires, ...flags }: AddFlags): Promise<void> {
  const namespace = new KeyNamespace(flags);
  if (plan !== undefined && (await namespace.readPlan(plan)) === null) {
    tell(`there is no plan ${plan} yet: write it with keys plan set, for where quotas are counted it is missing`);
  }
  const times = { createdAt: new Date().toISOString(), expiresAt: expires ?? null, revokedAt: null };
  const made = await makeKey({ owner, scopes: scope, plan: plan ?? null, ...times });
  await namespace.write({ [made.id]: made.record });
  tell(`key ${made.id} of ${owner} is in ${namespace.name}; it is shown this once, and is open within ${BOUND}`);
  process.stdout.write(`${made.key}\n`);
}

export async function listKeys({ format, ...flags }: ListFlags): Promise<void> {
  const keys = await new KeyNamespace(flags).list();
  if (format === "json") process.stdout.write(`${JSON.stringify(keys.map(withState), null, 2)}\n`);
  else if (keys.length === 0) tell("no keys");
  else process.stdout.write(table(keys));
}

export async function revokeKey(id: string, flags: NamespaceFlags): Promise<void> {
  const namespace = new KeyNamespace(flags);
  const record = await existing(namespace, id);
  if (record.revokedAt !== null) tell(`key ${id} of ${record.owner} was revoked at ${record.revokedAt}`);
  else {
    await namespace.write({ [id]: { ...record, revokedAt: new Date().toISOString() } });
    tell(`key ${id} of ${record.owner} is revoked; it opens nothing after ${BOUND} at most`);
  }
}

/** Makes a key on the terms of another one, which goes on for the grace time. Prints the new one on stdout. */
export async function rotateKey(id: string, { grace, ...flags }: RotateFlags): Promise<void> {
  const namespace = new KeyNamespace(flags);
  const { hash, ...terms } = await existing(namespace, id);
  if (stateOf(terms) !== "active")
    throw new UsageError(`key ${id} of ${terms.owner} is ${stateOf(terms)}: add a new one`);
  const now = Date.now();
  const made = await makeKey({ ...terms, createdAt: new Date(now).toISOString() });
  const end = Math.min(now + grace, terms.expiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(terms.expiresAt));
  await namespace.write({
    [made.id]: made.record,
    [id]: { ...terms, hash, expiresAt: new Date(end).toISOString() },
  });
  tell(
    `key ${made.id} of ${terms.owner} takes the place of ${id}, which ends at ${new Date(end).toISOString()}, or up to ${BOUND} later`,
  );
  process.stdout.write(`${made.key}\n`);
}

async function existing(namespace: KeyNamespace, id: string): Promise<ApiKeyRecord> {
  // Nobody has to give a key to a command to get rid of it: its id is enough, and a command line is seen by others.
  if (!isKeyId(id)) throw new UsageError(`the id of a key is the ${KEY_ID_LENGTH} characters behind \`ei_\``);
  const record = await namespace.read(id);
  if (record === null) throw new UsageError(`there is no key ${id} in ${namespace.name}`);
  return record;
}

async function makeKey(terms: Omit<ApiKeyRecord, "hash">) {
  const id = randomText(KEY_ID_LENGTH);
  const key = `ei_${id}_${randomText(KEY_SECRET_LENGTH)}`;
  const record: ApiKeyRecord = { ...terms, hash: await hashOfKey(key) };
  return { id, key, record };
}

function randomText(length: number): string {
  return Array.from({ length }, () => BASE62.charAt(randomInt(BASE62.length))).join("");
}

function stateOf({ expiresAt, revokedAt }: Pick<ApiKeyRecord, "expiresAt" | "revokedAt">) {
  if (revokedAt !== null) return "revoked";
  return expiresAt !== null && Date.parse(expiresAt) <= Date.now() ? "expired" : "active";
}

function withState(key: ListedKey) {
  return { ...key, state: stateOf(key) };
}

function table(keys: readonly ListedKey[]): string {
  const head = ["ID", "STATE", "OWNER", "SCOPES", "PLAN", "CREATED", "EXPIRES"];
  const rows = keys.map((key) => [
    key.id,
    stateOf(key),
    key.owner,
    key.scopes.join(" ") || "-",
    key.plan ?? "-",
    key.createdAt.slice(0, 10),
    key.expiresAt?.slice(0, 10) ?? "-",
  ]);
  return rowsText([head, ...rows]);
}

/** Columns as wide as they have to be. */
export function rowsText(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ");
  return rows.map((row) => `${line(row).trimEnd()}\n`).join("");
}

export function tell(words: string): void {
  process.stderr.write(`edge-ingress: ${words}\n`);
}
