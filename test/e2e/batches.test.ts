import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { FOREIGN_TEMPORAL } from '../support/foreign-temporal.js';
import { killIfThere, Slipway } from '../support/slipway.js';

interface ItemBody {
  service: string;
  deployment_id: string | null;
  status: string;
  reason: string | null;
}
interface Batch {
  batch_id: string;
  status: string;
  progress_percentage: number;
  total: number;
  completed: number;
  failed: number;
  cancelled: number;
  skipped: number;
  items: ItemBody[];
}
interface Problem {
  code: string;
  errors?: { path: string; message: string }[];
}

let slipway: Slipway;
beforeAll(async () => {
  slipway = await Slipway.start();
});
afterAll(() => slipway.remove());

const item = (service: string, dependsOn: string[] = [], config: object = {}, app = 'answers-200') => ({
  ...slipway.app(app, { service, ...config }),
  depends_on: dependsOn,
});
const start = (body: object, headers: Record<string, string> = {}) =>
  slipway.call<Batch & Problem>('/api/deployments/batch', { body, headers });
const read = async (id: string) => (await slipway.call<Batch>(`/api/batches/${id}`)).body;
const ended = (id: string) =>
  eventually(
    async () => {
      const batch = await read(id);
      return batch.status !== 'running' && batch.batch_id === id && batch;
    },
    { timeoutMs: 120_000 },
  );

describe('batches', () => {
  it('a batch of six services deploys in the order of the dependencies although all processes are killed halfway', async () => {
    const deployments = [
      item('front', ['api', 'auth']),
      item('api', ['db', 'cache'], { release_command: 'sleep 1' }),
      item('auth', ['db']),
      item('db', [], { release_command: 'sleep 1' }),
      item('cache'),
      item('jobs', ['cache']),
    ].map((body) => ({ ...body, metadata: { batch_id: 'monday' } }));
    const answer = await start({ deployments });
    expect(answer).toMatchObject({ status: 202, body: { status: 'running', total: 6, completed: 0 } });
    const { batch_id: id } = answer.body;
    expect(answer.headers.get('location')).toBe(`/api/batches/${id}`);
    await eventually(async () => (await read(id)).completed >= 1, { timeoutMs: 60_000 });

    const { start: starter, worker, api, temporal } = slipway.ready.pids;
    for (const pid of [starter, api, worker, ...(FOREIGN_TEMPORAL === undefined ? [temporal] : [])]) killIfThere(pid);
    await eventually(() => slipway.startProcess.signalCode !== null);
    await slipway.up();

    const batch = await ended(id);
    expect(batch).toMatchObject({ status: 'completed', completed: 6, failed: 0, progress_percentage: 100 });
    expect(batch.items.map(({ status }) => status)).toEqual(Array(6).fill('completed'));
    const of = new Map(
      await Promise.all(
        batch.items.map(async ({ service, deployment_id }) => [service, await slipway.status(deployment_id!)] as const),
      ),
    );
    for (const { config, depends_on } of deployments as unknown as {
      config: { service: string };
      depends_on: string[];
    }[])
      for (const needed of depends_on)
        expect(of.get(config.service)!.start_time >= of.get(needed)!.end_time!).toBe(true);
    for (const service of of.keys()) expect((await fetch((await slipway.service(service)).url!)).status).toBe(200);

    for (const batchId of [id, 'monday']) {
      const listed = async () =>
        (await slipway.call<{ batch_id: string }[]>(`/api/deployments?batch_id=${batchId}`)).body;
      const found = await eventually(async () => (await listed()).length === 6 && listed(), { timeoutMs: 20_000 });
      expect(found.every(({ batch_id }) => batch_id === id)).toBe(true);
    }
  }, 240_000);

  it('a failed batch reports the failed item, and the skipped item names the failed dependency as its reason', async () => {
    const { body } = await start({
      deployments: [item('broken', [], {}, 'exits-at-once'), item('needs-it', ['broken']), item('cache')],
    });
    const batch = await ended(body.batch_id);
    expect(batch).toMatchObject({ status: 'failed', completed: 1, failed: 1, skipped: 1 });
    expect(batch.items[1]).toMatchObject({ deployment_id: null, status: 'skipped' });
    expect(batch.items[1]!.reason).toContain('broken');
    expect(batch.items[0]!.reason).not.toBeNull();
  });

  it('a cancel of a batch cancels all items before the response is sent', async () => {
    const { body } = await start({
      deployments: [item('slow', [], { release_command: 'sleep 60' }), item('later', ['slow'])],
    });
    const { batch_id: id } = body;
    const running = await eventually(
      async () => {
        const { items } = await read(id);
        const deployment = items[0]?.deployment_id;
        return deployment && (await slipway.status(deployment)).step === 'configure' && deployment;
      },
      { timeoutMs: 30_000 },
    );
    const { progress_percentage: progress } = await read(id);
    expect(progress).toBeGreaterThan(0);
    expect(progress).toBeLessThan(50);
    const answer = await slipway.call(`/api/batches/${id}/cancel`, { body: {} });
    expect(answer).toMatchObject({ status: 200, body: { batch_id: id, status: 'cancelled' } });
    expect((await slipway.status(running)).status).toBe('cancelled');
    const { items, ...counts } = await read(id);
    expect(counts).toMatchObject({ status: 'cancelled', cancelled: 2 });
    expect(items.map(({ deployment_id }) => deployment_id)).toEqual([running, null]);
    expect((await slipway.call(`/api/batches/${id}/cancel`, { body: {} })).status).toBe(200);
    expect((await slipway.call('/api/services/later')).status).toBe(404);
  });

  it('a second request with the same idempotency key returns the same batch', async () => {
    const body = { deployments: [item('cache')] };
    const headers = { 'Idempotency-Key': 'a-batch' };
    const first = await start(body, headers);
    const second = await start(body, headers);
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(second.body.batch_id).toBe(first.body.batch_id);
    const other = await start({ deployments: [item('cache'), item('db')] }, headers);
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    await ended(first.body.batch_id);
    expect((await slipway.call(`/api/batches/${first.body.batch_id}/cancel`, { body: {} })).status).toBe(409);
  });
});

