import { changesIn, lastHost } from "./manifests.ts";

/** What the output of a command on the manifests of this bench has to tell, and does not; null: nothing is lacking. */
export function lacking(command: "check" | "diff" | "explain", said: string, ingresses: number): string | null {
  const lines = new Set(said.split("\n"));
  const expected = {
    check: "2 warnings",
    diff: summaryOf(ingresses),
    explain: `taken by PathPrefix /api of ${lastHost(ingresses)}`,
  }[command];
  return [...lines].some((line) => line === expected || line.startsWith(`${expected}, `)) ? null : expected;
}

/** An Ingress without its guard is open at four paths; a path that is new goes elsewhere, as one with another Service does. */
function summaryOf(ingresses: number): string {
  const { unguarded, "re-targeted": retargeted, added } = changesIn(ingresses);
  return `${4 * unguarded} guard-removed, ${retargeted + added} re-targeted`;
}
