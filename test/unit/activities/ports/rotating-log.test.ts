import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { readLogFrom } from '../../../../src/activities/ports/instance-log.js';
import { createRotatingLog } from '../../../../src/activities/ports/rotating-log.js';
import { onTestFinished } from '../../../support/jest/test-end.js';

it('a rotating log continues after a restart, limits its files and is read with the reader of keeper logs', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-rotating-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const path = join(folder, 'service/app.ndjson');
  const lineOf = (n: number) => ({ ts: `t${n}`, stream: 'stdout' as const, line: `line ${n}` });
  const bytes = JSON.stringify(lineOf(1)).length + 1;
  let log = createRotatingLog(path, 2 * bytes, 3);
  await Promise.all([log.write([lineOf(1)]), log.write([lineOf(2)]), log.write([lineOf(3)])]);
  log = createRotatingLog(path, 2 * bytes, 3); // another worker
  for (const n of [4, 5, 6, 7]) await log.write([lineOf(n)]);
  expect(readFileSync(path, 'utf8')).toContain('line 7');
  expect(existsSync(`${path}.3`)).toBe(false);
  const found: string[] = [];
  for (let from = undefined as Awaited<ReturnType<typeof readLogFrom>>['next'], more = true; more;) {
    const read = await readLogFrom(path, 3, from);
    found.push(...read.lines.map(({ line }) => line));
    ({ next: from, more } = read);
  }
  expect(found).toEqual(['line 3', 'line 4', 'line 5', 'line 6', 'line 7'].slice(-found.length));
  expect(found.at(-1)).toBe('line 7');
});
