import { Argument, type Command } from "commander";
import { bashScript, zshScript } from "./completion/bash.ts";
import { fishScript } from "./completion/fish.ts";
import { wordsOf } from "./completion/words.ts";

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** `completion`: what a shell needs to complete the command line, made from the commands themselves. */
export function addCompletionCommand(program: Command): void {
  program
    .command("completion")
    .summary("print a completion script for your shell")
    .description("Prints a script that completes commands, flags and their values.")
    .addArgument(new Argument("<shell>", "which shell reads it").choices(["bash", "zsh", "fish"]))
    .addHelpText(
      "after",
      `
Examples:
  $ source <(edge-ingress completion bash)      # in ~/.bashrc
  $ source <(edge-ingress completion zsh)       # in ~/.zshrc
  $ edge-ingress completion fish > ~/.config/fish/completions/edge-ingress.fish
`,
    )
    .action((shell: keyof typeof SCRIPTS) => {
      process.stdout.write(SCRIPTS[shell](wordsOf(program)));
    });
}
