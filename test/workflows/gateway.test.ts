// What the API asks of Temporal, on a real one.
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { Client, QueryRejectCondition } from '@temporalio/client';
import { createGateway, type Gateway } from '../../src/api/gateway.js';
import { newRowsQuery, retiredSignal, rowSignal } from '../../src/contract/messages.js';
import { TASK_QUEUE, WORKFLOWS } from '../../src/contract/names.js';
import type { OpenedRequest } from '../../src/contract/steps.js';
import type { ServiceView } from '../../src/contract/views.js';
import { newService, serviceView } from '../../src/workflows/service-state.js';
import { Held } from '../support/fake-activities.js';
import { body, Stage } from '../support/stage.js';

let stage: Stage;
let gateway: Gateway;
beforeAll(async () => {
  stage = await Stage.open();
  const { connection } = stage.client;
  const workflow = { queryRejectCondition: QueryRejectCondition.NOT_OPEN }; // as the API has it
  gateway = createGateway(new Client({ connection, workflow }), 'default');
});
afterAll(() => stage.stop());
afterEach(async () => {
  expect(await stage.clear()).toEqual([]);
});

const start = (workflowId: string, type: string, input: unknown) =>
  stage.client.workflow.start(type, { workflowId, taskQueue: TASK_QUEUE, args: [input] });

it('a workflow of another type is neither read as a deployment nor cancelled', async () => {
  const stranger = await start('stranger', WORKFLOWS.service, { name: 'stranger' });
  await stage.gate({ limit: 1 });
  expect(await gateway.readDeployment('stranger')).toBeUndefined();
  expect(await gateway.cancel('stranger', 1_000)).toBeUndefined();
  const { events } = await stranger.fetchHistory();
  expect(events?.filter((event) => event.workflowExecutionSignaledEventAttributes)).toEqual([]);
});

it('a deployment started by hand is read as queued while its request is still being opened', async () => {
  const reading = new Held<OpenedRequest>();
  await stage.gate({ limit: 1 });
  stage.fakes.expect({ openRequest: reading.run });
  await start('by-hand', WORKFLOWS.deployment, {});
  await reading.began;
  const told = await gateway.readDeployment('by-hand');
  expect(told?.value.status ?? 'queued').toBe('queued');
});

it('a used idempotency key returns the first response, and without a gate the lookup fails with temporal_unavailable', async () => {
  stage.allGoesWell();
  await stage.gate({ limit: 1 });
  await stage.foundRegistry();
  const used = { hash: 'used', bodyMac: 'body' };
  expect(await gateway.answerBefore(used)).toBeUndefined();
  const id = stage.name('kept');
  const answer = await stage.admit(id, body('kept'), { idempotency: used });
  expect(await gateway.answerBefore(used)).toEqual(answer);
  await expect(gateway.answerBefore({ hash: 'used', bodyMac: 'other' })).rejects.toMatchObject({
    code: 'idempotency_key_reused',
  });
  expect(await gateway.answerBefore({ hash: 'unused', bodyMac: 'body' })).toBeUndefined();
  await stage.ended(id);
  await stage.gateHandle.terminate();
  await expect(gateway.answerBefore(used)).rejects.toMatchObject({ code: 'temporal_unavailable' });
});

it('a registration fails with temporal_unavailable if the registry ends in the middle', async () => {
  const telling = new Held<undefined>();
  stage.fakes.expect({ commandService: telling.run });
  await stage.foundRegistry();
  const call = gateway.registerService({
    name: 'shop',
    registration: { kind: 'worker', type: 'other', dependsOn: [] },
  });
  const refused = expect(call).rejects.toMatchObject({ code: 'temporal_unavailable' });
  await telling.began;
  await stage.registryHandle.terminate();
  await refused;
});

it('the gateway’s list of services is current after each change, and the registry returns rows only after a change', async () => {
  const row = (name: string, url: string | null = null): ServiceView => ({
    ...serviceView(newService(name, '2026-01-01T00:00:00.000Z')),
    url,
  });
  const read = async () => (await gateway.readServices()).value;
  await stage.foundRegistry({ rows: [row('shop')] });
  const first = await read();
  expect(first).toEqual([row('shop')]);
  const { mark, recent } = await stage.registryHandle.query(newRowsQuery, null);
  expect(recent).toEqual({ rows: [row('shop')], left: [], areAll: true });
  expect(await stage.registryHandle.query(newRowsQuery, mark)).toEqual({ mark });
  expect(await read()).toEqual(first);
  await stage.registryHandle.signal(rowSignal, row('shop', 'http://shop'));
  expect(await read()).toEqual([row('shop', 'http://shop')]);
  await stage.registryHandle.signal(rowSignal, row('bot'));
  expect(await read()).toEqual([row('bot'), row('shop', 'http://shop')]);
  await stage.registryHandle.signal(retiredSignal, { name: 'shop' });
  expect(await read()).toEqual([row('bot')]);
  await stage.foundRegistry({ rows: [row('shop')] });
  expect(await read()).toEqual([row('shop')]);
});

it('the list of services is read from the services and marked as stale if the registry is gone', async () => {
  await stage.foundRegistry();
  expect(await gateway.readServices()).toEqual({ value: [], stale: false });
  await stage.registryHandle.terminate();
  for (const name of ['shop', 'bot']) {
    await stage.client.workflow.start(WORKFLOWS.service, {
      workflowId: `service:${name}`,
      taskQueue: 'nobody-works-here',
      args: [{ name }],
      memo: { view: { name, releases: [] } },
    });
  }
  const told = await stage.until(async () => {
    const services = await gateway.readServices();
    return services.value.length === 2 && services;
  });
  expect(told).toEqual({ value: [{ name: 'bot' }, { name: 'shop' }], stale: true });
});

it('a deployment list restricted to some services contains only deployments of these services', async () => {
  stage.allGoesWell();
  await stage.gate({ limit: 1 });
  await stage.foundRegistry();
  const ids = new Map<string, string>();
  for (const service of ['a-one', 'b-one', 'a-two', 'ab', 'b-two', 'shared']) {
    const id = stage.name(service);
    ids.set(service, id);
    await stage.admit(id, body(service));
    await stage.ended(id);
  }
  const listed = async (...reach: string[][]): Promise<string[]> => {
    const pages: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await gateway.list({ limit: 1, cursor, reach });
      pages.push(...page.states.map(({ service }) => String(service)));
      cursor = page.cursor;
    } while (cursor !== undefined);
    return pages.sort();
  };
  const isAll = async (): Promise<boolean> => (await listed(['*'])).filter((name) => ids.has(name)).length >= ids.size;
  await stage.until(isAll);
  expect(await listed(['a-*', 'shared'])).toEqual(['a-one', 'a-two', 'shared']);
  expect(await listed(['a-*'], ['a-one', 'b-*'])).toEqual(['a-one']);
  expect(await listed(['none'])).toEqual([]);
});
