// The commands for Temporal's own tools, with the server of a local Slipway: its Web UI and its command line.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Command } from 'commander';
import { layout } from '../../contract/layout.js';
import { findTemporalCli } from '../../programs.js';
import type { LoginCodeBody } from '../bodies.js';
import { act, command } from '../command.js';
import { CliError } from '../errors.js';
import { findSlipway } from '../find.js';

export function temporalUi(): Command {
  const declared = command('temporal-ui', "Print a link that opens Temporal's Web UI", ['temporal-ui']);
  return act(declared, async ({ client, isJson, printJson, print, note, line }) => {
    const made = await client.send<LoginCodeBody>('/login-codes', { method: 'POST', body: {} });
    if (isJson) {
      printJson(made);
      return;
    }
    note(line('login_link'));
    print(made.login_url);
  });
}

/** Ends with the exit code of Temporal's program. */
export function temporal(): Command {
  const declared = command('temporal', "Run the temporal CLI with Slipway's certificates", [
    'temporal workflow list',
    'temporal workflow show --workflow-id gate',
  ])
    .argument('[arguments...]', 'arguments for the `temporal` program')
    .allowUnknownOption();
  return act(declared, async ({ config, wanted }, _options, ...given) => {
    const { dataDir } = findSlipway(wanted);
    if (dataDir === undefined) throw new CliError('temporal_elsewhere');
    const { readConfig } = await import('../../config.js');
    const program = await findTemporalCli(readConfig(config.environment));
    if (program === undefined) throw new CliError('no_temporal_cli');
    const env = { ...config.environment, TEMPORAL_CONFIG_FILE: layout(dataDir).temporalProfile };
    const child = spawn(program, given.flat(), { env, stdio: 'inherit' });
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    return code ?? (signal === null ? 1 : 128);
  });
}
