import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { environmentDir, environmentLock } from '../../../src/contract/layout.js';
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

test('a cancelled install waits for nobody: neither it nor its undo', async () => {
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
