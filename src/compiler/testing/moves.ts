import type { Rule } from "../../table/model.ts";
import { patternReadings } from "../../table/normalise.ts";
import { leadsElsewhere } from "../../table/policies/rewrite-module.ts";
import { normaliseTarget } from "../../table/target.ts";

/**
 * Whether lines of snippets may lead a request to another rule of its host (`rewrite … last`): which one the edge alone knows,
 * for conditions see more of a request than the table is asked with. Never says no of one that is led on.
 */
export function mayMove({ policies }: Rule, url: string): boolean {
  const normalised = normaliseTarget(url);
  const path = normalised.ok ? patternReadings(normalised.target)?.path : undefined;
  if (path === undefined) return false;
  return policies.rewriteModule.some(({ actions }) =>
    actions.some((action) => {
      const { pattern } = action;
      return leadsElsewhere(action) && (pattern === "" || new RegExp(pattern).test(path));
    }),
  );
}
