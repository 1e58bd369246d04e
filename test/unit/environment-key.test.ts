import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { keyOf, type EnvironmentParts } from '../../src/activities/environment-key.js';

const base: EnvironmentParts = {
  mode: 'uv',
  platform: 'linux-x64',
  interpreter: { path: '/usr/bin/python3.11', version: '3.11.7' },
  recipe: { kind: 'requirements' },
  files: { 'requirements.txt': 'flask', 'base.txt': 'six' },
};

test.each<[string, Partial<EnvironmentParts>]>([
  ['the mode', { mode: 'fallback' }],
  ['the platform', { platform: 'linux-arm64' }],
  ['the interpreter', { interpreter: { path: '/usr/bin/python3.11', version: '3.11.8' } }],
  ['the recipe', { recipe: { kind: 'empty' } }],
  ['an included file', { files: { 'requirements.txt': 'flask', 'base.txt': 'six==1' } }],
  ['the source', { source: { hash: 'a', service: 's' } }],
  ['the salt', { salt: 'deployment' }],
  ['the number of broken environments', { broken: 1 }],
])('the environment key depends on %s', (_, change) => {
  expect(keyOf({ ...base, ...change })).not.toBe(keyOf(base));
});

test('the environment key without broken environments is the same as in earlier versions', () => {
  expect(keyOf({ ...base, broken: 0 })).toBe('uv-f750163a1c0fef9f605ea72cc24034c4');
});

test('two services with the same installed source have different environment keys', () => {
  const of = (service: string) => keyOf({ ...base, source: { hash: 'a', service } });
  expect(of('one')).not.toBe(of('two'));
});

test('the environment key depends on names and contents of files but not on their order', () => {
  const pairs = fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-z]{1,8}$/), fc.string()), {
    selector: ([name]) => name,
  });
  fc.assert(
    fc.property(pairs, (files) => {
      const key = (order: typeof files) => keyOf({ ...base, files: Object.fromEntries(order) });
      expect(key(files)).toBe(key(files.toReversed()));
    }),
  );
  expect(keyOf({ ...base, files: { a: 'bc' } })).not.toBe(keyOf({ ...base, files: { ab: 'c' } }));
});
