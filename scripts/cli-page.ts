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
  return `# Command line

Run the command line in the clone, after \`npm start\`:

\`\`\`sh
npx slipway deploy examples/flask-hello
\`\`\`

The command packs and uploads the folder. It shows each step, with the output of the tools, until the page answers. \`npm run docs\` generates this page from the commands.

To use the command line in any folder, run \`npm link\` in the clone once, which puts \`slipway\` on PATH. Don't use \`npx slipway\` outside of the clone, because npm would search its registry. The command finds Slipway by \`SLIPWAY_DATA_DIR=<clone>/.slipway\`, or by \`SLIPWAY_URL\` and \`SLIPWAY_KEY\`. Before you install anything, \`npx slipway doctor\` in the clone lists what this host lacks.

${fenced(program)}

## Deploy

Press Ctrl-C to get the question whether to cancel. A second Ctrl-C leaves, and the deployment continues. For scripts and CI, use \`--cancel-on-interrupt\`: Ctrl-C or SIGTERM then cancels at once, and waits until nothing of the deployment is left. Without a terminal, Ctrl-C leaves.

${help('deploy')}

## Roll back

${help('rollback')}

## Isolation

\`container\` keeps a service in [containers](../explanation/security.md#isolation). Only an unrestricted admin key can set it.

${help('isolation')}

## Keys

The [API](api.md#keys) describes each limit of a key.

${help('keys create')}

## The audit trail

The [audit trail](api.md#audit) records each change, its time and its key.

${help('audit')}

## In scripts

- \`--json\` prints the answer of the [API](api.md). Streams are printed as one JSON line for each event. \`deploy\` prints \`{"event":"accepted"|"progress"|"log"|"end","data":…}\`; the last line has the deployment's status. \`batch\` prints the batch after each change of an item. \`logs --follow\` and \`progress --follow\` print each event's data.
- An error is printed as the API's problem, with exit code 1. \`progress --follow\` exits like \`deploy\`, so you can wait for a deployment that you started with \`--detach\`.
- Results are on stdout, and everything else is on stderr: \`KEY=$(npx slipway keys create --role read)\`.
- Without a terminal, or with \`NO_COLOR\`, the output has no colours and no animation. The language is \`SLIPWAY_LANGUAGE\`, or the language of \`LANG\`: Chinese for \`zh…\`, English otherwise.
- Times have the terminal's zone (\`TZ\`), with its offset: \`2026-11-29 19:00:00+08:00\`. With \`--json\` they are in UTC, as in the API. \`--since\` and \`--until\` take \`30s\`, \`10m\`, \`2h\` or \`1d\` (before now), a day, or a time. A time without an offset is in the terminal's zone.
- \`logs\` prints the last 100 lines. With \`--since\` it prints all lines from that time, and \`-n all\` prints the whole log. Lines of stderr begin with \`!\`.
- If the connection is lost, the command reconnects and continues. After a minute without an answer it exits, and accepted work continues.

## Completion

\`slipway completion bash|zsh|fish\` prints a script for the shell. It completes a program named \`slipway\`; \`npm link\` in the clone puts one on PATH.
`;
}
