import { expect, it } from '@jest/globals';
import { readGitAddress } from '../../../src/cli/git-address.js';
import { collectVariables, parseVariable } from '../../../src/cli/variables.js';

it('a NAME=VALUE argument keeps each = after the first, and its value can be empty', () => {
  expect(parseVariable('A=b=c==')).toEqual([{ name: 'A', value: 'b=c==' }]);
  expect(parseVariable('B=', [{ name: 'A' }])).toEqual([{ name: 'A' }, { name: 'B', value: '' }]);
});

it.each(['', '=x', '1A=x', 'A B=x'])('the argument %j isn’t a valid variable', (text) => {
  expect(() => parseVariable(text)).toThrow('NAME=VALUE');
});

it('a NAME argument takes its value from the environment and fails if the variable isn’t set', () => {
  expect(collectVariables([{ name: 'TOKEN' }], [], { TOKEN: 'x' })).toEqual({ TOKEN: 'x' });
  expect(() => collectVariables([{ name: 'TOKEN' }], [], {})).toThrow(
    expect.objectContaining({ key: 'unset_variable' }),
  );
});

it.each([
  ['https://example.com/me/bot.git', { url: 'https://example.com/me/bot.git' }],
  ['https://t0ken@example.com/me/bot', { url: 'https://example.com/me/bot', token: 't0ken' }],
  ['https://me:p%40ss@example.com/bot', { url: 'https://example.com/bot', username: 'me', token: 'p@ss' }],
  ['https://:t0ken@example.com/bot', { url: 'https://example.com/bot', token: 't0ken' }],
  ['ssh://deploy@example.com/bot', { url: 'ssh://example.com/bot', username: 'deploy' }],
  ['deploy@example.com:bot', { url: 'ssh://example.com/bot', username: 'deploy' }],
  ['ssh://git@example.com:2222/me/bot.git', { url: 'ssh://example.com:2222/me/bot.git' }],
  ['git@example.com:me/bot.git', { url: 'ssh://example.com/me/bot.git' }],
  ['./bot', undefined],
  ['git@home', undefined],
  ['/srv/git@x', undefined],
])('a git address is distinguished from a folder: %s', (text, address) => {
  expect(readGitAddress(text)).toEqual(address);
});
