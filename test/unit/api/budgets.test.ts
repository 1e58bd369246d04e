import { mkdirSync, readdirSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { openKeyStarts } from '../../../src/api/key-starts.js';
import { SlipwayError } from '../../../src/contract/errors.js';
import { layout } from '../../../src/contract/layout.js';
import type { GateLoad } from '../../../src/contract/messages.js';
import { startApi, type TestApi } from '../../support/api.js';
import { eventually } from '../../support/eventually.js';

const MINUTE_MS = 60_000;

let api: TestApi;
let admitted: string[];
let load: Pick<GateLoad, 'active' | 'queued'>;
let clockMs: number;
beforeEach(async () => {
  const realMs = Date.now.bind(Date);
  clockMs = 0;
  jest.spyOn(Date, 'now').mockImplementation(() => realMs() + clockMs);
  api = await startApi();
  mkdirSync(join(api.sources, 'bot'));
  admitted = [];
  load = { active: [], queued: [] };
  api.gateway = {
    admit: ({ deploymentId }) => {
      admitted.push(deploymentId);
      load.active.push(deploymentId); // as the gate does
      return Promise.resolve({ deploymentId, status: 'accepted', startTime: '', estimatedSeconds: 1 });
    },
    readHostBeat: () => Promise.resolve(undefined),
    readLoad: () => Promise.resolve(load as GateLoad),
    readServices: () => Promise.resolve({ stale: false, value: [] }),
    startBatch: (_input, first) => Promise.resolve(first),
  };
});
afterEach(async () => {
  jest.restoreAllMocks();
  await api.close();
});

const item = (service = 'bot') => ({
  config: { service, source: { type: 'directory', path: join(api.sources, 'bot') } },
});
async function keyWith(budget: object): Promise<Record<string, string>> {
  const { body, status } = await api.call('/api/keys', { body: { role: 'admin', budget } });
  expect(status).toBe(201);
  return { Authorization: `Bearer ${String(body['key'])}` };
}
const deploy = async (headers: Record<string, string>, body: object = item()) =>
  (await api.call('/api/deployments', { body, headers })).status;
const batchOf = async (headers: Record<string, string>, count: number) => {
  const deployments = Array.from({ length: count }, (_, index) => item(`bot-${index}`));
  return (await api.call('/api/deployments/batch', { body: { deployments }, headers })).status;
};
function restart(): void {
  api.deps.keyStarts = openKeyStarts(layout(api.dataDir).keyStarts);
}

/** Its client is gone before the gate answers, which it does when `goOn` is called. */
async function deployAndHangUp(headers: Record<string, string>) {
  const { admit } = api.gateway;
  let goOn: () => void = () => undefined;
  const mayGoOn = new Promise<void>((resolve) => (goOn = resolve));
  let hungUp: Promise<unknown> = Promise.resolve();
  api.gateway.admit = (input) => {
    const answer = admit!(input).then((value) => mayGoOn.then(() => value));
    hungUp = answer;
    return answer;
  };
  const call = request(`${api.url}/api/deployments`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
  });
  call.on('error', () => undefined); // it is destroyed
  call.end(JSON.stringify(item()));
  await eventually(() => admitted.length === 1);
  const open = await api.connections();
  call.destroy();
  await eventually(async () => (await api.connections()) < open);
  api.gateway.admit = admit!;
  return { hungUp, goOn };
}

