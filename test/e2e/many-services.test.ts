import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Slipway, type Answer } from '../support/slipway.js';
import { about } from '../support/jest/about.js';

interface Row {
  name: string;
  depends_on: string[];
}

const COUNT = 250;
const LIMIT_OF_KEY = 20;
const ALL = Array.from({ length: COUNT }, (_, n) => `many-${String(n).padStart(3, '0')}`);

let slipway: Slipway;
beforeAll(async () => {
  slipway = await Slipway.start({ SLIPWAY_SERVICES_PER_KEY: String(LIMIT_OF_KEY) });
  const left = [...ALL];
  const caller = async (): Promise<void> => {
    for (let name = left.shift(); name !== undefined; name = left.shift()) {
      const { status, text } = await register(name);
      about(`${name}: ${text}`, () => {
        expect(status).toBe(201);
      });
    }
  };
  await Promise.all(Array.from({ length: 8 }, caller));
});
afterAll(() => slipway.remove());

const register = (name: string, rest: object = {}, key?: string) =>
  slipway.call<{ code?: string }>('/api/services', { body: { name, kind: 'worker', ...rest }, ...(key && { key }) });

async function pages(path: string): Promise<string[][]> {
  const found: string[][] = [];
  for (let next: string | undefined = path; next !== undefined;) {
    const { status, headers, body }: Answer<Row[]> = await slipway.call<Row[]>(next);
    expect(status).toBe(200);
    found.push(body.map(({ name }) => name));
    next = /<([^>]+)>; rel="next"/.exec(headers.get('Link') ?? '')?.[1];
  }
  return found;
}

it('the default service list contains all 250 services on one page', async () => {
  expect(await pages('/api/services')).toEqual([ALL]);
});

it('pages of the service list have the requested size and contain each service once', async () => {
  const found = await pages('/api/services?limit=100');
  expect(found.map(({ length }) => length)).toEqual([100, 100, 50]);
  expect(found.flat().sort()).toEqual(ALL);
});

it('a service is in the list right after its registration and is gone right after its removal', async () => {
  for (let n = 0; n < 5; n += 1) {
    const name = `just-${n}`;
    expect((await register(name)).status).toBe(201);
    expect((await pages('/api/services'))[0]).toContain(name);
    expect((await slipway.call(`/api/services/${name}`, { method: 'DELETE' })).status).toBe(204);
    expect((await pages('/api/services'))[0]).not.toContain(name);
  }
});

it('a cursor of another list or key and an invalid page size are refused', async () => {
  const paths = async (query: string): Promise<unknown> => {
    const { status, body } = await slipway.call<{ errors: { path: string }[] }>(`/api/services?${query}`);
    return [status, body.errors.map(({ path }) => path)];
  };
  expect(await paths('cursor=abc')).toEqual([422, ['cursor']]);
  const { headers } = await slipway.call('/api/services?limit=100');
  const [, query = ''] = /\?([^>]+)>; rel="next"/.exec(headers.get('Link') ?? '') ?? [];
  expect((await slipway.call(`/api/services?${query}`)).status).toBe(200);
  expect((await slipway.call(`/api/deployments?${query}`)).status).toBe(422);
  const { body } = await slipway.call<{ key: string }>('/api/keys', { body: { role: 'read', services: ['many-*'] } });
  expect((await slipway.call(`/api/services?${query}`, { key: body.key })).status).toBe(422);
  expect(await paths('limit=1001')).toEqual([422, ['limit']]);
  expect(await paths('limit=0')).toEqual([422, ['limit']]);
});

it('a key for some services can’t register more services than SLIPWAY_SERVICES_PER_KEY', async () => {
  const { body } = await slipway.call<{ key: string }>('/api/keys', { body: { role: 'admin', services: ['team-*'] } });
  const statuses: number[] = [];
  for (let n = 0; n < LIMIT_OF_KEY + 20; n += 1) statuses.push((await register(`team-${n}`, {}, body.key)).status);
  expect(statuses.slice(0, LIMIT_OF_KEY)).toEqual(Array.from({ length: LIMIT_OF_KEY }, () => 201));
  expect(statuses.at(-1)).toBe(409);
  expect(await register('team-last', {}, body.key)).toMatchObject({ status: 409, body: { code: 'registry_full' } });
  expect((await register('another')).status).toBe(201);
});
