// Builds shell completion scripts from the commands.
import { Help, type Command } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** A command, and what can follow it. */
interface Place {
  words: string[];
  commands: { name: string; summary: string }[];
  options: { flags: string[]; summary: string }[];
}

export function completionScript(root: Command, shell: Shell): string {
  const places = placesOf(root, []);
  switch (shell) {
    case 'bash':
      return bash(places);
    case 'zsh':
      return `#compdef slipway\nautoload -U +X bashcompinit && bashcompinit\n${bash(places)}`;
    case 'fish':
      return fish(places);
  }
}

function placesOf(command: Command, words: string[]): Place[] {
  const help = new Help();
  const commands = help.visibleCommands(command);
  const options = help.visibleOptions(command);
  const own = {
    words,
    commands: commands.map((subcommand) => ({
      name: subcommand.name(),
      summary: subcommand.summary() || subcommand.description(),
    })),
    options: options.map(({ long, short, description }) => ({
      flags: [long, short].filter((flag) => flag !== undefined),
      summary: description,
    })),
  };
  return [own, ...commands.flatMap((subcommand) => placesOf(subcommand, [...words, subcommand.name()]))];
}

function bash(places: readonly Place[]): string {
  const global = places[0]?.options.flatMap(({ flags }) => flags) ?? [];
  const cases = places.map(({ words, commands, options }) => {
    const next = [...commands.map(({ name }) => name), ...options.flatMap(({ flags }) => flags), ...global];
    return `    '${words.join(' ')}') next='${[...new Set(next)].join(' ')}' ;;`;
  });
  const casePatterns = places.map(({ words }) => `'${words.join(' ')}'`).filter((words) => words !== "''");
  return `_slipway() {
  local here=\${COMP_WORDS[COMP_CWORD]} path='' word next=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${path:+$path }$word" in
      ${casePatterns.join('|')}) path="\${path:+$path }$word" ;;
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$next" -- "$here"))
  [[ \${#COMPREPLY[@]} -gt 0 || $here == -* ]] || COMPREPLY=($(compgen -f -- "$here"))
}
complete -F _slipway slipway
`;
}

function fish(places: readonly Place[]): string {
  const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;
  const lines = places.flatMap(({ words, commands, options }) => {
    const where =
      words.length === 0
        ? ''
        : ` -n ${quoted(words.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and '))}`;
    const first = words.length === 0 ? " -n '__fish_use_subcommand'" : where;
    return [
      ...commands.map(({ name, summary }) => `complete -c slipway${first} -a ${name} -d ${quoted(summary)}`),
      ...options.map(({ flags, summary }) => {
        const switches = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
        return `complete -c slipway${where} ${switches.join(' ')} -d ${quoted(summary)}`;
      }),
    ];
  });
  return `${lines.join('\n')}\n`;
}
