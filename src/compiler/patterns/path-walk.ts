/** A byte of a path on the way from its start. */
export interface Step {
  /** Null: the start, before any byte. */
  readonly from: Step | null;
  readonly byte: number;
  /** Where in the path it leads. */
  readonly segment: number;
}

/** States that a walk looks at. */
export const MOST_STATES = 20_000;

/** Places in a path: at its start, behind a slash, behind one dot, behind two, within a segment. */
export const START = 0;
const [SLASH, DOT, DOTS, WITHIN] = [1, 2, 3, 4];

/** Whether the path may end here. */
export function isPath({ segment }: Step): boolean {
  return segment === SLASH || segment === WITHIN;
}

/** Null: no path that all servers read in one way goes on like this. */
export function segmentBehind(segment: number, byte: number): number | null {
  if (byte === 0x2f) return segment === START || segment === WITHIN ? SLASH : null;
  if (segment === START) return null;
  if (byte !== 0x2e || segment === WITHIN || segment === DOTS) return WITHIN;
  return segment === SLASH ? DOT : DOTS;
}

/** The path that was walked. */
export function pathOf(step: Step): string {
  const bytes: number[] = [];
  for (let at: Step | null = step; at !== null && at.from !== null; at = at.from) bytes.push(at.byte);
  return escapedPath(String.fromCharCode(...bytes.reverse()));
}

/** A text of bytes as the path of a URL that has one reading. */
export function escapedPath(text: string): string {
  return text.replace(
    /[^-\w./~:@!$&'()*+,;=[\]|]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}
