import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readGitAddress } from '../../../src/cli/git-address.js';
import { collectVariables, parseEnvFile, parseVariable } from '../../../src/cli/variables.js';

it('NAME=VALUE keeps every = after the first, and may be empty', () => {
  expect(parseVariable('A=b=c==')).toEqual([{ name: 'A', value: 'b=c==' }]);
  expect(parseVariable('B=', [{ name: 'A' }])).toEqual([{ name: 'A' }, { name: 'B', value: '' }]);
});

it.each(['', '=x', '1A=x', 'A B=x'])('%j is no variable', (text) => {
  expect(() => parseVariable(text)).toThrow('NAME=VALUE');
});

it('NAME takes the value from here, and says so when there is none', () => {
  expect(collectVariables([{ name: 'TOKEN' }], [], { TOKEN: 'x' })).toEqual({ TOKEN: 'x' });
  expect(() => collectVariables([{ name: 'TOKEN' }], [], {})).toThrow(
    expect.objectContaining({ key: 'unset_variable' }),
  );
});

it('a file of variables is read as Docker and shells do, and the command line wins', () => {
  const text = '# bot\n\nexport A=1\nB="two words"\nC=\'x\'\nD=a#b\nE\n';
  expect(parseEnvFile(text)).toEqual([
    { name: 'A', value: '1' },
    { name: 'B', value: 'two words' },
    { name: 'C', value: 'x' },
    { name: 'D', value: 'a#b' },
    { name: 'E' },
  ]);
  const path = join(mkdtempSync(join(tmpdir(), 'slipway-env-')), '.env');
  writeFileSync(path, text);
  expect(collectVariables([{ name: 'A', value: '9' }], [path], { E: 'e' })).toMatchObject({ A: '9', E: 'e' });
  writeFileSync(path, 'A=1\nnot this\n');
  expect(() => collectVariables([], [path], {})).toThrow(expect.objectContaining({ key: 'unreadable' }));
});

it.each([
  ['https://example.com/me/bot.git', { url: 'https://example.com/me/bot.git' }],
  ['https://t0ken@example.com/me/bot', { url: 'https://example.com/me/bot', token: 't0ken' }],
  ['https://me:p%40ss@example.com/bot', { url: 'https://example.com/bot', token: 'p@ss' }],
  ['ssh://git@example.com:2222/me/bot.git', { url: 'ssh://example.com:2222/me/bot.git' }],
  ['git@example.com:me/bot.git', { url: 'ssh://example.com/me/bot.git' }],
  ['./bot', undefined],
  ['git@home', undefined],
  ['/srv/git@x', undefined],
])('%s is a git address, or a folder', (text, address) => {
  expect(readGitAddress(text)).toEqual(address);
});

it('another user than git is refused, as the API takes none', () => {
  expect(() => readGitAddress('root@example.com:bot')).toThrow(expect.objectContaining({ key: 'git_user' }));
});
