import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
  rmSync(at.keys, { recursive: true });
  expect(await (await openKeyRing(at)).check(key)).toMatchObject({ role: 'admin' });
});

it('a key that expired, or is none, opens nothing', async () => {
  const ring = await openKeyRing(at);
  const { key } = await ring.create('read', { expiresAt: '2020-01-01T00:00:00.000Z' });
  expect(await ring.check(key)).toBeUndefined();
  expect(await ring.check('slipway_none')).toBeUndefined();
});

it('what an earlier version kept in one file is taken over, and its first key does not come back', async () => {
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

it('several copies that change keys at once lose none', async () => {
  const rings = await Promise.all([openKeyRing(at), openKeyRing(at), openKeyRing(at)]);
  const made = await Promise.all(Array.from({ length: 60 }, (_, i) => rings[i % 3]!.create('read')));
  for (const ring of rings) {
    for (const { key } of made) expect(await ring.check(key)).toBeDefined();
  }
  await Promise.all(made.map(({ id }, i) => rings[(i + 1) % 3]!.revoke(id)));
  for (const ring of rings) expect(await ring.list()).toHaveLength(1);
});
