import { expect, it } from '@jest/globals';
import { whileWithin } from '../../../src/activities/prepare/watched-folder.js';

const never = new AbortController().signal;
const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
  });
const disk = (entries: number, bytes: number, freeBytes = 1e12) => ({
  measureTree: () => Promise.resolve({ entries, bytes }),
  freeBytes: () => Promise.resolve(freeBytes),
});
const watch = (watched: ReturnType<typeof disk>) =>
  whileWithin({ disk: watched, folder: '/nowhere', signal: never }, untilAborted);

it('work in a folder ends with the reason if the folder exceeds a limit or the disk is full', async () => {
  await expect(watch(disk(200_000, 0))).rejects.toMatchObject({ text: 'source_invalid.too_many_entries' });
  await expect(watch(disk(1, 5 * 1024 ** 3))).rejects.toMatchObject({ text: 'source_invalid.too_big' });
  await expect(watch(disk(1, 1, 1))).rejects.toMatchObject({ code: 'disk_full' });
});

it('work in a folder that completes returns its result regardless of the limits', async () => {
  const result = await whileWithin({ disk: disk(1e9, 1e12), folder: '/nowhere', signal: never }, () =>
    Promise.resolve('done'),
  );
  expect(result).toBe('done');
});
