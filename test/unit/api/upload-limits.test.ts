import { request, type ClientRequest } from 'node:http';
import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createDeployedUploads } from '../../../src/api/deployed-uploads.js';
import { layout, uploadFile, uploadRecord, uploadUse } from '../../../src/contract/layout.js';
import type { DeploymentStatus } from '../../../src/contract/states.js';
import { startApi, type TestApi } from '../../support/api.js';
import { eventually } from '../../support/eventually.js';

const MIB = 1024 ** 2;
let api: TestApi;
beforeEach(async () => {
  api = await startApi({ SLIPWAY_UPLOADS_PER_KEY: '3', SLIPWAY_UPLOAD_MIB_PER_KEY: '2', SLIPWAY_RATE_LIMIT: '0' });
});
afterEach(() => api.close());

const GZIP = { 'Content-Type': 'application/gzip' };
const upload = (bytes = 100, key = api.key) =>
  api.call('/api/uploads', {
    body: Buffer.concat([gzipSync('x'), Buffer.alloc(bytes)]),
    headers: { ...GZIP, Authorization: `Bearer ${key}` },
  });
const names = (): string[] => readdirSync(join(api.dataDir, 'uploads'));

async function anotherKey(): Promise<string> {
  const { body } = await api.call('/api/keys', { body: { role: 'admin' } });
  return String(body['key']);
}

it('the number of uploads is limited for each key separately', async () => {
  for (let i = 0; i < 3; i += 1) expect((await upload()).status).toBe(201);
  expect(await upload()).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
  expect((await upload(100, await anotherKey())).status).toBe(201);
});

it('the bytes of the uploads of a key are limited, even for an upload without a Content-Length', async () => {
  expect((await upload(1.5 * MIB)).status).toBe(201);
  expect(await upload(MIB)).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
  const answer = await fetch(`${api.url}/api/uploads`, {
    method: 'POST',
    headers: { ...GZIP, Authorization: `Bearer ${api.key}` },
    body: new Blob([gzipSync('x'), Buffer.alloc(MIB)]).stream(),
    duplex: 'half',
  });
  expect(answer.status).toBe(429);
  expect(Number(answer.headers.get('Retry-After'))).toBeGreaterThan(0);
  expect(names().filter((name) => name.endsWith('.partial'))).toEqual([]);
});

/** Sends its first part, and the rest when it is told to. */
function uploadInParts(bytes: number) {
  const call = request(`${api.url}/api/uploads`, {
    method: 'POST',
    headers: { ...GZIP, Authorization: `Bearer ${api.key}`, 'Transfer-Encoding': 'chunked' },
  });
  const status = new Promise<number>((resolve, reject) => {
    call.on('response', (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    call.on('error', reject);
  });
  call.write(gzipSync('x'));
  return { status, finish: () => call.end(Buffer.alloc(bytes)) };
}
const keptBytes = (): number =>
  names()
    .filter((name) => name.endsWith('.tar.gz'))
    .reduce((sum, name) => sum + statSync(join(api.dataDir, 'uploads', name)).size, 0);
const partials = (): string[] => names().filter((name) => name.endsWith('.partial'));

it.each(['at the same moment', 'one after the other'] as const)(
  'uploads that start together stay within the limit of bytes when they end %s',
  async (when) => {
    const uploads = [1, 2, 3].map(() => uploadInParts(0.9 * MIB));
    await eventually(() => partials().length === 3);
    for (const one of uploads) {
      one.finish();
      if (when === 'one after the other') await one.status;
    }
    const statuses = await Promise.all(uploads.map(({ status }) => status));
    expect(statuses.sort()).toEqual([201, 201, 429]);
    expect(keptBytes()).toBeLessThanOrEqual(2 * MIB);
    expect(partials()).toEqual([]);
  },
);

it('concurrent uploads with a Content-Length stay within the limit of bytes', async () => {
  const answers = await Promise.all([1, 2, 3, 4].map(() => upload(0.9 * MIB)));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 429, 429]);
  expect(keptBytes()).toBeLessThanOrEqual(2 * MIB);
});

it('concurrent uploads of a key stay within the limit of the number of uploads', async () => {
  const answers = await Promise.all([1, 2, 3, 4, 5, 6].map(() => upload()));
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
});

it('1,000 unfinished uploads of a key use only the places of that key, and the places are freed when the connections close', async () => {
  const statuses: number[] = [];
  const calls: ClientRequest[] = [];
  for (let i = 0; i < 1000; i += 1) {
    const call = request(`${api.url}/api/uploads`, {
      method: 'POST',
      headers: { ...GZIP, Authorization: `Bearer ${api.key}`, 'Transfer-Encoding': 'chunked' },
    });
    call.on('response', (answer) => {
      statuses.push(answer.statusCode ?? 0);
      answer.resume();
    });
    call.on('error', () => undefined); // refused, or destroyed below
    call.write(gzipSync('x'));
    calls.push(call);
  }
  try {
    await eventually(() => statuses.length >= 992);
    expect(new Set(statuses)).toEqual(new Set([429]));
    expect((await upload(100, await anotherKey())).status).toBe(201);
  } finally {
    for (const call of calls) call.destroy();
  }
  await eventually(async () => (await upload()).status === 201);
  await eventually(() => names().every((name) => !name.endsWith('.partial')));
});

describe('removal of deployed uploads', () => {
  const statuses: Record<string, DeploymentStatus> = {};
  function stored(deployments: Record<string, DeploymentStatus>, ageMs: number): string {
    const at = layout(api.dataDir);
    const id = 'up_00000000000000000000beef';
    writeFileSync(uploadFile(at, id), '');
    writeFileSync(uploadRecord(at, id), '{}');
    for (const [index, [deployment, status]] of Object.entries(deployments).entries()) {
      statuses[deployment] = status;
      const use = uploadUse(at, id, String(index));
      writeFileSync(use, deployment);
      utimesSync(use, new Date(Date.now() - ageMs), new Date(Date.now() - ageMs));
    }
    return uploadFile(at, id);
  }
  const HOUR_MS = 3_600_000;
  const sweep = () => createDeployedUploads(layout(api.dataDir), (id) => Promise.resolve(statuses[id])).removeSome();

  it('an upload is removed an hour after its deployment together with its records', async () => {
    stored({ d1: 'completed', d2: 'failed' }, 2 * HOUR_MS);
    await sweep();
    expect(names()).toEqual([]);
  });

  it.each<[string, Record<string, DeploymentStatus>, number]>([
    ['belongs to a deployment that has just completed', { d1: 'completed' }, 0],
    ['belongs to a completed deployment and to a running deployment', { d1: 'completed', d2: 'running' }, 2 * HOUR_MS],
    ['belongs to a failed deployment', { d1: 'failed' }, 2 * HOUR_MS],
    ['doesn’t belong to any deployment', {}, 2 * HOUR_MS],
  ])('an upload is kept if it %s', async (_, deployments, ageMs) => {
    const file = stored(deployments, ageMs);
    await sweep();
    expect(existsSync(file)).toBe(true);
  });

  it('an upload is kept if the state of its deployment can’t be read', async () => {
    const file = stored({ d1: 'completed' }, 2 * HOUR_MS);
    const away = () => Promise.reject(new Error('Temporal is away'));
    await createDeployedUploads(layout(api.dataDir), away).removeSome();
    expect(existsSync(file)).toBe(true);
  });
});
