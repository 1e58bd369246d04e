import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { batchQuery, cancelSignal, type BatchInput, type BatchItem } from '../../src/contract/messages.js';
import { VIEW_MEMO } from '../../src/contract/names.js';
import { startRequestSchema } from '../../src/contract/requests.js';
import type { BatchState } from '../../src/contract/batches.js';
import { failure, Held, workingHost } from '../support/fake-activities.js';
import { body, Stage } from '../support/stage.js';

let stage: Stage;
let batchId: string;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.stop());
beforeEach(async () => {
  batchId = stage.name('batch');
  stage.allGoesWell();
  await stage.gate({ limit: 2 });
});
afterEach(async () => {
  expect(await stage.clear()).toEqual([]);
});

const item = (service: string, changes: Partial<BatchItem> = {}): BatchItem => ({
  deploymentId: `${batchId}.${service}`,
  service: `${batchId}-${service}`,
  request: startRequestSchema.parse(body(`${batchId}-${service}`)),
  configMac: 'mac',
  needs: [],
  ...changes,
  after: (changes.after ?? []).map((name) => `${batchId}-${name}`),
});

const start = (items: BatchItem[], changes?: Partial<BatchInput>) => stage.startBatch(batchId, items, changes);
const handle = () => stage.client.workflow.getHandle(batchId);
const state = (): Promise<BatchState> => handle().query(batchQuery);
const statuses = ({ items }: BatchState): string => items.map(({ status }) => status).join(' ');

async function ended(): Promise<{ closedAs: string; state: BatchState }> {
  const info = await stage.until(async () => {
    const described = await handle().describe();
    return described.status.name !== 'RUNNING' && described;
  });
  return { closedAs: info.status.name, state: info.memo?.[VIEW_MEMO] as BatchState };
}

describe('batch workflows', () => {
  it('a batch deploys its items in the order of their dependencies and within the limit of the gate', async () => {
    await start([
      item('bot', { after: ['api', 'cache'] }),
      item('api', { after: ['db'] }),
      item('db'),
      item('cache'),
      item('extra'),
    ]);
    const { closedAs, state: told } = await ended();
    expect(closedAs).toBe('COMPLETED');
    expect(told.status).toBe('completed');
    expect(statuses(told)).toBe('completed completed completed completed completed');
    const began = async (name: string) => (await stage.state(`${batchId}.${name}`)).startTime;
    const finished = async (name: string) => (await stage.state(`${batchId}.${name}`)).endTime!;
    expect((await began('api')) >= (await finished('db'))).toBe(true);
    expect((await began('bot')) >= (await finished('api'))).toBe(true);
    expect((await began('bot')) >= (await finished('cache'))).toBe(true);
    const { counters, active } = await stage.load();
    expect({ total: counters.total, completed: counters.completed, active }).toEqual({
      total: 5,
      completed: 5,
      active: [],
    });
    expect((await stage.state(`${batchId}.db`)).batchId).toBe(batchId);
  });

  it('a batch continues without the dependants of a failed item, and closes as failed', async () => {
    stage.allGoesWell('web', {
      prepareRelease: ({ service, deploymentId }) =>
        service.endsWith('-db')
          ? Promise.reject(failure('source_invalid'))
          : Promise.resolve({ sourceHash: deploymentId, command: 'python main.py', kind: 'web' }),
    });
    await start([item('db'), item('api', { after: ['db'] }), item('other')]);
    const { closedAs, state: told } = await ended();
    expect(closedAs).toBe('FAILED');
    expect(told.status).toBe('failed');
    expect(statuses(told)).toBe('failed skipped completed');
    expect(told.items[0]!.reason!.text).toBe('source_invalid');
    expect(told.items[1]!.reason).toEqual({ text: 'batch.dependency_failed', params: { service: `${batchId}-db` } });
  });

  it('a cancelled batch cancels running and waiting items, and closes when the items have ended', async () => {
    const installing = new Held<undefined>();
    stage.allGoesWell('web', { installWithUv: installing.run });
    await start([item('db'), item('api', { after: ['db'] })]);
    await installing.began;
    await handle().signal(cancelSignal);
    const { closedAs, state: told } = await ended();
    expect(closedAs).toBe('CANCELLED');
    expect(told.status).toBe('cancelled');
    expect(statuses(told)).toBe('cancelled cancelled');
    expect((await stage.ended(`${batchId}.db`)).state.status).toBe('cancelled');
  });

  it('a workflow cancellation through Temporal cancels the batch', async () => {
    const installing = new Held<undefined>();
    stage.allGoesWell('web', { installWithUv: installing.run });
    await start([item('db'), item('other'), item('third')], { maxParallel: 1 });
    await installing.began;
    await handle().cancel();
    expect(await ended()).toMatchObject({ closedAs: 'CANCELLED', state: { status: 'cancelled' } });
  });

  it('a batch fails if an item is superseded by a newer deployment', async () => {
    const installing = new Held<undefined>();
    stage.allGoesWell('web', { installWithUv: installing.run });
    await start([item('db')]);
    await installing.began;
    await stage.deployment(`${batchId}.db`).signal(cancelSignal, { by: 'superseded' });
    const { state: told } = await ended();
    expect(told).toMatchObject({
      status: 'failed',
      items: [{ status: 'cancelled', reason: { text: 'batch.item_cancelled' } }],
    });
  });

  it('an item is skipped if a dependency outside the batch isn’t running', async () => {
    await stage.run(stage.name('v1'), body('outside'));
    await start([item('api', { needs: ['outside'] }), item('bot', { needs: ['nobody'] })]);
    const { state: told } = await ended();
    expect(statuses(told)).toBe('completed skipped');
    expect(told.items[1]!.reason).toEqual({ text: 'batch.dependency_down', params: { service: 'nobody' } });
  });

  it('an item is skipped if a dependency in the batch was stopped after its deployment', async () => {
    const installing = new Held<undefined>();
    const { installWithUv } = workingHost();
    stage.allGoesWell('web', {
      installWithUv: (input) => (input.deploymentId.endsWith('.slow') ? installing.run() : installWithUv(input)),
    });
    await start([item('db'), item('slow'), item('api', { after: ['db', 'slow'] })]);
    await stage.ended(`${batchId}.db`);
    const db = `${batchId}-db`;
    await stage.command(db, { type: 'operate', commandId: 'stop', command: 'stop', acceptedAt: Date.now() });
    await stage.serviceWhen(db, ({ status }) => status === 'stopped');
    installing.letGo(undefined);
    const { state: told } = await ended();
    expect(statuses(told)).toBe('completed completed skipped');
    expect(told.items[2]!.reason).toEqual({ text: 'batch.dependency_down', params: { service: db } });
  });

  it('a batch item waits for a slot in the queue of the gate', async () => {
    const held = new Held<undefined>();
    stage.allGoesWell('web', { installWithUv: held.run });
    await stage.gate({ limit: 1 });
    await stage.admit(stage.name('before'), body('before'));
    await held.began;
    await start([item('db')]);
    await stage.until(async () => (await stage.load()).queued.length === 1);
    expect(statuses(await state())).toBe('running');
    held.letGo(undefined);
    expect(await ended()).toMatchObject({ closedAs: 'COMPLETED' });
  });
});
