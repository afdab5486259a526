import { alikeHosts } from "../../compiler/diff/alike.ts";
import { diffOfRest } from "../../compiler/diff/diff.ts";
import type { Diff } from "../../compiler/index.ts";
import { type Facts, type Side, type Source, sideOf } from "./side.ts";
import { withThreadedSide } from "./threaded-side.ts";
import { isWorthAThread } from "./worth-a-thread.ts";

export interface Comparison {
  readonly old: Facts;
  readonly young: Facts;
  /** Null where a side has errors. */
  readonly diff: Diff | null;
}

/**
 * Compares two sides. Manifests that are large are compiled at the same time, where there is a second processor, and what
 * comes out is the same. Where both sides throw, what the old one throws counts.
 */
export async function compareSides(old: Source, young: Source): Promise<Comparison> {
  if (!("paths" in old && "paths" in young && isWorthAThread(old))) {
    return comparisonOf(await sideOf(old), await sideOf(young));
  }
  return withThreadedSide(old, async (threaded) => {
    const here = sideOf(young);
    here.catch(() => undefined);
    const was = (await threaded) ?? (await sideOf(old));
    return comparisonOf(was, await here);
  });
}

async function comparisonOf(old: Side, young: Side): Promise<Comparison> {
  const [was, is] = [old.facts, young.facts];
  if (was.kind === "invalid" || is.kind === "invalid") return { old: was, young: is, diff: null };
  const { outline: before } = was;
  const { outline: after } = is;
  const alike = before === null || after === null ? new Set<string>() : alikeHosts(before, after);
  const [oldRest, youngRest] = await Promise.all([old.without(alike), young.without(alike)]);
  return { old: was, young: is, diff: diffOfRest({ old: oldRest, young: youngRest, alike }) };
}
