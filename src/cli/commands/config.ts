import type { Command } from 'commander';
import type { DescribedSetting } from '../../config.js';
import { act, command } from '../command.js';
import { runningSettings } from '../find.js';

export function config(): Command {
  const declared = command('config', 'Print all settings and their sources', ['config', 'config --json']).addHelpText(
    'after',
    '\nThese are the settings of the Slipway that runs in the local data folder, beside\n' +
      "what this shell says otherwise (HERE). Where none runs, they are this shell's.",
  );
  return act(declared, async ({ isJson, printJson, printTable, paint, note, line, wanted }) => {
    const { describeSettings, readConfig, isClientSetting } = await import('../../config.js');
    const here = describeSettings();
    const running = runningSettings(wanted);
    const rows = running ? compared(running.settings, here, isClientSetting) : here;
    if (isJson) printJson(rows);
    else {
      note(running ? line('settings_running', { dataDir: running.dataDir }) : line('settings_here'));
      printTable(
        running ? ['setting', 'from', 'value', 'here'] : ['setting', 'from', 'value'],
        rows.map(({ name, value, from, here: other }: Row) => [
          name,
          from === 'default' ? paint.dim(from) : paint.bold(from),
          value,
          other === undefined ? '' : paint.yellow(other),
        ]),
      );
    }
    if (!running) readConfig(); // throws the same error as the start
  });
}

interface Row extends DescribedSetting {
  /** The value in this shell, if it differs. */
  here?: string;
}

/** Compares the running settings with this shell's. Settings that only clients use always come from this shell. */
function compared(
  running: readonly DescribedSetting[],
  here: readonly DescribedSetting[],
  isClients: (name: string) => boolean,
): Row[] {
  return here.map((own) => {
    const its = running.find(({ name }) => name === own.name);
    if (!its || isClients(own.name)) return own;
    return its.value === own.value && its.from === own.from ? its : { ...its, here: own.value };
  });
}
