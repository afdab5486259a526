import { changesIn, lastHost } from "./manifests.ts";

export type Command = "check" | "diff" | "explain";

/** A line that the output of a command on the manifests of `manifestsOf` has, or begins one with before a comma. */
export function toldOf(command: Command, ingresses: number): string {
  return {
    check: "2 warnings",
    diff: summaryOf(ingresses),
    explain: `taken by PathPrefix /api of ${lastHost(ingresses)}`,
  }[command];
}

/** The same of those of `patternsOf`. */
export function toldOfPatterns(command: Command, ingresses: number): string {
  return {
    check: `1 warning, ${ingresses} infos`,
    diff: "1 guard-removed",
    explain: `taken by RegularExpression /service-${ingresses - 1}(/|$)(.*) of api.example.com`,
  }[command];
}

/** What an output has to tell, and does not; null: nothing is lacking. */
export function lacking(said: string, expected: string): string | null {
  const lines = said.split("\n");
  return lines.some((line) => line === expected || line.startsWith(`${expected}, `)) ? null : expected;
}

/** An Ingress without its guard is open at four paths; a path that is new goes elsewhere, as one with another Service does. */
function summaryOf(ingresses: number): string {
  const { unguarded, "re-targeted": retargeted, added } = changesIn(ingresses);
  return `${4 * unguarded} guard-removed, ${retargeted + added} re-targeted`;
}
