import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { boundLog, lastLines, openLog } from '../../../src/start/part-log.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'slipway-log-'));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

it('a log over its limit is copied to a second file, and open writers continue at the start of the log', async () => {
  const path = join(root, 'logs/part.log');
  const log = await openLog(path);
  await log.appendFile('before\n');
  await boundLog(path, 7);
  expect(readFileSync(path, 'utf8')).toBe('before\n'); // as large as it may be
  await boundLog(path, 6);
  await log.appendFile('after\n');
  await log.close();
  expect(readFileSync(`${path}.1`, 'utf8')).toBe('before\n');
  expect(readFileSync(path, 'utf8')).toBe('after\n');
});

it('the last three lines of a long log are returned, or the lines after an offset', async () => {
  const path = join(root, 'part.log');
  const log = await openLog(path);
  expect(await lastLines(path, 0)).toBe('');
  await log.appendFile(Array.from({ length: 5000 }, (_, i) => `line ${i}\n`).join(''));
  await log.close();
  expect(await lastLines(path, 0)).toBe('line 4997 | line 4998 | line 4999');
  const { size } = statSync(path);
  expect(await lastLines(path, size - 'line 4999\n'.length)).toBe('line 4999');
  expect(await lastLines(path, size + 1)).toBe('line 4997 | line 4998 | line 4999'); // emptied since
});
