import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { environmentDir, environmentLock, releaseDir } from '../../../src/contract/layout.js';
import { createDiscardEnvironment } from '../../../src/activities/discard-environment.js';
import { buildEnvironment } from '../../../src/activities/environment-builder.js';
import type { InstallInput } from '../../../src/contract/steps.js';
import {
  act,
  attemptRef,
  eventually,
  makeHost,
  runActivity,
  timesOpen,
  writeFiles,
} from '../../support/activity-host.js';

test('a cancelled install and its undo end without waiting for the environment lock', async () => {
  const { at, ports, settings } = await makeHost();
  const input = { ...attemptRef(), environmentKey: 'uv-shared', release: {} } as InstallInput; // no more of it is used
  const unfinished = environmentDir(at, 'uv-shared');
  await writeFiles(unfinished, { half: '' });
  const { discardEnvironment } = createDiscardEnvironment(ports, settings);
  const lock = environmentLock(at, 'uv-shared');
  await ports.tools.withLock(lock, async () => {
    const { result, cancel } = runActivity(() =>
      buildEnvironment(ports, settings, input, () => Promise.reject(new Error('it has the lock'))),
    );
    await eventually(() => timesOpen(lock) > 1);
    cancel();
    await expect(result).rejects.toThrow('cancelled');
    await act(() => discardEnvironment(input));
    expect(existsSync(join(unfinished, 'half'))).toBe(true); // its holder's
  });
  await act(() => discardEnvironment(input));
  expect(existsSync(unfinished)).toBe(false);
});

test.each<[string, (environment: string) => void]>([
  ['a link', (environment) => symlinkSync('/usr/bin', join(environment, 'bin'))],
  ['a file', (environment) => writeFileSync(join(environment, 'bin'), '')],
  ['nothing', () => undefined],
])('a build that leaves %s instead of the bin folder fails, and the environment is removed', async (_, leave) => {
  const { at, ports, settings } = await makeHost();
  const ref = attemptRef();
  const input = { ...ref, environmentKey: 'uv-hostile', release: {} } as InstallInput; // no more of it is used
  mkdirSync(releaseDir(at, ref.service, ref.deploymentId), { recursive: true });
  const build = ({ environment }: { environment: string }): Promise<void> => {
    mkdirSync(environment, { recursive: true });
    leave(environment);
    return Promise.resolve();
  };
  const built = act(() => buildEnvironment(ports, settings, input, build));
  await expect(built).rejects.toMatchObject({ code: 'build_failed', text: 'build_failed.no_bin' });
  expect(existsSync(environmentDir(at, 'uv-hostile'))).toBe(false);
});

test('an install never rebuilds a complete environment', async () => {
  const { at, ports, settings } = await makeHost();
  const input = { ...attemptRef(), environmentKey: 'uv-kept', release: {} } as InstallInput; // no more of it is used
  const kept = environmentDir(at, 'uv-kept');
  await writeFiles(kept, { '.complete': '', 'bin/tool': 'of a release' });
  await act(() => buildEnvironment(ports, settings, input, () => Promise.reject(new Error('it builds'))));
  expect(existsSync(join(kept, 'bin', 'tool'))).toBe(true);
});
