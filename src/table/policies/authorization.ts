import { type Codec, type Coded, list, nullable, oneOf, record, text } from "../codec.ts";

/** Paths are normalised; a prefix has no slash at its end and is compared by path elements. */
const pathCondition = record({ type: oneOf(["PathPrefix", "Exact"]), value: text });
export type PathCondition = Coded<typeof pathCondition>;

/** Who sends a request: one identity has to meet all of it. An empty list asks for nothing. */
const principal = record({
  /** Checks that may vouch for it, as `Identity` names them, and providers of theirs. */
  by: list(text),
  providers: list(text),
  subjects: list(text),
  /** `name` is a claim's, or a path of names with dots; each must have one of its values. */
  claims: list(record({ name: text, values: list(text) })),
  /** All of them, as OAuth has them. */
  scopes: list(text),
});
export type Principal = Coded<typeof principal>;

/** What a rule asks of a request: all that stands in it. */
export interface Condition {
  readonly principal: Principal | null;
  /** One of them; none asks for nothing. */
  readonly methods: readonly string[];
  /** One of them; none asks for nothing. */
  readonly paths: readonly PathCondition[];
  /** Names in lower case; each must have one of its values. */
  readonly headers: readonly { readonly name: string; readonly values: readonly string[] }[];
  readonly all: readonly Condition[];
  /** One of them; none asks for nothing. */
  readonly any: readonly Condition[];
  readonly not: Condition | null;
}

export const condition: Codec<Condition> = {
  shape: "condition",
  write: (value, words, numberOf) => conditionFields.write(value, words, numberOf),
  read: (cursor) => conditionFields.read(cursor),
};

export const conditionFields: Codec<Condition> = record({
  principal: nullable(principal),
  methods: list(text),
  paths: list(pathCondition),
  headers: list(record({ name: text, values: list(text) })),
  all: list(condition),
  any: list(condition),
  not: nullable(condition),
});

/** What those may do whom the guard let in: a rule that denies beats all that allow; where some allow, one has to. */
export const authorization = record({
  rules: list(record({ action: oneOf(["Allow", "Deny"]), when: condition })),
});
export type Authorization = Coded<typeof authorization>;