describe('invalid batches', () => {
  it('an invalid batch is refused with the path of each invalid field, and no deployment starts', async () => {
    const before = (await slipway.call('/api/deployment/health')).body['statistics'];
    const wrong = async (body: object): Promise<string[] | undefined> => {
      const { status, body: problem } = await start(body);
      expect(status).toBe(422);
      return problem.errors?.map(({ path }) => path);
    };
    expect(await wrong({})).toEqual(['deployments']);
    expect(await wrong({ deployments: [] })).toEqual(['deployments']);
    expect(await wrong({ deployments: Array(201).fill({}) })).toEqual(['deployments']);
    expect(await wrong({ deployments: [item('a')], max_parallel: 0 })).toEqual(['max_parallel']);
    expect(await wrong({ deployments: [item('a')], on_failure: 'explode' })).toEqual(['on_failure']);
    expect(
      await wrong({ deployments: [item('a'), { ...item('b'), timeout: 1 }, { ...item('c'), colour: 'red' }] }),
    ).toEqual(['deployments.1.timeout', 'deployments.2.colour']);
    expect(
      await wrong({ deployments: [item('a'), item('b', [], { source: { type: 'directory', path: '/etc' } })] }),
    ).toEqual(['deployments.1.config.source.path']);
    expect(await wrong({ deployments: [item('a'), item('a')] })).toEqual(['deployments.1.config.service']);
    expect(await wrong({ deployments: [item('a', ['nobody'])] })).toEqual(['deployments.0.depends_on']);
    const { body: circle } = await start({ deployments: [item('a', ['b']), item('b', ['a'])] });
    expect(circle.errors).toEqual([
      { path: 'deployments.0.depends_on', message: expect.stringContaining('a → b → a') },
    ]);
    expect(
      await wrong({
        deployments: [
          { ...item('a', ['nobody']), timeout: 1 },
          item('b', [], { source: { type: 'directory', path: '/etc' } }),
        ],
      }),
    ).toEqual(['deployments.0.timeout', 'deployments.1.config.source.path', 'deployments.0.depends_on']);
    for (const name of ['DeploymentServiceAPI', 'discovery'])
      expect((await start({ deployments: [item('a'), item(name)] })).status).toBe(409);
    expect((await start({ deployments: [{ ...item('a'), mode: 'docker' }] })).status).toBe(503);
    expect((await slipway.call('/api/batches/nothing')).status).toBe(404);
    expect((await slipway.call('/api/batches/gate')).status).toBe(404);
    expect((await slipway.call('/api/deployment/health')).body['statistics']).toEqual(before);
  });
});
