// docs/how-to/manage-services.md, command by command in its order: each section's are run, then what they were to bring about is looked at.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { PROJECT, Slipway, type Started } from '../support/slipway.js';

const SECTIONS = new Map(
  readFileSync(join(PROJECT, 'docs/how-to/manage-services.md'), 'utf8')
    .split(/^## /m)
    .map((text) => [text.split('\n', 1)[0]!, [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block!)]),
);
const [SETTING] = SECTIONS.get('# Manage services over HTTP')!;

let slipway: Slipway;
beforeAll(async () => {
  slipway = await Slipway.start({ SLIPWAY_CALLBACK_ALLOW: '127.0.0.1' });
});
afterAll(() => slipway.remove());

/** The next block of the page, which is to be of that section: its answers, one of each curl. */
async function next(section: string): Promise<string> {
  const block = SECTIONS.get(section)!.shift()!;
  // `curl` as a function, so that each answer ends its line.
  const script = `curl() { command curl --fail-with-body "$@" && echo; }\nset -e\n${SETTING}\n${block}`
    .replaceAll('http://127.0.0.1:8088', slipway.url)
    .replaceAll('.slipway/', `${slipway.dataDir}/`);
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { cwd: PROJECT });
  return stdout;
}
const answer = async <T>(section: string): Promise<T> => JSON.parse(await next(section)) as T;
const service = (name: string) => slipway.service(name);
const known = async () => (await slipway.call<{ name: string }[]>('/api/services')).body.map(({ name }) => name).sort();

it('the commands in manage-services.md register services, watch an external service and add a dependency', async () => {
  expect(await answer('Register a service')).toMatchObject({ name: 'shop', kind: 'web', status: 'created' });
  expect(await answer('Watch a service that runs elsewhere')).toMatchObject({ name: 'outside', kind: 'external' });
  expect(await answer('Add a dependency')).toMatchObject({ depends_on: ['outside'] });
  expect(await answer('Isolate a service')).toMatchObject({ isolation: 'any', depends_on: ['outside'] });
});

it('the commands in manage-services.md deploy a service twice and deploy a batch', async () => {
  const first = await slipway.ended((await answer<Started>('Deploy')).deployment_id);
  expect(first).toMatchObject({ status: 'completed', changed: true });
  expect(await answer('Deploy')).toMatchObject([{ deployment_id: first.deployment_id, status: 'completed' }]);
  const second = await slipway.ended((await answer<Started>('Deploy')).deployment_id);
  expect(second).toMatchObject({ status: 'completed', changed: true });
  const { batch_id } = await answer<{ batch_id: string }>('Deploy several services');
  const isDone = async () =>
    (await slipway.call<{ status: string }>(`/api/batches/${batch_id}`)).body.status !== 'running';
  await eventually(isDone, { timeoutMs: 60_000 });
  expect((await slipway.call(`/api/batches/${batch_id}`)).body).toMatchObject({ status: 'completed', completed: 2 });
  expect(existsSync(join(slipway.dataDir, 'data/beats/bot.db'))).toBe(true);
});

it('the commands in manage-services.md print services, health, releases and logs', async () => {
  const [list, shop, health, releases, log] = (await next('Read the state')).split('\n');
  expect(JSON.parse(list!)).toHaveLength(4);
  expect(JSON.parse(shop!)).toMatchObject({ kind: 'web', status: 'running' });
  expect(JSON.parse(health!)).toMatchObject({ service_name: 'shop' });
  expect(JSON.parse(releases!)).toHaveLength(2);
  expect(log).toContain('beat');
});

it('the commands in manage-services.md stop, start, restart and roll back a service', async () => {
  const before = (await service('shop')).active_release;
  const done = async (count: number) => {
    const { body } = await slipway.call<{ event_type: string }[]>('/api/services/shop/events?limit=100');
    return body.filter(({ event_type }) => event_type === 'command_completed').length === count;
  };
  await next('Stop, start, restart and roll back');
  await eventually(() => done(3), { timeoutMs: 30_000 });
  expect(await service('shop')).toMatchObject({ status: 'running', active_release: before });
  await next('Stop, start, restart and roll back');
  await eventually(() => done(4), { timeoutMs: 30_000 });
  expect((await service('shop')).active_release).not.toBe(before);
  expect(await next('Stop, start, restart and roll back')).toContain('release_rolled_back');
});

it('the commands in manage-services.md unregister all services and purge their data', async () => {
  await next('Unregister');
  expect(await known()).toEqual([]);
  const data = join(slipway.dataDir, 'data/beats');
  expect(existsSync(data)).toBe(true);
  await next('Unregister');
  expect(await known()).toEqual([]);
  expect(existsSync(data)).toBe(false);
});

it('the tests run every command in manage-services.md', () => {
  SECTIONS.delete('# Manage services over HTTP');
  expect([...SECTIONS.values()].flat()).toEqual([]);
});
