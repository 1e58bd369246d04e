import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { openLoginCodes } from '../../../src/api/login-codes.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-codes-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

it('a login code is redeemed exactly once, even if 20 requests redeem it at the same time', async () => {
  const { code } = await openLoginCodes(folder).create('key_admin');
  const tries = await Promise.all(Array.from({ length: 20 }, () => openLoginCodes(folder).redeem(code)));
  expect(tries.filter((key) => key !== undefined)).toEqual(['key_admin']);
  expect(readdirSync(folder)).toEqual([]);
});

it('an unknown login code and a login code older than ten minutes are refused', async () => {
  let now = Date.parse('2026-01-02T03:04:05Z');
  const codes = openLoginCodes(folder, () => now);
  await expect(codes.redeem('never-made')).resolves.toBeUndefined();
  const { code, expiresAt } = await codes.create('key_admin');
  expect(expiresAt).toBe('2026-01-02T03:14:05.000Z');
  now += 10 * 60_000;
  await expect(codes.redeem(code)).resolves.toBeUndefined();
});

it('login codes aren’t stored in readable form, and at most 100 codes are kept', async () => {
  const codes = openLoginCodes(folder);
  const made: string[] = [];
  for (let i = 0; i < 120; i += 1) made.push((await codes.create('key_admin')).code);
  const names = readdirSync(folder);
  expect(names).toHaveLength(100);
  expect(names.some((name) => made.includes(name))).toBe(false);
  await expect(codes.redeem(made.at(-1)!)).resolves.toBe('key_admin');
});
