import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { Slipway, type Started } from '../support/slipway.js';

interface Health {
  active_deployments: number;
  queued_deployments: number;
  statistics: Record<'total_deployments' | 'cancelled_deployments', number>;
}

/** More of them in the long run: `ROUNDS=50 npm run jest -- test/e2e/limit.test.ts`. */
const ROUNDS = Number(process.env['ROUNDS'] ?? 5);
const LIMIT = 3;

let slipway: Slipway;
beforeAll(async () => {
  slipway = await Slipway.start();
});
afterAll(() => slipway.remove());

const health = async () => (await slipway.call<Health>('/api/deployment/health')).body;
const slow = (service: string, rest: Record<string, unknown> = {}) =>
  slipway.app('answers-200', { service, release_command: 'sleep 60', ...rest });
const cancel = (id: string) => slipway.call(`/api/deployments/${id}/cancel`, { body: {} });

describe('the concurrency limit', () => {
  it(`exactly ${LIMIT} of 6 concurrent deployments are accepted, ${ROUNDS} times in a row`, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const answers = await Promise.all(
        Array.from({ length: 6 }, (_, i) =>
          slipway.call<Started & { detail: string; code: string }>('/api/deployments', {
            body: slow(`race-${i}`),
            headers: i % 2 ? { 'Accept-Language': 'en' } : {},
          }),
        ),
      );
      const accepted = answers.filter(({ status }) => status === 202);
      const refused = answers.filter(({ status }) => status === 429);
      expect([accepted.length, refused.length]).toEqual([LIMIT, LIMIT]);
      for (const { body, headers } of refused) {
        expect(body.code).toBe('concurrency_limit');
        expect(body.detail).toContain('併發限制');
        expect(Number(headers.get('Retry-After'))).toBeGreaterThan(0);
      }
      const ids = accepted.map(({ body }) => body.deployment_id);
      expect((await health()).active_deployments).toBe(LIMIT);
      const cancels = await Promise.all(ids.map(cancel));
      expect(cancels.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect((await health()).active_deployments).toBe(0);
    }
    const { statistics } = await health();
    expect(statistics.total_deployments).toBe(LIMIT * ROUNDS);
    expect(statistics.cancelled_deployments).toBe(LIMIT * ROUNDS);
  });

  it('queued deployments keep their order, and the next deployment starts when a slot is freed', async () => {
    const held = await Promise.all([1, 2, 3].map((i) => slipway.deploy(slow(`held-${i}`))));
    const first = await slipway.deploy(slow('queued-1', { when_full: 'queue' }));
    const second = await slipway.deploy({ ...slow('queued-2'), when_full: 'queue' });
    expect([first.status, first.queue_position]).toEqual(['queued', 1]);
    expect([second.status, second.queue_position]).toEqual(['queued', 2]);
    expect(await slipway.status(first.deployment_id)).toMatchObject({ status: 'queued', is_active: true });
    await cancel(held[0]!.deployment_id);
    await eventually(async () => (await slipway.status(first.deployment_id)).status === 'running');
    expect(await slipway.status(second.deployment_id)).toMatchObject({ status: 'queued', queue_position: 1 });
    const { body: listed } = await slipway.call<Started[]>('/api/deployments?status=queued');
    expect(listed.map((row) => [row.deployment_id, row.queue_position])).toEqual([[second.deployment_id, 1]]);
    expect((await cancel(second.deployment_id)).body).toMatchObject({ status: 'cancelled', message: '部署已取消' });
    await Promise.all([first, ...held.slice(1)].map(({ deployment_id: id }) => cancel(id)));
    expect(await health()).toMatchObject({ active_deployments: 0, queued_deployments: 0 });
  });

  it('a repeated request with the same idempotency key returns the same response, and a different body is refused', async () => {
    const body = slow('once');
    const headers = { 'Idempotency-Key': 'key-1' };
    const answers = await Promise.all([1, 2, 3, 4].map(() => slipway.deploy(body, headers)));
    expect(new Set(answers.map(({ deployment_id: id }) => id)).size).toBe(1);
    const other = await slipway.call<{ code: string }>('/api/deployments', { body: slow('other'), headers });
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused']);
    expect((await health()).active_deployments).toBe(1);
    await cancel(answers[0]!.deployment_id);
    const folder = join(slipway.sources, 'answers-200');
    renameSync(folder, `${folder}-moved`); // a new request would be refused for it
    try {
      expect(await slipway.deploy(body, headers)).toEqual(answers[0]);
    } finally {
      renameSync(`${folder}-moved`, folder);
    }
  });

  it('a running deployment is first in the list, and its end shows in the list immediately', async () => {
    const running = await slipway.deploy(slow('listed'));
    const list = async () =>
      (await slipway.call<{ deployment_id: string; status: string; end_time?: string }[]>('/api/deployments?limit=5'))
        .body;
    expect((await list())[0]).toMatchObject({ deployment_id: running.deployment_id, is_active: true });
    await cancel(running.deployment_id);
    const [latest] = await list();
    expect(latest).toMatchObject({ deployment_id: running.deployment_id, status: 'cancelled', is_active: false });
    expect(latest!.end_time).toBeTruthy();
    const page = await slipway.call<{ deployment_id: string }[]>('/api/deployments?limit=2&status=cancelled');
    expect(page.body.length).toBe(2);
    const next = /<([^>]+)>; rel="next"/.exec(page.headers.get('Link') ?? '')![1]!;
    const more = await slipway.call<{ deployment_id: string }[]>(next);
    expect(more.body.map(({ deployment_id: id }) => id)).not.toContain(page.body[0]!.deployment_id);
  });

  it('the pages of the deployment list together contain every deployment, including a new one', async () => {
    const idsOf = ({ body }: { body: { deployment_id: string }[] }) => body.map(({ deployment_id: id }) => id);
    const get = (path: string) => slipway.call<{ deployment_id: string }[]>(path);
    const running = await slipway.deploy(slow('paged'));
    const seen = new Set<string>();
    for (let path: string | undefined = '/api/deployments?limit=2'; path !== undefined;) {
      const page = await get(path);
      expect(page.body.length).toBeLessThanOrEqual(2);
      idsOf(page).forEach((id) => seen.add(id));
      path = /<([^>]+)>; rel="next"/.exec(page.headers.get('Link') ?? '')?.[1];
    }
    expect([...seen].sort()).toEqual(idsOf(await get('/api/deployments?limit=500')).sort());
    await cancel(running.deployment_id);
  });

  it('a deployment that was refused while no worker ran is never carried out later', async () => {
    const { worker } = slipway.ready.pids;
    process.kill(worker, 'SIGSTOP');
    try {
      const answer = await slipway.call<{ code: string }>('/api/deployments', { body: slow('ghost') });
      expect([answer.status, answer.body.code]).toEqual([503, 'temporal_unavailable']);
      const services = await slipway.call<{ stale: boolean }[]>('/api/services');
      expect([services.status, services.body.every(({ stale }) => stale)]).toEqual([200, true]);
    } finally {
      process.kill(worker, 'SIGCONT');
    }
    await slipway.waitReady();
    const marker = await slipway.deploy(slow('marker')); // admitted after whatever was still on its way
    await cancel(marker.deployment_id);
    expect((await slipway.call('/api/services/ghost')).status).toBe(404);
    const list = await slipway.call<{ service: string }[]>('/api/deployments');
    expect(list.body.map(({ service }) => service)).not.toContain('ghost');
  });
});
