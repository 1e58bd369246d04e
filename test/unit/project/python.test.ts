import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createPythons } from '../../../src/activities/ports/python-port.js';
import { choosePython } from '../../../src/activities/project/choose-python.js';
import { compareVersions, fitsPython } from '../../../src/activities/project/python-versions.js';
import { pythons } from '../../support/activity-host.js';

test.each([
  ['3.11', '3.11.7', true],
  ['3.11', '3.1.1', false],
  ['3', '3.13.0', true],
  ['3.11.4', '3.11.7', false],
  ['>=3.10,<3.13', '3.12.1', true],
  ['>=3.10, <3.13', '3.13.0', false],
  ['>=3.10', '3.9.18', false],
  ['~=3.10', '3.12.1', true],
  ['~=3.10.2', '3.11.0', false],
  ['==3.11.*', '3.11.7', true],
  ['!=3.11.*', '3.11.7', false],
  ['==3.11', '3.11.7', false],
  ['!=3.12.0,>3.8', '3.12.0', false],
  ['<=3.11', '3.11.7', false],
  ['===3.11.7', '3.11.7', true],
  ['<3.14', '3.14.0rc1', false],
  ['3.14', '3.14.0rc1', true],
  ['>=3.9,', '3.9.18', true],
  ['>=3.14', '3.14.0+', true],
  ['pypy3.9', '3.9.18', false],
  ['', '3.9.18', true],
])('whether the Python requirement %s fits version %s is %s', (wish, version, fits) => {
  expect(fitsPython(wish, version)).toBe(fits);
});

const number = fc.nat({ max: 30 });
const version = fc.tuple(fc.constant(3), number, number).map((parts) => parts.join('.'));

test('a Python version fits itself, its prefix and exactly one side of any bound', () => {
  fc.assert(
    fc.property(version, version, (a, b) => {
      expect(fitsPython(a, a) && fitsPython(a.split('.').slice(0, 2).join('.'), a)).toBe(true);
      expect(fitsPython(`<${b}`, a)).not.toBe(fitsPython(`>=${b}`, a));
      expect(Math.sign(compareVersions(a, b)) + Math.sign(compareVersions(b, a))).toBe(0); // not `toBe(-…)`: 0 is not -0
    }),
  );
});

describe('choosePython', () => {
  const host = ['3.11.7', '3.9.18', '3.13.0', '3.14.0rc1'].map((number) => ({
    path: `/py/${number}`,
    version: number,
    hasVenv: number !== '3.13.0',
  }));
  const chosen = (wanted: Partial<Parameters<typeof choosePython>[1]>) =>
    choosePython(host, { needsVenv: false, ...wanted }).version;

  test('the default Python of the host is used without a requirement', () => {
    expect(chosen({})).toBe('3.11.7');
  });
  test('the highest final version that fits the specifiers is used', () => {
    expect(chosen({ wish: '>=3.9' })).toBe('3.13.0');
    expect(chosen({ wish: '>=3.14.0rc1' })).toBe('3.14.0rc1');
  });
  test('a Python without venv isn’t used if venv is needed', () => {
    expect(chosen({ wish: '>=3.9', needsVenv: true })).toBe('3.11.7');
  });
  test('requires-python applies in addition to another requirement, and the error lists both', () => {
    expect(() => chosen({ wish: '3.9', from: '.python-version', requires: '>=3.10' })).toThrow(
      expect.objectContaining({
        code: 'python_unavailable',
        params: {
          wanted: '>=3.10 (requires-python), 3.9 (.python-version)',
          found: '3.11.7, 3.9.18, 3.13.0, 3.14.0rc1',
        },
      }),
    );
  });
  test('a missing venv is reported as the only reason if the version fits', () => {
    expect(() => chosen({ wish: '3.13', needsVenv: true })).toThrow(
      expect.objectContaining({ text: 'python_unavailable.no_venv' }),
    );
  });
});

test('each Python of the host is listed once, and no shims are listed', async () => {
  const found = await pythons.list();
  expect(found.length).toBeGreaterThan(0);
  expect(new Set(found.map(({ path }) => path)).size).toBe(found.length);
  expect(found.filter(({ path }) => path.includes('/shims/'))).toEqual([]);
});

test('the default Python of the host is the first Python in the list', async () => {
  const [first] = await pythons.list();
  expect(await pythons.defaultPython()).toBe(first?.path);
});

test('a Python with several names is listed at the position of its first name', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pythons-'));
  const install = (name: string, leadsTo: string): void => {
    const said = JSON.stringify({ path: join(folder, leadsTo), version: '3.11.7', modules: [] });
    writeFileSync(join(folder, name), `#!/bin/sh\necho '${said}'\n`, { mode: 0o755 });
  };
  for (const name of ['python3', 'python3.12']) install(name, 'python3.12');
  install('python3.11', 'python3.11');
  const found = await createPythons({ path: folder, home: folder }).list();
  rmSync(folder, { recursive: true });
  expect(found.map(({ path }) => basename(path))).toEqual(['python3.12', 'python3.11']);
});
