import type { Command } from "commander";

/** Commands that tell or serve, and change nothing unless one of these flags is given. A new command is none of them. */
const TELLING: Readonly<Record<string, readonly string[]>> = {
  check: ["fix"],
  completion: [],
  "demo-cluster": [],
  dev: [],
  diff: [],
  explain: [],
  history: [],
  limits: ["reset"],
  status: [],
  test: [],
};

/**
 * What happens when nobody reads the output any more, as behind `head`: a command that only tells ends, for it has nothing
 * left to do. One that changes something goes on to its end, or half of the change would be done, or none under exit code 0.
 */
export function mindUnreadOutput(program: Command): void {
  let isTelling = true;
  program.hook("preAction", (_, command) => {
    isTelling = onlyTells(command);
  });
  let isTold = false;
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    if (isTelling) process.exit(process.exitCode ?? 0);
    if (!isTold) process.stderr.write("note: nobody reads the output any more; the command goes on without it\n");
    isTold = true;
  });
  process.stderr.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" || isTelling) throw error;
  });
}

function onlyTells(command: Command): boolean {
  let top = command;
  while (top.parent?.parent) top = top.parent;
  const flags = TELLING[top.name()];
  return flags?.every((flag) => !command.getOptionValue(flag)) ?? false;
}
