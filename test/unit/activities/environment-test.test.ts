import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, symlinkSync, existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { environmentDir } from '../../../src/contract/layout.js';
import { act, makeHost, readLog, type ActivityHost } from '../../support/activity-host.js';
import { below } from '../../support/odd-names.js';
import { checkProject, modeSteps, type ProcessMode } from '../../support/installing.js';

const PROJECT = {
  'pyproject.toml': '[project]\nname = "tool"\nversion = "1"\n[project.scripts]\ntool = "tool:main"\n',
  'tool.py': 'def main(): print("ran")\n',
};
const MODES: ProcessMode[] = ['uv', 'fallback'];

async function prepared(host: ActivityHost, mode: ProcessMode) {
  const input = await checkProject(host, mode, { files: PROJECT });
  return {
    input,
    environment: environmentDir(host.at, input.environmentKey),
    install: () => act(() => modeSteps(host, mode).install(input)),
  };
}
const runs = (environment: string): string => execFileSync(join(environment, 'bin', 'tool'), { encoding: 'utf8' });

test.each(MODES)(
  '%s: an environment that was copied from elsewhere is made again',
  { timeout: 150_000 },
  async (mode) => {
    const before = await prepared(await makeHost(), mode);
    await before.install();
    const host = await makeHost();
    const { input, environment, install } = await prepared(host, mode);
    expect(input.environmentKey).toBe(before.input.environmentKey);
    mkdirSync(dirname(environment), { recursive: true });
    cpSync(before.environment, environment, { recursive: true, verbatimSymlinks: true });
    rmSync(before.environment, { recursive: true });
    expect(() => runs(environment)).toThrow();
    await install();
    expect(runs(environment)).toBe('ran\n');
    expect(await readLog(host, input.deploymentId)).toContain('is made again');
  },
);

test(
  'one whose interpreter is gone is made again, and one that works is left alone',
  { timeout: 150_000 },
  async () => {
    const host = await makeHost();
    const { environment, install } = await prepared(host, 'uv');
    await install();
    const trace = join(environment, 'trace');
    mkdirSync(trace);
    writeFileSync(below(environment, 'bin', Buffer.from([0x21, 0xff])), ''); // looked at first
    await install();
    expect(existsSync(trace)).toBe(true);
    rmSync(join(environment, 'bin', 'python'));
    symlinkSync('/no/such/python', join(environment, 'bin', 'python'));
    await install();
    expect(existsSync(trace)).toBe(false);
    expect(runs(environment)).toBe('ran\n');
  },
);
