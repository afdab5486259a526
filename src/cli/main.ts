import { Command, CommanderError } from "commander";
import { addCheckCommand } from "./check.ts";
import { addCompileCommand } from "./compile.ts";
import { addCompletionCommand } from "./completion.ts";
import { addDemoClusterCommand } from "./demo-cluster.ts";
import { addDeployCommand } from "./deploy.ts";
import { addDevCommand } from "./dev.ts";
import { addDiffCommand } from "./diff.ts";
import { expectOneCompile } from "./engine.ts";
import { addExplainCommand } from "./explain.ts";
import { addInitCommand } from "./init.ts";
import { addKeysCommand } from "./keys.ts";
import { addLimitsCommand } from "./limits.ts";
import { addMigrateCommand } from "./migrate.ts";
import { messageOf, UsageError } from "./output.ts";
import { addPublishCommands } from "./publish.ts";
import { addPullCommands } from "./pull.ts";
import { addReviewCommand } from "./review.ts";
import { addSecretsCommand } from "./secrets.ts";
import { addStatusCommand } from "./status.ts";
import { addTestCommand } from "./test.ts";
import { mindUnreadOutput } from "./unread.ts";
import { version } from "./version.ts";

const COMMANDS = [
  addCompileCommand,
  addCheckCommand,
  addExplainCommand,
  addDiffCommand,
  addMigrateCommand,
  addTestCommand,
  addDevCommand,
  addDeployCommand,
  addStatusCommand,
  addLimitsCommand,
  addKeysCommand,
  addSecretsCommand,
  addPullCommands,
  addPublishCommands,
  addReviewCommand,
  addInitCommand,
  addCompletionCommand,
  addDemoClusterCommand,
];

/** Exit codes: 0 done, 1 the manifests have errors, 2 wrong use, 70 a bug of ours (sysexits.h EX_SOFTWARE). */
async function main(): Promise<void> {
  const program = new Command("edge-ingress")
    .description("One global edge in front of many clusters, compiled from the Ingress manifests you have.")
    .version(version)
    .exitOverride()
    .configureHelp({ sortSubcommands: true })
    .showHelpAfterError("(edge-ingress --help says more)");
  for (const add of COMMANDS) add(program);
  for (const command of program.commands) command.exitOverride();
  mindUnreadOutput(program);
  expectOneCompile();
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
    else if (error instanceof UsageError) {
      process.stderr.write(`edge-ingress: ${error.message}\n`);
      process.exitCode = 2;
    } else {
      const message = messageOf(error);
      process.stderr.write(`edge-ingress: ${message}\nThis is a bug in edge-ingress, please report it.\n`);
      if (process.env.EDGE_INGRESS_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
      process.exitCode = 70;
    }
  }
}

await main();
