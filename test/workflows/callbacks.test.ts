import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { CallbackBody, Delivery, DeliveryResult } from '../../src/contract/callbacks.js';
import { deliveriesQuery, eventSignal } from '../../src/contract/messages.js';
import { callbacksWorkflowId, TASK_QUEUE, VIEW_MEMO, WORKFLOWS } from '../../src/contract/names.js';
import type { CallbacksInput } from '../../src/workflows/callbacks.js';
import { failure, Held } from '../support/fake-activities.js';
import { body, Stage } from '../support/stage.js';

let stage: Stage;
let id: string;
/** What the receiver got, in order. */
let got: CallbackBody[];
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.stop());
beforeEach(async () => {
  id = stage.name('told');
  got = [];
  stage.allGoesWell();
  stage.fakes.expect({ deliverCallback: receiver(() => delivered) });
  await stage.gate({ limit: 100 });
});
afterEach(async () => {
  expect(await stage.clear()).toEqual([]);
});

const to = 'https://example.com';
const delivered: DeliveryResult = { kind: 'delivered', to, status: 204 };
const refused: DeliveryResult = {
  kind: 'failed',
  to,
  status: 500,
  reason: { text: 'callback.refused', params: { status: 500 } },
};
const receiver = (answer: (told: CallbackBody) => DeliveryResult) => (input: { body: CallbackBody }) => {
  got.push(input.body);
  return Promise.resolve(answer(input.body));
};
const request = (config: object = {}, rest: object = {}) =>
  body(stage.name('shop'), config, { callback_url: `${to}/hook?secret`, ...rest });
const handle = () => stage.client.workflow.getHandle(callbacksWorkflowId(id));
const over = () => stage.until(async () => (await handle().describe()).status.name === 'COMPLETED');
const deliveries = async () => (await handle().describe()).memo?.[VIEW_MEMO] as Delivery[];
const kinds = () =>
  got.map(({ event_type, step }) => (event_type.startsWith('step') ? `${event_type} ${step}` : event_type));
const steps = (...names: string[]) => names.flatMap((name) => [`step_started ${name}`, `step_ended ${name}`]);

it('a callback is sent for each step and for the end, in order and without a gap', async () => {
  const { state } = await stage.run(id, request());
  await over();
  expect(kinds()).toEqual([...steps('prepare', 'check', 'install', 'configure', 'start'), 'ended']);
  expect(got.map(({ sequence }) => sequence)).toEqual(got.map((_, index) => index + 1));
  expect(new Set(got.map(({ event_id }) => event_id)).size).toBe(got.length);
  const percentages = got.map(({ progress_percentage }) => progress_percentage);
  expect(percentages).toEqual([...percentages].sort((a, b) => a - b));
  expect(got.at(-1)).toMatchObject({
    deployment_id: id,
    current_step: '啟動服務',
    progress_percentage: 100,
    status: 'completed',
    mode: 'uv',
    service: state.service,
    timestamp: state.endTime,
  });
});

it('callbacks with notifications_enabled include attempts and rollbacks, and the last callback contains the error message', async () => {
  stage.fakes.expect({ installWithUv: () => Promise.reject(failure('install_failed')) });
  await stage.run(id, request({ notifications_enabled: true }));
  await over();
  expect(kinds()).toEqual([
    'attempt_started',
    ...steps('prepare', 'check', 'install'),
    'rolled_back',
    'attempt_ended',
    'ended',
  ]);
  expect(got.at(-1)).toMatchObject({ status: 'failed', error_message: expect.any(String) });
});

it('no callbacks workflow starts for a deployment without a callback URL', async () => {
  await stage.run(id, body(stage.name('shop')));
  await expect(handle().describe()).rejects.toThrow();
});

it('a receiver that never answers doesn’t delay the deployment', async () => {
  const hanging = new Held<DeliveryResult>();
  stage.fakes.expect({ deliverCallback: hanging.run });
  expect((await stage.run(id, request())).state.status).toBe('completed');
  const told = await handle().query(deliveriesQuery);
  expect(told).toHaveLength(11);
  expect(told.every(({ status }) => status === 'pending')).toBe(true);
  stage.fakes.expect({ deliverCallback: receiver(() => delivered) });
  hanging.letGo(delivered);
  await over();
});

