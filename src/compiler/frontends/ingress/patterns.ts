import type { Diagnostic, Position } from "../../diagnostics/diagnostic.ts";
import { diagnose } from "../../diagnostics/report.ts";
import type { PathMatch } from "../../ir/match.ts";
import { type Translated, translatePattern } from "../../patterns/translate.ts";
import type { PathHabits, PathOwner, PatternHosts, PatternLocation } from "./pattern-hosts.ts";

/** A pattern, and whether requests that it takes are rewritten. */
export interface ReadPath {
  readonly match: PathMatch;
  readonly isRewritten: boolean;
}

/**
 * The locations of one path, `written` in the manifest, as patterns; none of those that can't be translated exactly, with
 * the reason.
 */
export function readPatterns(
  locations: readonly PatternLocation[],
  written: string,
  { rewriteTarget }: PathHabits,
  at: Position,
): { readonly paths: readonly ReadPath[]; readonly diagnostics: readonly Diagnostic[] } {
  const paths: ReadPath[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const { isRewritten, isHidden, ...location } of locations) {
    const { value } = location;
    if (isHidden) {
      const says =
        location.writtenAs === "Exact"
          ? 'the Exact "/" takes nothing: it is the pattern of the Prefix "/", which every host has and which stands before it'
          : `the Prefix ${JSON.stringify(written)} takes nothing: the Exact of the same path is a pattern that takes all of it`;
      diagnostics.push(diagnose("EI4053", at, says));
    }
    const translation = translatePattern(`^${value}`, { caseless: true });
    if (translation.ok) {
      const { pattern } = translation;
      paths.push({ match: { type: "RegularExpression", ...location, source: pattern.source }, isRewritten });
      if (isRewritten) diagnostics.push(...reportGroups(value, pattern, rewriteTarget ?? "", at));
      continue;
    }
    const { why, problem } = translation;
    const where = why === "syntax" ? ` (character ${charactersUpTo(value, problem.offset)})` : "";
    const message = `the pattern ${JSON.stringify(value)} ${problem.says}${where}`;
    diagnostics.push(diagnose(why === "syntax" ? "EI4050" : "EI4051", at, message));
  }
  return { paths, diagnostics };
}

/** Groups that a rewrite puts in, and that the pattern has not or that two engines fill differently. */
function reportGroups(value: string, { captures, unsteady }: Translated, template: string, at: Position): Diagnostic[] {
  const named = [...template.matchAll(/\$([1-9])/g)].map(([, number]) => Number(number));
  const which = `of the pattern ${JSON.stringify(value)}`;
  if (named.some((number) => unsteady.has(number))) {
    const says = `rewrite-target puts in a group ${which} that a later turn of a repetition may pass by`;
    return [diagnose("EI4055", at, says)];
  }
  if (named.every((number) => number <= captures)) return [];
  const says = `rewrite-target puts in a group that is none ${which}, which has ${captures === 0 ? "none" : captures}`;
  return [diagnose("EI4054", at, says)];
}

/** Counts from 1; the offset, in bytes, counts the anchor before the path. */
function charactersUpTo(value: string, offset: number): number {
  return (
    [
      ...Buffer.from(value)
        .subarray(0, Math.max(0, offset - 1))
        .toString(),
    ].length + 1
  );
}

/** Ingresses that ask for nothing, and whose paths are patterns because another one of the host does. */
export function reportPatternHosts(owners: readonly PathOwner[], { causes }: PatternHosts): readonly Diagnostic[] {
  return owners.flatMap(({ ingress, habits }) => {
    if (habits.useRegex || habits.rewriteTarget !== null) return [];
    const { namespace, name } = ingress.metadata;
    const hosts = new Set(ingress.body.rules.map(({ host }) => (host === null ? "*" : host.toLowerCase())));
    return [...hosts].flatMap((hostname) => {
      const cause = causes.get(hostname);
      if (cause === undefined) return [];
      const index = ingress.body.rules.findIndex(({ host }) => (host?.toLowerCase() ?? "*") === hostname);
      const other = `${cause.metadata.namespace}/${cause.metadata.name}`;
      const where = hostname === "*" ? "without host" : `for ${hostname}`;
      const says = `the paths of Ingress ${namespace}/${name} ${where} are matched as patterns, because of Ingress ${other}`;
      const related = [
        { message: "the Ingress that makes them patterns", position: cause.locate(["metadata", "name"]) },
      ];
      return [diagnose("EI4052", ingress.locate(["spec", "rules", index]), says, { related })];
    });
  });
}
