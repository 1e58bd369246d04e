import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import stringWidth from 'string-width';
import { cliPage } from '../../../scripts/cli-page.js';
import { completionScript } from '../../../src/cli/completion-script.js';
import { createProgram, everyCommand, helpOf, helpWidthOf } from '../../../src/cli/program.js';
import { about } from '../../support/jest/about.js';

const nameOf = (command: ReturnType<typeof createProgram>): string =>
  command.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name();

const commands = everyCommand(createProgram('1.0.0')).map((command) => [nameOf(command), command] as const);

it.each(commands)('the help of %s fits into 80 columns and contains an example', (_name, command) => {
  const help = helpOf(command);
  for (const line of help.split('\n'))
    about(line, () => {
      expect(stringWidth(line)).toBeLessThanOrEqual(80);
    });
  expect(help).toContain(`  $ ${nameOf(command)}`);
});

it('the help is as wide as the terminal up to 100 columns, and 80 columns wide without a terminal', () => {
  expect(helpWidthOf({ isTTY: true, columns: 200 })).toBe(100);
  expect(helpWidthOf({ isTTY: true, columns: 60 })).toBe(60);
  expect(helpWidthOf({ isTTY: false, columns: 200 })).toBe(80);
  const widest = (width: number): number => {
    const deploy = createProgram('1.0.0', width).commands.find((one) => one.name() === 'deploy')!;
    return Math.max(
      ...helpOf(deploy)
        .split('\n')
        .map((line) => stringWidth(line)),
    );
  };
  expect(widest(100)).toBeGreaterThan(80);
});

it('docs/reference/cli.md is the same as the generated help', () => {
  expect(readFileSync(new URL('../../../docs/reference/cli.md', import.meta.url), 'utf8')).toBe(cliPage());
});

it('shell completions contain the options of nested commands', () => {
  const bash = completionScript(createProgram('1.0.0'), 'bash');
  const fish = completionScript(createProgram('1.0.0'), 'fish');
  expect(bash).toContain("'keys create') next='--role -r --expires --policy --name");
  expect(fish).toContain("-n '__fish_seen_subcommand_from keys; and __fish_seen_subcommand_from create' -l role -s r");
});
