import type { Command } from 'commander';
import { act, command } from '../command.js';

export function config(): Command {
  const declared = command('config', 'Print all settings, and where each comes from', [
    'config',
    'config --json',
  ]).addHelpText('after', '\nThese are the settings here; a Slipway that runs goes by those of its start.');
  return act(declared, async ({ isJson, printJson, printTable, paint }) => {
    const { tellSettings, readConfig } = await import('../../config.js');
    const told = tellSettings();
    if (isJson) printJson(told);
    else
      printTable(
        ['setting', 'from', 'value'],
        told.map(({ name, value, from }) => [name, from === 'default' ? paint.dim(from) : paint.bold(from), value]),
      );
    readConfig(); // what is wrong with them is told as a start would
  });
}
