import { type HtpasswdLine, readAuthMap, readHtpasswd } from "../../table/htpasswd.ts";
import { type OriginSecret, readOriginSecret, SHORTEST_ORIGIN_SECRET } from "../../table/policies/origin-secret.ts";
import type { SecretRef } from "../../table/policies/secret-ref.ts";
import { MOST_SESSION_KEYS, readSessionKeys, SHORTEST_SESSION_KEY } from "../../table/session-keys.ts";
import type { PolicySetting } from "../ir/policy.ts";

/** Something about a value of a Secret, in words that hold nothing of it. */
export interface ValueFinding {
  readonly code: "EI7006" | "EI7007" | "EI7010" | "EI7011" | "EI7020";
  readonly says: string;
}

/** What a policy needs of a Secret. */
export interface SecretUse {
  readonly ref: SecretRef;
  /** Null: all of them, whatever their names. */
  readonly key: string | null;
  /** Judges what the edge will get. */
  readonly judge: (values: ReadonlyMap<string, string>) => readonly ValueFinding[];
}

/** The Secrets that a policy names. A policy that names some is a case here. */
export function secretUsesOf(setting: PolicySetting): readonly SecretUse[] {
  switch (setting.field) {
    case "basicAuth": {
      const { secret: ref, key } = setting.value;
      return [{ ref, key, judge: (values) => judgeUsers(values, key) }];
    }
    case "oidc": {
      const { clientSecret: client, sessionKeys: session } = setting.value;
      return [
        { ref: client.secret, key: client.key, judge: (values) => judgeClientSecret(values.get(client.key) ?? "") },
        { ref: session.secret, key: session.key, judge: (values) => judgeSessionKeys(values.get(session.key) ?? "") },
      ];
    }
    default:
      return NONE;
  }
}

const NONE: readonly SecretUse[] = [];

/** The Secret by which a cluster knows the edge. */
export function originSecretUse({ secret: ref, key }: OriginSecret): SecretUse {
  return { ref, key, judge: (values) => judgeOriginSecret(values.get(key) ?? "") };
}

function judgeOriginSecret(value: string): ValueFinding[] {
  if (readOriginSecret(value) !== null) return [];
  const needed = `at least ${SHORTEST_ORIGIN_SECRET} visible characters of ASCII in one line`;
  return [{ code: "EI7020", says: `no header can hold it: what is needed is ${needed}` }];
}

function judgeClientSecret(value: string): ValueFinding[] {
  return value.trim() === "" ? [{ code: "EI7010", says: "the secret of the client is empty" }] : [];
}

function judgeSessionKeys(value: string): ValueFinding[] {
  if (readSessionKeys(value) !== null) return [];
  const needed = `one to ${MOST_SESSION_KEYS} lines of at least ${SHORTEST_SESSION_KEY} characters each`;
  return [{ code: "EI7011", says: `sessions can't be sealed: what is needed is ${needed}` }];
}

/** How many places one sentence names. */
const MOST_NAMED = 5;

function judgeUsers(values: ReadonlyMap<string, string>, key: string | null): ValueFinding[] {
  const lines = key === null ? readAuthMap(values) : readHtpasswd(values.get(key) ?? "");
  const wrong = lines.filter(({ problem }) => problem !== null);
  const findings = [...Map.groupBy(wrong, ({ hash, problem }) => `${hash === null} ${problem}`).values()].map((same) =>
    ofLines(same, key),
  );
  if (lines.some(({ hash }) => hash !== null)) return findings;
  return [...findings, { code: "EI7006", says: "nobody can come in: there is no user with a password" }];
}

function ofLines(lines: readonly HtpasswdLine[], key: string | null): ValueFinding {
  const [{ hash, problem }] = lines as [HtpasswdLine, ...HtpasswdLine[]];
  const isOne = lines.length === 1;
  const numbers = lines.slice(0, MOST_NAMED).map(({ line }) => line);
  const more = lines.length > MOST_NAMED ? ` and ${lines.length - MOST_NAMED} more` : "";
  const what = key === null ? "user" : "line";
  const which = `${what}${isOne ? "" : "s"} ${numbers.join(", ")}${more}`;
  if (hash !== null) return { code: "EI7007", says: `${which}: ${problem}` };
  return { code: "EI7006", says: `${which} let${isOne ? "s" : ""} nobody in: ${problem}` };
}
