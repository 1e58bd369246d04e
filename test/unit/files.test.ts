import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ifThere, replaceFile } from '../../src/files.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-files-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

it('a missing file is undefined, and another error is thrown', async () => {
  writeFileSync(join(folder, 'there'), 'text');
  expect(await ifThere(readFile(join(folder, 'there'), 'utf8'))).toBe('text');
  expect(await ifThere(readFile(join(folder, 'absent'), 'utf8'))).toBeUndefined();
  expect(await ifThere(readFile(join(folder, 'x'.repeat(256)), 'utf8'))).toBeUndefined(); // nothing can have that name
  await expect(ifThere(readFile(folder, 'utf8'))).rejects.toMatchObject({ code: 'EISDIR' });
});

it('a file is replaced completely and is readable only by its owner', async () => {
  const file = join(folder, 'replaced');
  writeFileSync(file, 'a longer text than the next', { mode: 0o644 });
  await replaceFile(file, 'new');
  expect(readFileSync(file, 'utf8')).toBe('new');
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

it('a failed replacement of a file leaves no temporary file', async () => {
  mkdirSync(join(folder, 'full', 'taken'), { recursive: true });
  await expect(replaceFile(join(folder, 'full', 'taken'), 'new')).rejects.toMatchObject({ code: 'EISDIR' });
  expect(readdirSync(join(folder, 'full'))).toEqual(['taken']);
});
