import type { Command } from 'commander';
import { createProgram, helpOf } from '../src/cli/program.js';

function subcommandOf(command: Command, name: string): Command {
  const found = command.commands.find((one) => one.name() === name);
  if (!found) throw new Error(`${command.name()} has no command ${name}`);
  return found;
}

/** `docs/reference/cli.md`, as text. */
export function cliPage(): string {
  const program = createProgram('1.0.0');
  const fenced = (command: Command): string => `\`\`\`\n${helpOf(command).trimEnd()}\n\`\`\``;
  const help = (name: string): string => fenced(name.split(' ').reduce(subcommandOf, program));
  return `# The command line

In the clone, once \`npm start\` has been run there:

\`\`\`sh
npx slipway deploy examples/flask-hello
\`\`\`

It packs the folder, uploads it, and shows each step and what the tools say until the page answers. This page is made from the commands themselves by \`npm run docs\`.

From any other folder: \`npm link\` in the clone once, which puts \`slipway\` on PATH (never \`npx slipway\` there: npm would ask its registry). It finds the Slipway by \`SLIPWAY_DATA_DIR=<clone>/.slipway\`, or by \`SLIPWAY_URL\` and \`SLIPWAY_KEY\`. Before anything is installed, \`npx slipway doctor\` in the clone says what this host lacks.

${fenced(program)}

## Deploying

Ctrl-C asks whether to cancel; a second one leaves, and the deployment goes on. With \`--cancel-on-interrupt\` the first one (and SIGTERM) cancels at once and waits until nothing of the deployment is left: for scripts and CI. Without a terminal nobody can be asked: Ctrl-C leaves.

${help('deploy')}

## Going back

${help('rollback')}

## Isolation

\`container\` keeps all of a service in [containers](../explanation/security.md#isolation). Only an unrestricted admin key may set it.

${help('isolation')}

## Keys

What each limit of a key means: [Keys](api.md#keys).

${help('keys create')}

## The audit trail

Who did what, when and with which key: [Audit](api.md#audit).

${help('audit')}

## In scripts

- \`--json\` prints the answer of the [API](api.md) as it is. What is followed comes as a line of JSON for each event: \`deploy\` prints \`{"event":"accepted"|"progress"|"log"|"end","data":…}\`, the last with the deployment's status; \`batch\` prints the batch each time that an item changed; \`logs --follow\` and \`progress --follow\` print each event's data. A refusal is printed as the API's problem, and exits with 1. \`progress --follow\` exits as \`deploy\` does: what was begun with \`--detach\` can be waited for.
- Results stand on stdout, all else on stderr: \`KEY=$(npx slipway keys create --role read)\`.
- Without a terminal, or with \`NO_COLOR\`, nothing is coloured and nothing moves. Texts are in \`SLIPWAY_LANGUAGE\`, else in the language of \`LANG\`: Chinese for \`zh…\`, English for all others.
- Times are those of the terminal's zone (\`TZ\`), with its offset: \`2026-11-29 19:00:00+08:00\`. With \`--json\` they are as the API tells them, in UTC. \`--since\` and \`--until\` take \`30s\`, \`10m\`, \`2h\` or \`1d\` (before now), a day, or a time; without an offset it is one of the terminal's zone.
- \`logs\` prints the last 100 lines. With \`--since\` it prints all from then on, and \`-n all\` prints the whole log. Lines of stderr begin with \`!\`.
- A connection that is lost is taken up where it was; after a minute without an answer the command gives up, and what was accepted goes on.

## Completion

\`slipway completion bash|zsh|fish\` prints a script for the shell. It completes a program named \`slipway\`: \`npm link\` in the clone puts one on PATH.
`;
}