it('a failed callback is sent again until it is delivered, and later callbacks wait for the delivery', async () => {
  let failures = 2;
  stage.fakes.expect({
    deliverCallback: receiver(({ sequence }) => (sequence === 2 && failures-- > 0 ? refused : delivered)),
  });
  await stage.run(id, request());
  await over();
  expect(got.map(({ sequence }) => sequence)).toEqual([1, 2, 2, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  const [first, second] = await deliveries();
  expect(first).toMatchObject({ status: 'delivered', attempts: 1, lastStatus: 204, to });
  expect(second).toMatchObject({ status: 'delivered', attempts: 3 });
  expect(second).not.toHaveProperty('lastError');
});

it('a callback is sent again after the delay in the receiver’s Retry-After header', async () => {
  let at = 0;
  stage.fakes.expect({
    deliverCallback: receiver(({ sequence }) => {
      if (sequence > 1) return delivered;
      const waitedMs = Date.now() - at;
      const isFirst = at === 0;
      at = Date.now();
      if (isFirst) return { ...refused, status: 429, retryAfterMs: 2500 };
      expect(waitedMs).toBeGreaterThan(2400);
      return delivered;
    }),
  });
  await stage.run(id, request());
  await over();
  expect(got[1]).toEqual(got[0]);
});

it('a receiver that returns 410 gets no more callbacks', async () => {
  stage.fakes.expect({
    deliverCallback: receiver(({ sequence }) => (sequence < 3 ? delivered : { kind: 'gone', to, status: 410 })),
  });
  await stage.run(id, request());
  await over();
  expect(got).toHaveLength(3);
  expect((await deliveries()).map(({ status }) => status)).toEqual(expect.arrayContaining(['delivered', 'dropped']));
});

it('a callback is sent again after its delivery fails while no workflow worker runs', async () => {
  const hanging = new Held<DeliveryResult>();
  stage.fakes.expect({ deliverCallback: hanging.run });
  await stage.startWithSequence(id, 1, request());
  await hanging.began;
  await stage.whileUndecided(() => {
    stage.fakes.expect({ deliverCallback: receiver(() => delivered) });
    hanging.fail(new Error('killed'));
    return Promise.resolve();
  });
  await over();
  expect(got.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
});

describe('the callbacks workflow', () => {
  const begin = async (input: Partial<CallbacksInput> = {}) =>
    stage.client.workflow.start(WORKFLOWS.callbacks, {
      workflowId: callbacksWorkflowId(id),
      taskQueue: TASK_QUEUE,
      args: [{ deploymentId: id, service: 'shop', url: 'sealed', language: 'en', ...input }],
    });
  const told = (sequence: number, event_type: CallbackBody['event_type'] = 'step_started') =>
    ({ event_id: `${id}.${sequence}`, event_type, sequence, timestamp: new Date().toISOString() }) as CallbackBody;

  it('a callback with the status failed is sent after a deployment is terminated', async () => {
    const install = new Held<undefined>();
    stage.fakes.expect({ installWithUv: install.run });
    await stage.startWithSequence(id, 1, body('shop'));
    await install.began;
    await begin({ longestSilenceMs: 500 });
    await handle().signal(eventSignal, [told(1)]);
    await stage.deployment(id).terminate();
    await over();
    expect(got.map(({ sequence, event_type, status }) => [sequence, event_type, status])).toEqual([
      [1, 'step_started', undefined],
      [2, 'ended', 'failed'],
    ]);
  });

  it('deliveries continue after continue-as-new, and a repeated event is sent once', async () => {
    let isDown = true;
    stage.fakes.expect({ deliverCallback: receiver(() => (isDown ? refused : delivered)) });
    const { firstExecutionRunId } = await begin({ foldAfterEvents: 20 });
    await handle().signal(eventSignal, [told(1), told(2)]);
    await stage.untilContinued(handle(), firstExecutionRunId);
    isDown = false;
    await handle().signal(eventSignal, [told(2), told(3, 'ended')]);
    await over();
    const taken = got.filter(
      ({ sequence }, index) => sequence > 1 || index === got.findLastIndex((one) => one.sequence === 1),
    );
    expect(taken.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect((await deliveries())[0]!.attempts).toBeGreaterThan(1);
  });

  it('signals that aren’t valid events are dropped', async () => {
    await begin();
    await handle().signal('event');
    await handle().signal(eventSignal, [null, { event_id: 1 }] as unknown as CallbackBody[]);
    await handle().signal(eventSignal, [told(1, 'ended')]);
    await over();
    expect(got).toHaveLength(1);
  });
});
