import { expect, test } from "vitest";
import { lacking } from "../../scripts/bench/lacking.ts";
import { manifestsOf, requestOf } from "../../scripts/bench/manifests.ts";
import { runCli } from "../support/cli.ts";
import { directoryWith } from "../support/manifests.ts";

/** One Ingress is changed in each way. */
const INGRESSES = 300;

test("the bench of the command line finds in its output what the manifests come to, and nothing in an empty one", async () => {
  const files = (root: string, isChanged: boolean) =>
    manifestsOf(INGRESSES, { isChanged }).map(({ path, text }) => [`${root}/${path}`, text] as const);
  const cwd = directoryWith(Object.fromEntries([...files("old", false), ...files("new", true)]));
  const commands = {
    check: ["-f", "old"],
    diff: ["old", "new"],
    explain: ["-f", "old", requestOf(INGRESSES)],
  } as const;
  for (const command of ["check", "diff", "explain"] as const) {
    const { code, stdout, stderr } = await runCli([command, "--ingress-class", "nginx", ...commands[command]], { cwd });
    expect([command, code, lacking(command, stdout + stderr, INGRESSES)]).toEqual([command, 0, null]);
    expect(lacking(command, "", INGRESSES)).not.toBeNull();
    expect(lacking(command, stdout + stderr, INGRESSES + 300)).toEqual(
      command === "check" ? null : expect.stringMatching(/8 guard-removed, 4 re-targeted|shop-599/),
    );
  }
});
