import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { differences, messageTypes, readCatalogs } from '../../../scripts/message-types.js';
import { LANGUAGES } from '../../../src/contract/states.js';
import { format, hint, storedMessage, translate } from '../../../src/contract/texts.js';

const catalogs = readCatalogs();

it('both languages have the same texts with the same parameters', () => {
  expect(differences(catalogs)).toEqual([]);
});

it('a text that one language lacks, and a parameter that only one language uses, are reported', () => {
  const [first, second] = LANGUAGES;
  const broken = structuredClone(catalogs);
  delete broken[second].deployments!['cancelled'];
  broken[second].deployments!['host_lost'] = { message: 'The host {machine} is lost', hint: 'Wait' };
  broken[first].words!['only_here'] = 'x';
  expect(differences(broken)).toEqual([
    expect.stringMatching(/^deployments\.cancelled: .* missing in /),
    expect.stringMatching(/^deployments\.host_lost: .*\{host\}.*\{machine\}/),
    expect.stringMatching(/^words\.only_here: .* missing in /),
  ]);
});

it('the generated types have the parameters of each text, and a number for a plural', () => {
  const types = messageTypes({
    lines: { plain: 'Nothing', one: 'A {name}', many: '{count, plural, one {# file} other {# files of {name}}}' },
    errors: { gone: { message: '{id} is gone', hint: 'Ask {who}' } },
  });
  expect(types).toContain('plain: None;');
  expect(types).toContain('one: { name: Value };');
  expect(types).toContain('many: { count: number; name: Value };');
  expect(types).toContain('gone: { id: Value; who: Value };');
});

it('a plural has the words of its number in each language', () => {
  const text = '{count, plural, one {# file} other {# files}}';
  expect([0, 1, 2].map((count) => format(text, { count }, 'en'))).toEqual(['0 files', '1 file', '2 files']);
  expect(format(text, { count: 1 }, 'zh-TW')).toBe('1 files'); // Chinese has one form
});

it('a value with any characters is inserted as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      expect(format('<{value}>', { value }, 'en')).toBe(`<${value}>`);
    }),
  );
});

it('a parameter that a stored message lacks stays visible by its name', () => {
  const { text, params } = storedMessage({ text: 'host_lost', params: {} });
  expect(translate(text, params, 'en')).toContain('{host}');
  expect(translate('host_lost', { host: 'box-1' }, 'en')).toContain('box-1');
  expect(hint('cancelled', {}, 'en')).toBeUndefined();
});

it('an unknown key and a missing parameter fail the type check', async () => {
  const project = new URL('../../..', import.meta.url).pathname;
  const folder = mkdtempSync(join(tmpdir(), 'slipway-types-'));
  try {
    for (const name of ['src/contract', 'locales', 'package.json'])
      cpSync(join(project, name), join(folder, name), { recursive: true });
    symlinkSync(join(project, 'node_modules'), join(folder, 'node_modules'));
    const { compilerOptions } = JSON.parse(readFileSync(join(project, 'tsconfig.json'), 'utf8')) as {
      compilerOptions: Record<string, unknown>;
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['src/contract/probe.ts'] }));
    writeFileSync(
      join(folder, 'src/contract/probe.ts'),
      [
        "import { SlipwayError } from './errors.js';",
        "import { translate } from './texts.js';",
        "translate('host_lost', { host: 'a' }, 'en');",
        "translate('host_lots', { host: 'a' }, 'en');",
        "translate('host_lost', {}, 'en');",
        "new SlipwayError('host_lost', { params: { host: 'a' } });",
        "new SlipwayError('host_lost');",
        "new SlipwayError('not_found', { text: 'service.release_gone', params: { service: 'a' } });",
      ].join('\n'),
    );
    const compiler = join(project, 'node_modules/typescript/bin/tsc');
    const run = promisify(execFile)(process.execPath, [compiler, '-p', folder]);
    const { stdout } = await run.then(
      () => ({ stdout: '' }),
      (error: unknown) => error as { stdout: string },
    );
    const lines = [...stdout.matchAll(/probe\.ts\((\d+),/g)].map(([, line]) => Number(line));
    expect([...new Set(lines)]).toEqual([4, 5, 7, 8]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 120_000);
