import type { Command } from "commander";

/** `init`: a new project. */
export function addInitCommand(program: Command): void {
  program
    .command("init")
    .summary("write a new project: example manifests, tests, a CI workflow")
    .description(
      "Writes a project that checks, tests, serves and deploys as it stands. No file that is there is touched.",
    )
    .argument("[dir]", "where; made if it is not there", ".")
    .addHelpText(
      "after",
      `
Examples:
  $ edge-ingress init edge && cd edge && npm install && npm start
`,
    )
    .action(async (directory: string) => (await import("./init/run.ts")).runInit(directory));
}
