import { type Outline, outlineOf } from "../../compiler/diff/alike.ts";
import { type CompileOptions, compile, type DiffInput } from "../../compiler/index.ts";
import { readBuiltTable } from "../built-table.ts";
import type { Invalid } from "../invalid.ts";

/** Manifests, and how they are read. */
export interface Manifests {
  readonly paths: readonly string[];
  readonly options: CompileOptions;
}

/** One side of a comparison: manifests, or the directory of a built table. */
export type Source = Manifests | { readonly builtTable: string };

/** What is known of a side before there is a table. Plain data. */
export interface Facts {
  /** `invalid`: errors, and nothing to compare. `empty`: no rule is left to serve. */
  readonly kind: "invalid" | "empty" | "served";
  /** Of a side that is invalid or empty; of another one nothing is told. */
  readonly said: Invalid;
  /** Null where hosts can't be left out: of a built table, and where there are errors. */
  readonly outline: Outline | null;
}

/** One side, wherever it is compiled. */
export interface Side {
  readonly facts: Facts;
  /** The table and its report without these hosts, as plain data. Not to be asked of an invalid side. */
  without(hosts: ReadonlySet<string>): Promise<DiffInput>;
}

const NOTHING: Invalid = { diagnostics: [], allowed: [], files: [] };

/** Reads or compiles a side in this thread. Rejects with `UsageError` where there is no built table. */
export async function sideOf(source: Source): Promise<Side> {
  if ("paths" in source) return compiledSide(source);
  const input = readBuiltTable(source.builtTable);
  return { facts: { kind: "served", said: NOTHING, outline: null }, without: async () => input };
}

function compiledSide({ paths, options }: Manifests): Side {
  const { output, diagnostics, allowed, files } = compile(paths, { ...options, errorsOnly: true });
  const said = { diagnostics, allowed, files };
  if (output === null) {
    const without = () => Promise.reject(new Error("manifests with errors have no table"));
    return { facts: { kind: "invalid", said, outline: null }, without };
  }
  const outline = outlineOf(output.router);
  const isEmpty = output.router.hosts.length === 0;
  return {
    facts: isEmpty ? { kind: "empty", said, outline } : { kind: "served", said: NOTHING, outline },
    without: async (hosts) => asPlainData(output.only((hostname) => !hosts.has(hostname))),
  };
}

/** Rules of a report are described when they are asked for, and their places found. */
function asPlainData({ table, report: { contentHash, hosts } }: DiffInput): DiffInput {
  const placed = hosts.map(({ hostname, rules }) => ({ hostname, rules: rules.map(({ at }) => ({ at })) }));
  return { table, report: { contentHash, hosts: placed } };
}
