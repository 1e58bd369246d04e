import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { apiPortOf, uvOf } from '../../../src/cli/doctor.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'slipway-doctor-'));
  chmodSync(root, 0o755);
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

function uvIn(name: string, mode: number): string {
  const folder = join(root, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'uv'), '#!/bin/sh\necho uv 1.2.3\n', { mode: 0o755 });
  chmodSync(folder, mode);
  return folder;
}

const nobody = { name: 'nobody', uid: 65_534, groups: [65_534] };
const settings = (...path: string[]) => ({
  hostEnvironment: { PATH: path.join(':') },
  cacheDir: root,
  installTools: true,
});

// Only root can become another user.
it.runIf(process.getuid?.() === 0)('uv is one that the user of apps can run', async () => {
  const [own, shared] = [uvIn('own', 0o700), uvIn('shared', 0o755)];
  expect(await uvOf(settings(own))).toMatchObject({ status: 'ok', params: { path: `${own}/uv` } });
  expect(await uvOf(settings(own), nobody)).toMatchObject({
    status: 'lacks',
    text: 'app_user.no_uv',
    params: { user: 'nobody', path: `${own}/uv` },
  });
  expect(await uvOf(settings(own, shared), nobody)).toMatchObject({ status: 'ok', params: { path: `${shared}/uv` } });
});

it('a port that another program has is not taken for that of the Slipway that runs elsewhere', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  const { port } = other.address() as AddressInfo;
  const wanted = { apiHost: '127.0.0.1', apiPort: port };
  expect(await apiPortOf(wanted)).toMatchObject({ status: 'missing', text: 'port_taken' });
  expect(await apiPortOf(wanted, '127.0.0.1:4711')).toMatchObject({
    text: 'port_own',
    params: { address: '127.0.0.1:4711' },
  });
  await new Promise((resolve) => other.close(resolve));
});
