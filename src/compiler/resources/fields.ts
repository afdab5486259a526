/** The fields of an object before anything is known of them. */
export type Fields = Readonly<Record<string, unknown>>;

/** True for an object that is no list. */
export function isMapping(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