describe('the budget of deployments per hour', () => {
  it('each deployment and each item of a batch count towards the hourly budget of the key', async () => {
    const headers = await keyWith({ deployments_per_hour: 4 });
    expect([await deploy(headers), await batchOf(headers, 2)]).toEqual([202, 202]);
    expect(await batchOf(headers, 2)).toBe(429); // nothing of it is begun
    expect([await deploy(headers), await deploy(headers)]).toEqual([202, 429]);
    expect(await deploy({})).toBe(202); // of another key
  });

  it('a request over the hourly budget returns a Retry-After header and the code rate_limited', async () => {
    const headers = await keyWith({ deployments_per_hour: 1 });
    await deploy(headers);
    const answer = await fetch(`${api.url}/api/deployments`, {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json', 'Accept-Language': 'en' },
      body: JSON.stringify(item()),
    });
    expect(Number(answer.headers.get('Retry-After'))).toBeGreaterThan(3000);
    expect(await answer.json()).toMatchObject({
      code: 'rate_limited',
      detail: 'This key may start 1 deployment in an hour',
    });
  });

  it('an invalid request doesn’t count towards the hourly budget', async () => {
    const headers = await keyWith({ deployments_per_hour: 1 });
    expect(await deploy(headers, { config: { service: 'bot', port: 'x' } })).toBe(422);
    expect(await deploy(headers, { config: { service: 'bot', source: { type: 'directory', path: '/nowhere' } } })).toBe(
      422,
    );
    expect(await deploy(headers)).toBe(202);
  });

  it('concurrent requests never exceed the hourly budget', async () => {
    const headers = await keyWith({ deployments_per_hour: 3 });
    await Promise.all(Array.from({ length: 20 }, () => deploy(headers)));
    expect(admitted.length).toBeLessThanOrEqual(3);
  });

  it('the hourly budget survives a restart of the API', async () => {
    const headers = await keyWith({ deployments_per_hour: 1 });
    await deploy(headers);
    restart();
    expect(await deploy(headers)).toBe(429);
  });

  it('a deployment whose client disconnects counts towards the hourly budget for an hour', async () => {
    const headers = await keyWith({ deployments_per_hour: 1 });
    const { hungUp, goOn } = await deployAndHangUp(headers);
    restart();
    expect(await deploy(headers)).toBe(429);
    goOn();
    await hungUp;
    expect(await deploy(headers)).toBe(429);
    clockMs += 59 * MINUTE_MS;
    expect(await deploy(headers)).toBe(429);
    clockMs += 2 * MINUTE_MS;
    expect(await deploy(headers)).toBe(202);
  });

  it('a deployment that may have started although its request failed counts towards the hourly budget', async () => {
    const headers = await keyWith({ deployments_per_hour: 1 });
    const { admit } = api.gateway;
    api.gateway.admit = async (input) => {
      await admit!(input);
      throw new SlipwayError('temporal_unavailable');
    };
    expect([await deploy(headers), await deploy(headers)]).toEqual([503, 429]);
    clockMs += 2 * MINUTE_MS;
    expect(await deploy(headers)).toBe(429);
    expect(admitted).toHaveLength(1);
  });

  it('refusals by the gate and repeated requests don’t count towards the hourly budget', async () => {
    const headers = await keyWith({ deployments_per_hour: 1 });
    const { admit } = api.gateway;
    api.gateway.admit = () => Promise.reject(new SlipwayError('queue_full', { params: { limit: 1 } }));
    expect(await deploy(headers)).toBe(429);
    api.gateway.admit = () =>
      Promise.resolve({ deploymentId: 'earlier', status: 'accepted', startTime: '', estimatedSeconds: 1 });
    expect(await deploy(headers)).toBe(202);
    api.gateway.admit = admit!;
    expect([await deploy(headers), await deploy(headers)]).toEqual([202, 429]);
  });

  it('two copies of the API together admit exactly as many concurrent requests as the hourly budget allows', async () => {
    const headers = await keyWith({ deployments_per_hour: 3 });
    const { keyStarts } = api.deps;
    const copies = [keyStarts, openKeyStarts(layout(api.dataDir).keyStarts)];
    api.deps.keyStarts = {
      note: (...call) => copies.reverse()[0]!.note(...call),
      conclude: (...call) => keyStarts.conclude(...call),
    };
    const statuses = await Promise.all(Array.from({ length: 20 }, () => deploy(headers)));
    expect(statuses.filter((status) => status === 202)).toHaveLength(3);
    expect(admitted).toHaveLength(3);
  });

  it('the hourly budget is checked without reading the audit log', async () => {
    const headers = await keyWith({ deployments_per_hour: 1 });
    const latest = jest.spyOn(api.deps.audit, 'latest').mockRejectedValue(new Error('it was read'));
    expect([await deploy(headers), await deploy(headers)]).toEqual([202, 429]);
    expect(latest).not.toHaveBeenCalled();
  });

  it('revoking a key deletes the record of its hourly budget', async () => {
    const { body } = await api.call('/api/keys', { body: { role: 'admin', budget: { deployments_per_hour: 1 } } });
    await deploy({ Authorization: `Bearer ${String(body['key'])}` });
    const folder = layout(api.dataDir).keyStarts;
    expect(readdirSync(folder)).toEqual([body['id']]);
    await api.call(`/api/keys/${String(body['id'])}`, { method: 'DELETE' });
    expect(readdirSync(folder)).toEqual([]);
  });
});

