import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { GateLoad } from '../../../src/contract/messages.js';
import { startApi, type TestApi } from '../../support/api.js';
import { eventually } from '../../support/eventually.js';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());
beforeEach(() => {
  api.gateway = { readLoad: () => Promise.resolve(load) };
});

const load: GateLoad = {
  limit: 3,
  active: ['a', 'b'],
  queued: ['c'],
  recentlyEnded: [],
  counters: { total: 12, completed: 7, failed: 2, cancelled: 1, completedSeconds: 70 },
};

async function metrics(key = api.key): Promise<{ status: number; text: string }> {
  const answer = await fetch(`${api.url}/metrics`, { headers: { Authorization: `Bearer ${key}` } });
  return { status: answer.status, text: await answer.text() };
}

it('the metrics contain slots, queue, results, requests by route and the memory of the process', async () => {
  await api.call('/api/deployments/bad id');
  await api.call('/nowhere');
  await metrics();
  const { text } = await metrics();
  for (const line of [
    'slipway_slots 3',
    'slipway_slots_active 2',
    'slipway_queue_length 1',
    'slipway_deployments_total{result="completed"} 7',
    'slipway_temporal_up 1',
    'slipway_worker_up 0',
    'slipway_http_request_seconds_count{method="GET",route="/api/deployments/:id",status="404"} 1',
    'slipway_http_request_seconds_count{method="GET",route="none",status="404"} 1',
    'slipway_http_request_seconds_count{method="GET",route="/metrics",status="200"} 1',
  ])
    expect(text.split('\n')).toContain(line);
  expect(text).toMatch(/^slipway_api_process_resident_memory_bytes \d+/m);
});

it('the metrics contain the metrics of the worker', async () => {
  const worker = createServer((_req, res) => res.end('temporal_workflow_completed_total 4\n'));
  await new Promise<void>((resolve) => worker.listen(0, '127.0.0.1', resolve));
  const { port } = worker.address() as AddressInfo;
  writeFileSync(join(api.dataDir, 'worker-metrics.address'), `127.0.0.1:${port}\n`);
  const { text } = await metrics();
  expect(text).toContain('slipway_worker_up 1');
  expect(text).toContain('temporal_workflow_completed_total 4');
  worker.close();
});

it('a worker that sends endless metrics is reported as down, and its connection is closed', async () => {
  let sentBytes = 0;
  const worker = createServer((_req, res) => {
    const chunk = 'x'.repeat(64 * 1024);
    const more = (): void => {
      while (!res.destroyed && res.write(chunk)) sentBytes += chunk.length;
    };
    res.on('drain', more);
    more();
  });
  await new Promise<void>((resolve) => worker.listen(0, '127.0.0.1', resolve));
  const { port } = worker.address() as AddressInfo;
  writeFileSync(join(api.dataDir, 'worker-metrics.address'), `127.0.0.1:${port}\n`);
  const { status, text } = await metrics();
  expect(status).toBe(200);
  expect(text).toContain('slipway_worker_up 0');
  expect(text.length).toBeLessThan(1024 * 1024);
  await eventually(() => new Promise((resolve) => worker.getConnections((_error, count) => resolve(count === 0))));
  expect(sentBytes).toBeLessThan(64 * 1024 * 1024);
  worker.close();
});

it('200 concurrent readiness checks cause at most five pings of Temporal per second', async () => {
  let asked = 0;
  api.gateway = {
    ping: () => {
      asked += 1;
      return Promise.resolve();
    },
    readLoad: () => Promise.resolve(load),
    readHostBeat: () => Promise.resolve(undefined),
  };
  const began = Date.now();
  await Promise.all(Array.from({ length: 200 }, () => fetch(`${api.url}/readyz`)));
  const seconds = Math.floor((Date.now() - began) / 1000);
  expect(asked).toBeLessThanOrEqual(5 * (seconds + 2)); // a second may have begun at either end
});

it('the metrics are returned without Temporal, and report that Temporal is down', async () => {
  api.gateway = { readLoad: () => Promise.resolve(undefined) };
  const { status, text } = await metrics();
  expect(status).toBe(200);
  expect(text).toContain('slipway_temporal_up 0');
});

it('the metrics require a valid key', async () => {
  expect((await metrics('wrong')).status).toBe(401);
});

it('the response to a change contains the request id of the client, or a new id if that id is invalid', async () => {
  const post = (headers: Record<string, string>) =>
    fetch(`${api.url}/api/deployments`, { method: 'POST', body: '{', headers });
  expect((await post({ 'X-Request-Id': 'mine-1' })).headers.get('X-Request-Id')).toBe('mine-1');
  expect((await post({ 'X-Request-Id': 'not mine!' })).headers.get('X-Request-Id')).toMatch(/^[0-9a-f-]{36}$/);
});
