import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { environmentDir } from '../../../src/contract/layout.js';
import { act, makeHost, readLog, writeFiles, type ActivityHost } from '../../support/activity-host.js';
import { checkProject, modeSteps, mustApply, type ProcessMode } from '../../support/installing.js';

const PROJECT = {
  'pyproject.toml': '[project]\nname = "tool"\nversion = "1"\n[project.scripts]\ntool = "tool:main"\n',
  'tool.py': 'def main(): print("ran")\n',
};
const MODES: ProcessMode[] = ['uv', 'fallback'];

async function prepared(host: ActivityHost, mode: ProcessMode) {
  const input = await checkProject(host, mode, { files: PROJECT });
  const { check, install } = modeSteps(host, mode);
  return {
    input,
    environment: environmentDir(host.at, input.environmentKey),
    install: () => act(() => install(input)),
    /** As the next deployment of the same project does: where its environment is. */
    installAgain: async (): Promise<string> => {
      const { environmentKey, python } = mustApply(await act(() => check(input)));
      await act(() => install({ ...input, environmentKey, python }));
      return environmentDir(host.at, environmentKey);
    },
  };
}
const runs = (environment: string): string => execFileSync(join(environment, 'bin', 'tool'), { encoding: 'utf8' });

test.each(MODES)(
  '%s: an environment that was copied from another host is kept unused, and a new environment is built beside it',
  async (mode) => {
    const before = await prepared(await makeHost(), mode);
    await before.install();
    const host = await makeHost();
    const { input, environment, installAgain } = await prepared(host, mode);
    expect(input.environmentKey).toBe(before.input.environmentKey);
    mkdirSync(dirname(environment), { recursive: true });
    cpSync(before.environment, environment, { recursive: true, verbatimSymlinks: true });
    rmSync(before.environment, { recursive: true });
    expect(() => runs(environment)).toThrow();
    const copied = readFileSync(join(environment, 'bin', 'tool'), 'utf8');
    const made = await installAgain();
    expect(made).not.toBe(environment);
    expect(runs(made)).toBe('ran\n');
    expect(readFileSync(join(environment, 'bin', 'tool'), 'utf8')).toBe(copied);
    expect(await readLog(host, input.deploymentId)).toContain('is left alone, and not used');
    expect(await installAgain()).toBe(made);
  },
  150_000,
);

test('an environment whose interpreter is missing is kept unused, and a new environment is built beside it', async () => {
  const host = await makeHost();
  const { environment, install, installAgain } = await prepared(host, 'uv');
  await install();
  const trace = join(environment, 'trace');
  mkdirSync(trace);
  expect(await installAgain()).toBe(environment);
  expect(existsSync(trace)).toBe(true);
  rmSync(join(environment, 'bin', 'python'));
  symlinkSync('/no/such/python', join(environment, 'bin', 'python'));
  const made = await installAgain();
  expect(runs(made)).toBe('ran\n');
  expect(readlinkSync(join(environment, 'bin', 'python'))).toBe('/no/such/python');
}, 150_000);

test('a host that runs apps only in containers executes no file of an environment', async () => {
  const host = await makeHost();
  const { input, environment } = await prepared(host, 'uv');
  const ran = join(host.folder, 'ran');
  await writeFiles(environment, { '.complete': '', 'bin/python': `#!/bin/sh\ntouch ${ran}\n` });
  chmodSync(join(environment, 'bin', 'python'), 0o755);
  const { check } = modeSteps({ ...host, settings: { ...host.settings, isolation: 'container' } }, 'uv');
  await expect(act(() => check(input))).rejects.toMatchObject({ text: 'isolation.container' });
  expect(existsSync(ran)).toBe(false);
});
