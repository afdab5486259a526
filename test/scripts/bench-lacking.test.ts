import { describe, expect, test } from "vitest";
import { type Command, lacking, toldOf, toldOfPatterns } from "../../scripts/bench/lacking.ts";
import { manifestsOf, requestOf } from "../../scripts/bench/manifests.ts";
import { patternRequestOf, patternsOf } from "../../scripts/bench/patterns.ts";
import { runCli } from "../support/cli.ts";
import { directoryWith } from "../support/manifests.ts";

/** One Ingress is changed in each way. */
const INGRESSES = 300;

describe.each([
  ["manifests of a company", { manifestsOf, requestOf, toldOf }],
  ["patterns of one host", { manifestsOf: patternsOf, requestOf: patternRequestOf, toldOf: toldOfPatterns }],
])("the bench of the command line, on %s,", (_, set) => {
  test("finds in its output what the manifests come to, and nothing in an empty one", async () => {
    const files = (root: string, isChanged: boolean) =>
      set.manifestsOf(INGRESSES, { isChanged }).map(({ path, text }) => [`${root}/${path}`, text] as const);
    const cwd = directoryWith(Object.fromEntries([...files("old", false), ...files("new", true)]));
    const commands: Readonly<Record<Command, readonly string[]>> = {
      check: ["-f", "old"],
      diff: ["old", "new"],
      explain: ["-f", "old", set.requestOf(INGRESSES)],
    };
    for (const [command, args] of Object.entries(commands) as [Command, readonly string[]][]) {
      const { code, stdout, stderr } = await runCli([command, "--ingress-class", "nginx", ...args], { cwd });
      const expected = set.toldOf(command, INGRESSES);
      expect([command, code, lacking(stdout + stderr, expected)]).toEqual([command, 0, null]);
      expect(lacking("", expected)).toBe(expected);
      expect(lacking((stdout + stderr).replaceAll(expected, "something else"), expected)).toBe(expected);
    }
  });
});
