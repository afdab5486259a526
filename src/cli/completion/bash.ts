import type { CommandWords } from "./words.ts";

/**
 * A completion script for bash, and for zsh with bashcompinit. Where there is nothing to offer bash completes paths,
 * which is what most values are.
 */
export function bashScript(commands: readonly CommandWords[]): string {
  const paths = commands.filter(({ path }) => path.length > 0).map(({ path }) => quoted(pathOf(path)));
  const values = commands.flatMap(({ path, flags }) =>
    flags
      .filter(({ takesValue }) => takesValue)
      .map(({ names, choices }) => {
        const cases = names.map((name) => quoted(`${pathOf(path)} ${name}`)).join("|");
        return `    ${cases}) words=${quoted(choices.join(" "))} ;;`;
      }),
  );
  const words = commands.map(({ path, subcommands, flags }) => {
    const names = subcommands.map(({ name }) => name);
    const all = [...names, ...flags.flatMap(({ names }) => names)];
    return `    ${quoted(pathOf(path))}) words=${quoted(all.join(" "))} ;;`;
  });
  return `# Completion of edge-ingress for bash: source <(edge-ingress completion bash)
_edge_ingress() {
  local word="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command= words= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command \${COMP_WORDS[i]}" in
      ${paths.join("|")}) command="$command \${COMP_WORDS[i]}" ;;
    esac
  done
  case "$command $previous" in
${values.join("\n")}
    *) case "$command" in
${words.map((line) => `  ${line}`).join("\n")}
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _edge_ingress edge-ingress
`;
}

/** The same for zsh, which reads completions of bash. */
export function zshScript(commands: readonly CommandWords[]): string {
  const prelude = "autoload -Uz compinit bashcompinit && compinit -u && bashcompinit\n";
  return `${prelude}${bashScript(commands).replace("bash: source <(edge-ingress completion bash)", "zsh: source <(edge-ingress completion zsh)")}`;
}

/** ` keys plan`: a space before each word, so that the program itself is the empty text. */
function pathOf(path: readonly string[]): string {
  return path.map((word) => ` ${word}`).join("");
}

function quoted(text: string): string {
  return `"${text}"`;
}
