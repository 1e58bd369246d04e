import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
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

it('the first start creates an admin key, and later starts keep the key', async () => {
  await openKeyRing(at);
  const key = firstKey();
  const ring = await openKeyRing(at);
  expect(firstKey()).toBe(key);
  expect(await ring.check(key)).toEqual({ keyId: 'key_admin', role: 'admin' });
  expect(await ring.list()).toHaveLength(1);
});

it('a revoked admin key stays revoked after the next start', async () => {
  const ring = await openKeyRing(at);
  const { key: other } = await ring.create('admin');
  expect(await ring.revoke('key_admin')).toBe(true);
  const next = await openKeyRing(at);
  expect(await next.check(firstKey())).toBeUndefined();
  expect(await next.check(other)).toMatchObject({ role: 'admin' });
});

it('a start repairs a missing list of keys with the existing admin key', async () => {
  await openKeyRing(at);
  const key = firstKey();
  rmSync(at.keys, { recursive: true });
  expect(await (await openKeyRing(at)).check(key)).toMatchObject({ role: 'admin' });
});

it('expired and unknown keys are invalid', async () => {
  const ring = await openKeyRing(at);
  const { key } = await ring.create('read', { expiresAt: '2020-01-01T00:00:00.000Z' });
  expect(await ring.check(key)).toBeUndefined();
  expect(await ring.check('slipway_none')).toBeUndefined();
});

it('keys from the single file of an earlier version are imported, and a revoked admin key stays revoked', async () => {
  const first = await openKeyRing(at);
  const { key } = await first.create('read');
  await first.revoke('key_admin');
  const [kept] = readdirSync(at.keys);
  writeFileSync(at.keysFile, `[${readFileSync(join(at.keys, kept!), 'utf8')}]`);
  rmSync(at.keys, { recursive: true });
  const ring = await openKeyRing(at);
  expect(await ring.check(key)).toMatchObject({ role: 'read' });
  expect(await ring.check(firstKey())).toBeUndefined();
});

it('concurrent changes by several copies of the API lose no key', async () => {
  const rings = await Promise.all([openKeyRing(at), openKeyRing(at), openKeyRing(at)]);
  const made = await Promise.all(Array.from({ length: 60 }, (_, i) => rings[i % 3]!.create('read')));
  for (const ring of rings) {
    for (const { key } of made) expect(await ring.check(key)).toBeDefined();
  }
  await Promise.all(made.map(({ id }, i) => rings[(i + 1) % 3]!.revoke(id)));
  for (const ring of rings) expect(await ring.list()).toHaveLength(1);
});
