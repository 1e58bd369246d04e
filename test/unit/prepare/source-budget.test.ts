import { expect, it } from '@jest/globals';
import { openBudget } from '../../../src/activities/prepare/source-budget.js';
import { MAX_SOURCE_BYTES, MAX_SOURCE_ENTRIES } from '../../../src/contract/source-limits.js';

const roomy = { freeBytes: () => Promise.resolve(1e12) };
const refused = (text: string): unknown => expect.objectContaining({ text: `source_invalid.${text}` });

it('a source is limited to 32 MiB of names, including targets of symlinks', async () => {
  const budget = await openBudget(roomy, '/nowhere');
  const long = 'a'.repeat(200);
  const takeAll = async (target?: string): Promise<number> => {
    for (let i = 0; ; i += 1) {
      const error: unknown = await budget.take(`${i}/${long}`, 0, target).catch((thrown: unknown) => thrown);
      if (error === undefined) continue;
      expect(error).toMatchObject({ text: 'source_invalid.long_names', params: { limit: 32 } });
      return i;
    }
  };
  expect(await takeAll('\u0001'.repeat(4000))).toBeLessThan(1500);
});

it('a source is limited to 100,000 entries and 2 GiB', async () => {
  const entries = await openBudget(roomy, '/');
  for (let i = 0; i < MAX_SOURCE_ENTRIES; i += 1) await entries.take('a', 0);
  await expect(entries.take('a', 0)).rejects.toEqual(refused('too_many_entries'));
  const bytes = await openBudget(roomy, '/');
  await bytes.take('a', MAX_SOURCE_BYTES);
  await expect(bytes.take('b', 1)).rejects.toEqual(refused('too_big'));
});

it('entries that are too deep or have a path that is too long are refused', async () => {
  const budget = await openBudget(roomy, '/');
  await budget.take('a/'.repeat(99) + 'a', 0);
  await expect(budget.take('a/'.repeat(100) + 'a', 0)).rejects.toEqual(refused('too_deep'));
  await expect(budget.take(`${'abcdefg/'.repeat(384)}a`, 0)).rejects.toEqual(refused('long_path'));
});

it('the free disk space is checked at the start and after every 50 MiB or 5,000 entries', async () => {
  let looks = 0;
  const disk = { freeBytes: () => Promise.resolve((looks += 1) && 1e12) };
  const budget = await openBudget(disk, '/');
  expect(looks).toBe(1);
  for (let i = 0; i < 10_000; i += 1) await budget.take('a', 0);
  expect(looks).toBe(3);
  for (let i = 0; i < 4; i += 1) await budget.take('a', 26 * 1024 ** 2);
  expect(looks).toBe(5);
  const full = { freeBytes: () => Promise.resolve(1) };
  await expect(openBudget(full, '/')).rejects.toMatchObject({ code: 'disk_full' });
});
