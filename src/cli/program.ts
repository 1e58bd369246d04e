// The tree of commands, options and help. Creating it has no side effects.
import { Command } from 'commander';
import { audit, health, keys, permissions } from './commands/administration.js';
import { batch, batchCancel } from './commands/batch.js';
import { callbacks } from './commands/callbacks.js';
import { completion } from './commands/completion.js';
import { config } from './commands/config.js';
import { deploy } from './commands/deploy.js';
import { cancel, list, progress, status } from './commands/deployments.js';
import { doctor } from './commands/doctor.js';
import { logs } from './commands/logs.js';
import { start } from './commands/start.js';
import { temporal, temporalUi } from './commands/temporal.js';
import {
  events,
  isolation,
  operations,
  register,
  releases,
  rollback,
  services,
  unregister,
} from './commands/services.js';

/** The width that fits in every terminal, and the default without one. */
const HELP_WIDTH = 80;
/** The widest help, because longer lines are hard to read. */
const MOST_HELP_WIDTH = 100;

export function helpWidthOf({ isTTY, columns }: Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>): number {
  if (!isTTY || columns === 0) return HELP_WIDTH; // some terminals report no width
  return Math.min(columns, MOST_HELP_WIDTH);
}

const GROUPS: readonly (readonly [heading: string, make: () => Command[]])[] = [
  ['Deployments:', () => [deploy(), status(), progress(), logs(), cancel(), list(), callbacks()]],
  ['Sets:', () => [batch(), batchCancel()]],
  [
    'Services:',
    () => [
      services(),
      events(),
      releases(),
      ...operations(),
      start(),
      rollback(),
      isolation(),
      register(),
      unregister(),
    ],
  ],
  ['Slipway:', () => [health(), keys(), permissions(), audit()]],
  ['This host:', () => [doctor(), config(), temporalUi(), temporal()]],
];

export function createProgram(version: string, helpWidth = HELP_WIDTH): Command {
  const program = new Command('slipway')
    .description('Deploy Python bots and web services with a local or remote Slipway.')
    .version(version)
    .option('--json', "print the API's answer as JSON; streams as JSON lines")
    .option('--url <url>', 'address of Slipway (default: the local one)')
    .option('--key <key>', "API key (default: the local Slipway's admin key)")
    .option('--as-user <id>', 'send this Discord user (key with a policy)')
    .option('--as-guild <id>', 'send this Discord guild (key with a policy)')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  $ slipway deploy examples/flask-hello\n' +
        '  $ slipway list\n' +
        '  $ slipway logs flask-hello --follow\n' +
        '\nThe command uses the local Slipway with the data folder SLIPWAY_DATA_DIR, or\n' +
        '.slipway in this folder or a parent folder, if it is yours and closed to\n' +
        'others. --url and --key, or SLIPWAY_URL and SLIPWAY_KEY, name another one.\nExit code: 0 done, 1 failed, 2 wrong usage.',
    );
  for (const [heading, make] of GROUPS) {
    for (const command of make()) program.addCommand(command.helpGroup(heading));
  }
  program.addCommand(completion(() => program).helpGroup('This host:'));
  program.helpCommand('help [command]', 'Show the help of a command');
  for (const command of everyCommand(program)) fitted(command, helpWidth);
  return program;
}

export const everyCommand = (command: Command): Command[] => [command, ...command.commands.flatMap(everyCommand)];

function fitted(command: Command, helpWidth: number): void {
  command.configureHelp({ helpWidth, showGlobalOptions: command.parent !== null });
  command.configureOutput({ getOutHelpWidth: () => helpWidth, getErrHelpWidth: () => helpWidth });
  command.showHelpAfterError('(`--help` shows how it is used)');
  command.exitOverride(); // main.ts sets the exit code
}

/** Returns the help of a command as it is printed. */
export function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ ...command.configureOutput(), writeOut: (part) => (text += part) });
  command.outputHelp();
  return text;
}
