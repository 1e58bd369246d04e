import { Argument, type Command } from 'commander';
import { command } from '../command.js';
import { completionScript, SHELLS, type Shell } from '../completion-script.js';

/** `root` is the command to complete, with its options and subcommands. */
export function completion(root: () => Command): Command {
  return command('completion', 'Print a completion script for a shell', [
    'completion bash > ~/.local/share/bash-completion/completions/slipway',
    'completion zsh > ~/.zfunc/_slipway',
    'completion fish > ~/.config/fish/completions/slipway.fish',
  ])
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .action((shell: Shell) => {
      process.stdout.write(completionScript(root(), shell));
    });
}