it('the audit entry of a request whose client disconnected contains the outcome and the deployment', async () => {
  const headers = await keyWith({ deployments_per_hour: 1 });
  const { hungUp, goOn } = await deployAndHangUp(headers);
  const line = async () => (await api.deps.audit.latest(1, { trail: 'changes' }))[0];
  expect(await line()).toMatchObject({ result: 'asked', status: null, target: { deployment: admitted[0], count: 1 } });
  goOn();
  await hungUp;
  await eventually(async () => (await line())?.result === 'accepted');
  expect(await line()).toMatchObject({ status: 202, target: { service: 'bot', deployment: admitted[0] } });
});

describe('the budget of deployments in flight', () => {
  it('running deployments, queued deployments and batch items count towards the in-flight budget', async () => {
    const headers = await keyWith({ in_flight: 3 });
    expect([await deploy(headers), await deploy(headers)]).toEqual([202, 202]);
    load = { active: [admitted[0]!], queued: [admitted[1]!] };
    expect(await batchOf(headers, 2)).toBe(429);
    expect(await deploy(headers)).toBe(202);
    expect(await deploy(headers)).toBe(429);
    load.active = [];
    expect(await deploy(headers)).toBe(202);
  });

  it('a deployment whose request returned 503 counts as in flight while it runs, and for two minutes at most if it never started', async () => {
    const headers = await keyWith({ in_flight: 1 });
    const { admit } = api.gateway;
    api.gateway.admit = async (input) => {
      await admit!(input);
      throw new SlipwayError('temporal_unavailable');
    };
    expect(await deploy(headers)).toBe(503);
    clockMs += 61 * MINUTE_MS;
    expect(await deploy(headers)).toBe(429);
    load.active = [];
    api.gateway.admit = () => Promise.reject(new SlipwayError('temporal_unavailable'));
    expect([await deploy(headers), await deploy(headers)]).toEqual([503, 429]);
    clockMs += 2 * MINUTE_MS;
    api.gateway.admit = admit!;
    expect(await deploy(headers)).toBe(202);
  });

  it('a deployment is refused and counts towards no budget while the deployments in flight can’t be read', async () => {
    const headers = await keyWith({ in_flight: 1, deployments_per_hour: 1 });
    api.gateway.readLoad = () => Promise.resolve(undefined);
    expect(await deploy(headers)).toBe(503);
    api.gateway.readLoad = () => Promise.resolve(load as GateLoad);
    expect(await deploy(headers)).toBe(202);
  });

  it('a batch is read from Temporal only until the batch has ended', async () => {
    const headers = await keyWith({ in_flight: 2 });
    const readBatch = jest.fn((batchId: string) =>
      Promise.resolve({ stale: false, value: { batchId, status: 'completed', startTime: '', items: [] } as never }),
    );
    api.gateway.readBatch = readBatch;
    for (let i = 0; i < 5; i += 1) expect(await batchOf(headers, 2)).toBe(202);
    restart();
    expect(await batchOf(headers, 2)).toBe(202);
    expect(readBatch).toHaveBeenCalledTimes(5);
  });

  it('only the unfinished items of a batch count towards the in-flight budget', async () => {
    const headers = await keyWith({ in_flight: 3 });
    expect(await batchOf(headers, 2)).toBe(202);
    const items = ['waiting', 'completed'].map((status) => ({ service: 'bot', deploymentId: 'x', status }));
    api.gateway.readBatch = (batchId) =>
      Promise.resolve({ stale: false, value: { batchId, status: 'running', startTime: '', items } as never });
    expect(await batchOf(headers, 3)).toBe(429);
    expect(await batchOf(headers, 2)).toBe(202);
  });
});

it.each([
  [{ deployments_per_hour: 0 }, 'budget.deployments_per_hour'],
  [{ in_flight: 1.5 }, 'budget.in_flight'],
  [{ per_day: 1 }, 'budget.per_day'],
  [{}, 'budget'],
])('the budget %j is refused with an error at %s', async (budget, path) => {
  const body = { role: 'admin', budget };
  const errors: unknown = expect.arrayContaining([expect.objectContaining({ path })]);
  expect(await api.call('/api/keys', { body })).toMatchObject({ status: 422, body: { errors } });
});
