import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openKeyRing } from '../../../src/api/keys.js';
import { layout, type Layout } from '../../../src/contract/layout.js';

let at: Layout;
beforeEach(() => {
  at = layout(mkdtempSync(join(tmpdir(), 'slipway-keys-')));
});
afterEach(() => {
  rmSync(at.root, { recursive: true });
});

const firstKey = (): string => readFileSync(at.adminKey, 'utf8').trim();

it('the first start makes an admin key, and later ones keep it', async () => {
  await openKeyRing(at);
  const key = firstKey();
  const ring = await openKeyRing(at);
  expect(firstKey()).toBe(key);
  expect(await ring.check(key)).toEqual({ keyId: 'key_admin', role: 'admin' });
  expect(await ring.list()).toHaveLength(1);
});

it('a first key that is revoked stays so at the next start', async () => {
  const ring = await openKeyRing(at);
  const { key: other } = await ring.create('admin');
  expect(await ring.revoke('key_admin')).toBe(true);
  const next = await openKeyRing(at);
  expect(await next.check(firstKey())).toBeUndefined();
  expect(await next.check(other)).toMatchObject({ role: 'admin' });
});

it('a start that ended between the first key and the list of keys is made good by the next', async () => {
  await openKeyRing(at);
  const key = firstKey();
  rmSync(at.keysFile);
  expect(await (await openKeyRing(at)).check(key)).toMatchObject({ role: 'admin' });
});

it('a key that expired, or is none, opens nothing', async () => {
  const ring = await openKeyRing(at);
  const { key } = await ring.create('read', { expiresAt: '2020-01-01T00:00:00.000Z' });
  expect(await ring.check(key)).toBeUndefined();
  expect(await ring.check('slipway_none')).toBeUndefined();
});
