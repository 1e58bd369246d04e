import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { Slipway } from '../support/slipway.js';

/** A worker that held what a tool writes without end would be out of memory before the log is full. */
const HEAP_MB = 128;
const FLOODS = 3;

let slipway: Slipway;
beforeAll(async () => {
  slipway = await Slipway.start({ NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}` });
});
afterAll(() => slipway.remove());

it('the worker survives release commands with endless output and cancels their deployments within seconds', async () => {
  const { worker } = slipway.ready.pids;
  const started = await Promise.all(
    Array.from({ length: FLOODS }, (_, i) =>
      slipway.deploy({
        ...slipway.app('answers-200', { service: `flood-${i}`, release_command: 'yes & yes & yes & yes >&2' }),
        mode: 'fallback',
      }),
    ),
  );
  const ids = started.map(({ deployment_id: id }) => id);
  for (const id of ids)
    await eventually(async () => (await slipway.logs(id)).includes('the log is full'), { timeoutMs: 120_000 });
  const cancelledAt = Date.now();
  await Promise.all(ids.map((id) => slipway.call(`/api/deployments/${id}/cancel`, { body: {} })));
  for (const id of ids) expect(await slipway.ended(id)).toMatchObject({ status: 'cancelled' });
  expect(Date.now() - cancelledAt).toBeLessThan(10_000);
  expect(slipway.ready.pids.worker).toBe(worker);
}, 300_000);
