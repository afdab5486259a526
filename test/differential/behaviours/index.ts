import { ANSWERED } from "./answers.ts";
import type { Behaviour } from "./behaviour.ts";
import { CANARY } from "./canary.ts";
import { CORS } from "./cors.ts";
import { GUARDS } from "./guards.ts";
import { MATCHING } from "./matching.ts";
import { REDIRECTS } from "./redirects.ts";
import { REWRITING } from "./rewriting.ts";

/** All that is compared; a new one is a row in its file. */
export const BEHAVIOURS: readonly Behaviour[] = [
  ...MATCHING,
  ...REWRITING,
  ...REDIRECTS,
  ...GUARDS,
  ...CORS,
  ...CANARY,
  ...ANSWERED,
];
