import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { openJournal } from '../../../src/api/journal.js';

let home: string;
let folder: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'slipway-journal-'));
  folder = join(home, 'journal');
});
afterEach(() => {
  rmSync(home, { recursive: true });
});

/** A process that keeps the numbers which are at least `from`. */
function begin(from = 0) {
  const taken = new Set<number>();
  const journal = openJournal(folder, {
    take: (value) => taken.add((value as { n: number }).n),
    kept: () => [...taken].filter((n) => n >= from).map((n) => ({ n })),
  });
  return { taken, append: (n: number, text = '') => journal.append({ n, text }, 'now'), read: () => journal.read() };
}
const files = (): string[] => readdirSync(folder).sort();
const LONG = 'x'.repeat(3 * 1024 * 1024);

it('a journal returns all entries of all processes, even after a restart', async () => {
  const [first, second] = [begin(), begin()];
  await first.read(); // nothing is there yet
  await Promise.all([first.append(1), second.append(2)]);
  await first.append(3);
  for (const process of [first, second, begin()]) {
    await process.read();
    expect([...process.taken].sort()).toEqual([1, 2, 3]);
  }
});

it('an incomplete line in the journal loses no entry of any process', async () => {
  const process = begin();
  await process.append(1);
  appendFileSync(join(folder, files()[0]!), '\n{"n":2,"te');
  await process.read();
  await process.append(3);
  await process.read();
  expect([...process.taken]).toEqual([1, 3]);
});

it('the journal starts a new file with the entries that still count and keeps two files', async () => {
  const process = begin(3);
  for (let n = 1; n <= 12; n += 1) await process.append(n, LONG);
  expect(files()).toHaveLength(2);
  const bytes = files().reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  expect(bytes).toBeLessThan(4 * LONG.length + 1024);
  const other = begin();
  await other.read();
  expect([...other.taken].sort((a, b) => a - b)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
});

it('an entry that is appended to the previous file during a rotation isn’t lost', async () => {
  const [first, second] = [begin(), begin()];
  await first.append(1, LONG);
  await first.append(2, LONG);
  const before = files()[0]!;
  await second.append(3); // begins the next file
  expect(files()).toHaveLength(2);
  appendFileSync(join(folder, before), '\n{"n":4}\n');
  await second.append(5, LONG);
  await second.append(6, LONG);
  await second.append(7); // begins another one, and the first is removed
  const other = begin();
  await other.read();
  expect([...other.taken].sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

it('no entry is lost if several processes start the next file at the same time', async () => {
  const processes = [begin(), begin(), begin()];
  await processes[0]!.append(1, LONG);
  await processes[0]!.append(2, LONG);
  await Promise.all(processes.map((process, index) => process.append(10 + index)));
  const other = begin();
  await other.read();
  expect([...other.taken].sort((a, b) => a - b)).toEqual([1, 2, 10, 11, 12]);
});

it('a leftover file of a process that ended during a rotation is removed when it is old', async () => {
  const process = begin();
  await process.append(1, LONG);
  const [old, fresh] = [join(folder, '.old'), join(folder, '.fresh')];
  for (const path of [old, fresh]) writeFileSync(path, '{');
  utimesSync(old, new Date(0), new Date(0));
  await process.append(2, LONG);
  await process.append(3);
  expect(files().filter((name) => name.startsWith('.'))).toEqual(['.fresh']);
});
