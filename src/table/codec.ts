/** Strings of the table by their number, and back. */
export type NumberOf = (text: string) => number;
export type TextOf = (number: number) => string;

/** Where a reader stands in a section. */
export interface Cursor {
  readonly words: Uint32Array;
  at: number;
  readonly textOf: TextOf;
}

/**
 * How a value stands in the table, as u32 words: one description for the compiler, which writes, and the edge, which
 * reads. Readers throw a RangeError where the words can't be such a value.
 */
export interface Codec<Value> {
  /** How it stands there, in a text that differs where the words would be read as something else. */
  readonly shape: string;
  write(value: Value, words: number[], numberOf: NumberOf): void;
  read(cursor: Cursor): Value;
}

/** The value that a codec is for. */
export type Coded<C> = C extends Codec<infer Value> ? Value : never;

function next(cursor: Cursor): number {
  const word = cursor.words[cursor.at++];
  if (word === undefined) throw new RangeError("routing table is damaged: index outside its section");
  return word;
}

/** A whole number from 0 to 2^32 - 1. */
export const u32: Codec<number> = {
  shape: "u32",
  write: (value, words) => void words.push(value),
  read: next,
};

/** A whole number from 0 to 2^53 - 1, in two words, the higher one first. */
export const u53: Codec<number> = {
  shape: "u53",
  write: (value, words) => void words.push(Math.floor(value / 2 ** 32), value % 2 ** 32),
  read: (cursor) => next(cursor) * 2 ** 32 + next(cursor),
};

export const boolean: Codec<boolean> = {
  shape: "boolean",
  write: (value, words) => void words.push(value ? 1 : 0),
  read: (cursor) => next(cursor) !== 0,
};

/** A string, as its number in the string pool. */
export const text: Codec<string> = {
  shape: "text",
  write: (value, words, numberOf) => void words.push(numberOf(value)),
  read: (cursor) => cursor.textOf(next(cursor)),
};

/** One of these names, as its position: new names go to the end. */
export function oneOf<const Name extends string>(names: readonly Name[]): Codec<Name> {
  return {
    shape: names.join("|"),
    write: (value, words) => void words.push(names.indexOf(value)),
    read(cursor) {
      const name = names[next(cursor)];
      if (name === undefined) throw new RangeError("routing table is damaged: unknown kind");
      return name;
    },
  };
}

/** Its length, then the items. */
export function list<Item>(item: Codec<Item>): Codec<readonly Item[]> {
  return {
    shape: `[${item.shape}]`,
    write(value, words, numberOf) {
      words.push(value.length);
      for (const one of value) item.write(one, words, numberOf);
    },
    read: (cursor) => Array.from({ length: bounded(next(cursor), cursor) }, () => item.read(cursor)),
  };
}

/** Words as they are: their count, then they themselves. What is read is a view of the table. */
export const words: Codec<ArrayLike<number>> = {
  shape: "words",
  write(value, written) {
    written.push(value.length);
    for (let index = 0; index < value.length; index++) written.push(value[index] as number);
  },
  read(cursor) {
    const length = bounded(next(cursor), cursor);
    cursor.at += length;
    return cursor.words.subarray(cursor.at - length, cursor.at);
  },
};

/** 1 and the value, or 0. */
export function nullable<Value>(value: Codec<Value>): Codec<Value | null> {
  return {
    shape: `${value.shape}?`,
    write(written, words, numberOf) {
      words.push(written === null ? 0 : 1);
      if (written !== null) value.write(written, words, numberOf);
    },
    read: (cursor) => (next(cursor) === 0 ? null : value.read(cursor)),
  };
}

/** The fields in the order in which they are given. */
export function record<Fields extends Readonly<Record<string, Codec<never> | Codec<unknown>>>>(
  fields: Fields,
): Codec<{ readonly [Name in keyof Fields]: Coded<Fields[Name]> }> {
  const entries = Object.entries(fields) as [string, Codec<unknown>][];
  return {
    shape: `{${entries.map(([name, { shape }]) => `${name}:${shape}`).join()}}`,
    write(value, words, numberOf) {
      for (const [name, codec] of entries) codec.write((value as Record<string, unknown>)[name], words, numberOf);
    },
    read: (cursor) =>
      Object.fromEntries(entries.map(([name, codec]) => [name, codec.read(cursor)])) as {
        [Name in keyof Fields]: Coded<Fields[Name]>;
      },
  };
}

/** A damaged length must not make an array of billions. */
function bounded(length: number, { words, at }: Cursor): number {
  if (length > words.length - at) throw new RangeError("routing table is damaged: index outside its section");
  return length;
}
