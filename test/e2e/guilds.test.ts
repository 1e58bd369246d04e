// Two guilds that share a built Slipway: what each does, and what it can't see of the other.
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { Slipway, type Started } from '../support/slipway.js';
import { openSse } from '../support/sse.js';

const ACTIONS = ['deploy', 'cancel', 'restart', 'unregister', 'status', 'progress', 'logs', 'list', 'health'];
const policyFile = join(tmpdir(), `slipway-guilds-${process.pid}.json`);
const rulesOf = (services: Record<string, string[]>) =>
  Object.entries(services).map(([guild, names]) => ({ guilds: [guild], services: names, actions: ACTIONS }));
function write(services: Record<string, string[]>): void {
  writeFileSync(policyFile, JSON.stringify({ guilds: { rules: rulesOf(services) } }));
}

let slipway: Slipway;
let key: string;
beforeAll(async () => {
  write({ 100: ['a-*'], 200: ['b-*'] });
  slipway = await Slipway.start({ SLIPWAY_POLICY_FILE: policyFile });
  const { body } = await slipway.call('/api/keys', { body: { role: 'admin', policy: 'guilds' } });
  key = String(body['key']);
});
afterAll(async () => {
  await slipway.remove();
  rmSync(policyFile);
});

const guild = (id: string) => ({ 'X-User-Id': '1', 'X-Guild-Id': id });
const as = <T>(id: string, path: string, body?: unknown) =>
  slipway.call<T>(path, { key, headers: guild(id), ...(body !== undefined && { body }) });

it('a guild deploys, lists and follows only its own services, and a policy change ends its open log stream', async () => {
  const started = await as<Started>('100', '/api/deployments', slipway.app('answers-200', { service: 'a-web' }));
  expect(started.status).toBe(202);
  const id = started.body.deployment_id;
  expect((await slipway.ended(id)).status).toBe('completed');
  await slipway.run(slipway.app('answers-200', { service: 'b-web' }));

  const servicesOf = async (of: string) =>
    (await as<{ name: string }[]>(of, '/api/services')).body.map(({ name }) => name);
  expect(await servicesOf('100')).toEqual(['a-web']);
  expect(await servicesOf('200')).toEqual(['b-web']);
  const deploymentsOf = async (of: string) =>
    (await as<{ service: string }[]>(of, '/api/deployments')).body.map(({ service }) => service);
  await eventually(async () => (await deploymentsOf('100')).length === 1 && (await deploymentsOf('200')).length === 1);
  expect([await deploymentsOf('100'), await deploymentsOf('200')]).toEqual([['a-web'], ['b-web']]);
  for (const path of [`/api/deployments/${id}/logs`, '/api/services/a-web/logs', '/api/services/a-web'])
    expect([(await as('100', path)).status, (await as('200', path)).status]).toEqual([200, 403]);
  expect((await as('200', '/api/services/a-web/stop', {})).status).toBe(403);

  const stream = await openSse(`${slipway.url}/api/services/a-web/logs`, { key, headers: guild('100') });
  expect(stream.status).toBe(200);
  write({ 100: ['other-*'], 200: ['b-*'] });
  await stream.over;
  expect(stream.events.at(-1)).toMatchObject({ event: 'refused', data: { code: 'forbidden' } });
});

it('the audit log records accepted, refused and unauthenticated requests, and verifies as complete', async () => {
  expect((await slipway.call('/api/services', { key: 'slipway_guess' })).status).toBe(401);
  const { body: lines } = await slipway.call<Record<string, unknown>[]>('/api/audit?limit=100');
  const deployed = { action: 'deploy', result: 'accepted', guild_id: '100', target: { service: 'a-web' } };
  expect(lines).toContainEqual(
    expect.objectContaining({ ...deployed, target: expect.objectContaining(deployed.target) }),
  );
  expect(lines).toContainEqual(expect.objectContaining({ action: 'restart', status: 403, guild_id: '200' }));
  expect(lines[0]).toMatchObject({ action: 'authenticate', status: 401 });
  expect((await slipway.call('/api/audit/verify')).body).toMatchObject({ whole: true });
});

it('git sources in private networks are refused by default with an error that names the setting', async () => {
  const source = { type: 'git', url: 'http://127.0.0.1:9/x.git' };
  const { error } = await slipway.run({ mode: 'uv', config: { service: 'c-git', source } });
  expect(error).toMatchObject({ code: 'source_unreachable', step: 'prepare' });
  expect(error?.hint).toContain('SLIPWAY_GIT_ALLOW');
});
