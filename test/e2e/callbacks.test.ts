import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import type { DeliveryBody } from '../../src/contract/callbacks.js';
import { eventually } from '../support/eventually.js';
import { FOREIGN_TEMPORAL } from '../support/foreign-temporal.js';
import { Receiver, type Received } from '../support/receiver.js';
import { killIfThere, Slipway } from '../support/slipway.js';

let slipway: Slipway;
let receiver: Receiver;
let round = 0;
beforeAll(async () => {
  slipway = await Slipway.start({ SLIPWAY_CALLBACK_ALLOW: '127.0.0.1' });
  receiver = await Receiver.start();
});
afterEach(() => {
  receiver.answer = () => 204;
});
afterAll(async () => {
  await receiver.down();
  await slipway.remove();
});

/** A bot that is deployed in a second or two; each is a new release. */
function deploy(callback_url = receiver.url, config: object = {}) {
  round += 1;
  const environment_variables = { ROUND: String(round) };
  const bot = { service: `bot-${round}`, environment_variables, health_check: { min_uptime: 1 }, ...config };
  return slipway.deploy(slipway.app('setsid-child', bot, { callback_url }));
}
const deliveries = async (id: string) => (await slipway.call<DeliveryBody[]>(`/api/deployments/${id}/callbacks`)).body;
const allOf = (id: string, timeoutMs = 60_000) =>
  eventually(() => receiver.events(id).at(-1)?.body.event_type === 'ended' && receiver.events(id), { timeoutMs });

function mustBeWhole(events: Received[]): void {
  const secret = readFileSync(join(slipway.dataDir, 'callback.key'), 'utf8').trim();
  expect(events.map(({ body }) => body.sequence)).toEqual(events.map((_, index) => index + 1));
  for (const { payload, headers, body } of events) {
    const signed = headers as Record<string, string>;
    expect(new Webhook(secret).verify(payload, signed)).toEqual(body);
    expect(signed['webhook-id']).toBe(body.event_id);
  }
}

it('the callbacks of all steps and of the end arrive in order, signed and within seconds', async () => {
  const { deployment_id: id } = await deploy();
  const { status } = await slipway.ended(id);
  const events = await allOf(id);
  expect(status).toBe('completed');
  mustBeWhole(events);
  expect(events).toHaveLength(11);
  expect(events.at(-1)!.body).toMatchObject({
    progress_percentage: 100,
    current_step: '啟動服務',
    status: 'completed',
  });
  const lags = events.map(({ at, body }) => at - Date.parse(body.timestamp)).sort((a, b) => a - b);
  expect(lags[Math.floor(lags.length / 2)]).toBeLessThan(2000);
  const told = await eventually(async () => {
    const all = await deliveries(id);
    return all.length === 11 && all.every((one) => one.status === 'delivered') && all;
  });
  expect(told[0]).toMatchObject({
    sequence: 1,
    event_type: 'step_started',
    attempts: 1,
    last_status: 204,
    last_error: null,
  });
  expect(told[0]!.url).toBe(new URL(receiver.url).origin);
  expect(JSON.stringify(told)).not.toContain('of-the-receiver');
});

it('the metrics endpoint returns metrics of deployments, callbacks, the worker and Temporal', async () => {
  const wanted = [
    /^slipway_deployments_total\{result="completed"\} [1-9]/m,
    /^slipway_worker_up 1$/m,
    /^slipway_deployments_ended_total\{.*mode="uv".*result="completed".*\} [1-9]/m,
    /^slipway_step_duration_seconds_count\{.*step="install".*\} [1-9]/m,
    /^slipway_callback_deliveries_total\{.*result="delivered".*\} [1-9]/m,
    /^temporal_workflow_completed_total\{/m,
    /^temporal_activity_execution_latency_seconds_count\{/m,
  ];
  await eventually(async () => {
    const { text } = await slipway.call('/metrics');
    return wanted.every((line) => line.test(text));
  });
});

it('a deployment without a callback URL has no deliveries, and an unknown deployment returns 404', async () => {
  const body = slipway.app('setsid-child', { service: 'quiet', health_check: { min_uptime: 1 } });
  const { deployment_id: id } = await slipway.run(body);
  expect(await deliveries(id)).toEqual([]);
  expect((await slipway.call('/api/deployments/uv_none/callbacks')).status).toBe(404);
});

it('a receiver that was down gets all callbacks although the API, the worker and Temporal are killed meanwhile', async () => {
  await receiver.down();
  const { deployment_id: id } = await deploy();
  await slipway.ended(id);
  const [first] = await eventually(async () => {
    const all = await deliveries(id);
    return (all[0]?.attempts ?? 0) > 1 && all;
  });
  expect(first).toMatchObject({ status: 'pending', last_error: '無法連線到接收端（ECONNREFUSED）' });
  const { api, worker, temporal } = slipway.ready.pids;
  for (const pid of FOREIGN_TEMPORAL === undefined ? [worker, api, temporal] : [worker, api]) killIfThere(pid);
  await receiver.up();
  mustBeWhole(await allOf(id, 90_000));
  await slipway.waitReady(); // the last delivery may come before the gate decides again
}, 120_000);

it('a receiver that never answers delays neither the deployment nor the callbacks of other deployments', async () => {
  receiver.answer = ({ body }) => (body.service === `bot-${slow}` ? undefined : 204);
  const slow = round + 1;
  const { deployment_id: id } = await deploy();
  const other = await deploy();
  expect((await slipway.ended(id)).status).toBe('completed');
  await slipway.ended(other.deployment_id);
  mustBeWhole(await allOf(other.deployment_id));
  expect(receiver.events(id)).toHaveLength(1);
  await eventually(async () => (await deliveries(id))[0]!.last_error?.includes('10 秒'), { timeoutMs: 30_000 });
}, 60_000);

it('a receiver that returns 410 gets no more callbacks', async () => {
  receiver.answer = ({ body }) => (body.sequence < 3 ? 200 : 410);
  const { deployment_id: id } = await deploy();
  await slipway.ended(id);
  await eventually(async () => (await deliveries(id)).some(({ status }) => status === 'dropped'));
  expect((await deliveries(id)).map(({ status }) => status).filter((status) => status === 'pending')).toEqual([]);
  expect(receiver.events(id)).toHaveLength(3);
});

describe('denied callback addresses', () => {
  it.each([
    ['an octal number', '0177.0.0.2'], // other spellings: the port's own tests
    ['an IPv4-mapped IPv6 address', '[::ffff:127.0.0.2]'],
  ])(
    'no callback is sent to a denied address written as %s, and the delivery names the setting that allows addresses',
    async (_, host) => {
      let connections = 0;
      const stranger = createServer((socket) => {
        connections += 1;
        socket.destroy();
      });
      await new Promise<void>((resolve) => stranger.listen(0, '::', resolve));
      const { port } = stranger.address() as { port: number };
      const { deployment_id: id } = await deploy(`http://${host}:${port}/`);
      const [first] = await eventually(async () => {
        const all = await deliveries(id);
        return (all[0]?.attempts ?? 0) > 0 && all;
      });
      expect(first!.last_error).toMatch(/SLIPWAY_CALLBACK_ALLOW/);
      expect((await slipway.ended(id)).status).toBe('completed');
      expect(connections).toBe(0);
      stranger.close();
    },
  );
});
