// The command that starts a stopped service or, without a name, Slipway itself on this host.
import { InvalidArgumentError, type Command } from 'commander';
import { setSettings, startDataDir } from '../../config.js';
import { act, command, wholeNumber } from '../command.js';
import type { Context } from '../context.js';
import { CliError } from '../errors.js';
import { operate } from './operate.js';

interface StartOptions {
  dataDir?: string;
  host?: string;
  port?: number;
  wait: boolean;
}

export function start(): Command {
  const declared = command('start', 'Start Slipway, or a stopped service', ['start', 'start bot'])
    .argument('[name]', 'name of a service (default: Slipway itself)')
    .option('--no-wait', 'return without waiting for the service')
    .option('--data-dir <folder>', "folder of Slipway's data (default: ~/.slipway)", folder)
    .option('--host <address>', 'address of the API (default: 127.0.0.1)')
    .option('--port <port>', 'port of the API (default: 8088)', wholeNumber(1, 65_535))
    .addHelpText(
      'after',
      '\nWithout a name, the command runs Slipway on this host until Ctrl-C. Apps keep\n' +
        'running, and the next start finds them. The data folder is --data-dir,\n' +
        "SLIPWAY_DATA_DIR, or ~/.slipway; in a clone it is the clone's .slipway, as with\n" +
        '`npm start`.',
    );
  return act<StartOptions>(declared, async (context, options, service?: string) => {
    if (service === undefined) return startSlipway(context, options);
    const { dataDir, host, port } = options;
    if ((dataDir ?? host ?? port) !== undefined) throw new CliError('start_options', { service });
    return operate(context, service, 'start', {}, options.wait);
  });
}

function folder(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must not be empty.');
  return text;
}

/** This process becomes Slipway's start. It ends with the exit code of the start. */
async function startSlipway({ config: { environment } }: Context, options: StartOptions): Promise<undefined> {
  const { dataDir = environment['SLIPWAY_DATA_DIR'] || startDataDir(environment), host, port } = options;
  setSettings({
    SLIPWAY_DATA_DIR: dataDir,
    ...(host !== undefined && { SLIPWAY_HOST: host }),
    ...(port !== undefined && { SLIPWAY_PORT: String(port) }),
  });
  process.stdout.removeAllListeners('error'); // without a reader, the parts must still be stopped in order
  await import(START.href);
}

/** Loaded at run time, because other commands work without Temporal. */
const START = new URL('../../start.js', import.meta.url);
