import type { ChangeKind } from "../../compiler/index.ts";

/** What has to be allowed before it is deployed: kinds of changes, and a comparison that can't be made in full. */
export const ASKED_ABOUT = [
  "guard-removed",
  "guard-changed",
  "re-targeted",
  "removed",
  "unknown",
] as const satisfies readonly (ChangeKind | "unknown")[];
export type AskedAbout = (typeof ASKED_ABOUT)[number];
