import { TABLE_KEYS, TABLE_NOT_BEFORE } from "../../table/publication.ts";

/** What a local edge may be told of published tables, under the names that the worker has for it. */
const SETTINGS = [
  TABLE_KEYS,
  "EDGE_INGRESS_TABLE_REFRESH",
  "EDGE_INGRESS_TABLE_HEADER",
  TABLE_NOT_BEFORE,
  "EDGE_INGRESS_TABLE_REQUIRED",
];

/** Of the environment; null without a key that is trusted: then a local edge follows nothing. */
export function publishedTables(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Readonly<Record<string, string>> | null {
  if ((env[TABLE_KEYS] ?? "") === "") return null;
  const given = SETTINGS.flatMap((name): [string, string][] => {
    const value = env[name];
    return value === undefined ? [] : [[name, value]];
  });
  return { EDGE_INGRESS_TABLE_REFRESH: "1000", ...Object.fromEntries(given) };
}
