import type { CommandWords } from "./words.ts";

/** A completion script for fish. */
export function fishScript(commands: readonly CommandWords[]): string {
  const lines = commands.flatMap((command) => [...subcommandLines(command), ...flagLines(command)]);
  return `# Completion of edge-ingress for fish: edge-ingress completion fish | source
function __edge_ingress_at
    set -l words (commandline -opc)
    string match -q -- "edge-ingress $argv *" "$words "
end
${lines.join("\n")}
`;
}

function subcommandLines({ path, subcommands }: CommandWords): string[] {
  if (subcommands.length === 0) return [];
  const names = subcommands.map(({ name }) => name).join(" ");
  const where = `${at(path)}; and not __fish_seen_subcommand_from ${names}`;
  return subcommands.map(({ name, about }) => `${complete(where)} -f -a ${name} -d ${quoted(about)}`);
}

function flagLines({ path, flags }: CommandWords): string[] {
  return flags.map(({ names, takesValue, choices, about }) => {
    const forms = names.map((name) => (name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
    const value = choices.length > 0 ? ` -x -a ${quoted(choices.join(" "))}` : takesValue ? " -r" : "";
    return `${complete(at(path))} ${forms.join(" ")}${value} -d ${quoted(about)}`;
  });
}

function complete(where: string): string {
  return `complete -c edge-ingress -n ${quoted(where)}`;
}

function at(path: readonly string[]): string {
  return path.length === 0 ? "test (count (commandline -opc)) -eq 1" : `__edge_ingress_at ${path.join(" ")}`;
}

/** Single quotes of fish: a backslash escapes itself and the quote. */
function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("\n", " ")}'`;
}
