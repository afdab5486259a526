import type { Disagreement } from "./compare.ts";
import { OF_ANSWERS } from "./differences/answers.ts";
import { OF_HEADERS } from "./differences/headers.ts";
import { OF_PATHS } from "./differences/paths.ts";

/** A way in which the edge is not to do what nginx does. */
export interface WantedDifference {
  /** What the edge does, as a user would say it. */
  readonly edge: string;
  readonly nginx: string;
  readonly reason: string;
  readonly covers: (disagreement: Disagreement) => boolean;
}

/** All of them. Each must occur, and what none of them covers is a fault: of the edge, or of the oracle. */
export const WANTED_DIFFERENCES: readonly WantedDifference[] = [...OF_PATHS, ...OF_ANSWERS, ...OF_HEADERS];

/** The first that covers it; undefined: it is not wanted. */
export function wantedAs(disagreement: Disagreement): WantedDifference | undefined {
  return WANTED_DIFFERENCES.find(({ covers }) => covers(disagreement));
}
