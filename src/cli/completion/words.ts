import type { Command } from "commander";

/** A flag as shells complete it. */
export interface FlagWords {
  /** `--format`, and `-f` where it has a short form. */
  readonly names: readonly string[];
  readonly takesValue: boolean;
  /** The values it may have; empty where any will do. */
  readonly choices: readonly string[];
  readonly about: string;
}

/** A command with the words that lead to it: none for the program itself. */
export interface CommandWords {
  readonly path: readonly string[];
  readonly subcommands: readonly { readonly name: string; readonly about: string }[];
  readonly flags: readonly FlagWords[];
}

/** Every command of the program that its help shows, and the program itself as the first. */
export function wordsOf(program: Command): readonly CommandWords[] {
  return [wordsAt(program, []), ...below(program, [])];
}

function below(command: Command, path: readonly string[]): CommandWords[] {
  return shown(command).flatMap((child) => {
    const at = [...path, child.name()];
    return [wordsAt(child, at), ...below(child, at)];
  });
}

function wordsAt(command: Command, path: readonly string[]): CommandWords {
  return {
    path,
    subcommands: shown(command).map((child) => ({ name: child.name(), about: child.summary() })),
    flags: command
      .createHelp()
      .visibleOptions(command)
      .map((option) => ({
        names: [option.long, option.short].filter((name) => name !== undefined && name !== null),
        takesValue: option.required || option.optional,
        choices: option.argChoices ?? [],
        about: option.description,
      })),
  };
}

function shown(command: Command): readonly Command[] {
  const help = command.createHelp();
  return help.visibleCommands(command).filter((child) => child.name() !== "help");
}
