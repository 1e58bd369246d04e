import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { layout, type Layout } from '../../../../src/contract/layout.js';
import { prepareDatabase, stampDatabase } from '../../../../src/start/temporal/database.js';

let at: Layout;
beforeEach(() => {
  at = layout(mkdtempSync(join(tmpdir(), 'slipway-database-')));
});
afterEach(() => {
  rmSync(at.root, { recursive: true });
});

it('a database that was in use is kept, and another version of the server is refused', async () => {
  await prepareDatabase(at, '1.29.1');
  writeFileSync(at.temporalDatabase, 'whole');
  await stampDatabase(at, '1.29.1');
  await prepareDatabase(at, '1.29.1');
  expect(readFileSync(at.temporalDatabase, 'utf8')).toBe('whole');
  await expect(prepareDatabase(at, '1.30.0')).rejects.toMatchObject({ text: 'start_failed.version' });
  expect(readFileSync(at.temporalDatabase, 'utf8')).toBe('whole');
});

it('a database that was never in use is deleted and created again', async () => {
  await prepareDatabase(at, '1.29.1');
  writeFileSync(at.temporalDatabase, 'half of its tables');
  writeFileSync(`${at.temporalDatabase}-wal`, '');
  await prepareDatabase(at, '1.29.1');
  expect(existsSync(at.temporalDatabase)).toBe(false);
  expect(existsSync(`${at.temporalDatabase}-wal`)).toBe(false);
});

it('a database of an earlier version of Slipway is kept', async () => {
  writeFileSync(at.temporalVersion, '1.29.1\n');
  writeFileSync(at.temporalDatabase, 'whole');
  await prepareDatabase(at, '1.29.1');
  await prepareDatabase(at, '1.29.1');
  expect(readFileSync(at.temporalDatabase, 'utf8')).toBe('whole');
});
