// The clocks of API, worker and Temporal are apart: nothing that is decided compares two of them.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { clockAt, missing, OFFSETS } from '../support/clocks.js';
import { eventually } from '../support/eventually.js';
import { describeIf } from '../support/jest/conditions.js';
import { killIfThere, Slipway } from '../support/slipway.js';

let slipway: Slipway;
beforeAll(async () => {
  slipway = await Slipway.start(); // its certificates are of now
});
afterAll(() => slipway.remove());

describeIf(missing === undefined).each(OFFSETS)('API and worker clocks with an offset of %s', (offset) => {
  beforeAll(async () => {
    await slipway.down();
    Object.assign(slipway.env, clockAt(offset));
    await slipway.up();
  });

  it('the API’s clock differs from Temporal’s clock by the offset', async () => {
    const { headers } = await slipway.call('/livez');
    const apartS = Math.round((Date.parse(headers.get('Date') ?? '') - Date.now()) / 1000);
    const expected = Number(offset.replace(/[smh]$/, '')) * (offset.endsWith('h') ? 3600 : 1);
    expect(Math.abs(apartS - expected)).toBeLessThanOrEqual(2);
  });

  it('deployments, registrations and batches succeed with different clocks, and a killed app restarts', async () => {
    expect((await slipway.call('/readyz')).status).toBe(200);
    const deployed = await slipway.run(slipway.app('answers-200', {}, { force_rebuild: true }));
    expect(deployed).toMatchObject({ status: 'completed' });
    const { status, restarts } = await slipway.service('answers-200');
    expect(status).toBe('running');
    const name = `registered${offset.replace('+', '-after-').toLowerCase()}`;
    const registered = await slipway.call('/api/services', { body: { name, kind: 'worker' } });
    expect(registered.status).toBe(201);
    const batch = await slipway.call<{ batch_id: string }>('/api/deployments/batch', {
      body: { deployments: [slipway.app('answers-200')] },
    });
    expect(batch.status).toBe(202);
    await eventually(
      async () =>
        (await slipway.call<{ status: string }>(`/api/batches/${batch.body.batch_id}`)).body.status === 'completed',
      { timeoutMs: 30_000 },
    );
    for (const pid of slipway.appProcesses('answers-200')) killIfThere(pid);
    await eventually(async () => (await slipway.service('answers-200')).restarts > restarts, { timeoutMs: 15_000 });
  });

  it('the last accepted command wins with different clocks, whether the command is a stop or a deployment', async () => {
    writeFileSync(join(slipway.sources, 'long-build/seconds.txt'), '3');
    const slow = await slipway.deploy(slipway.app('long-build', { service: 'answers-200' }, { force_rebuild: true }));
    await slipway.untilStep(slow.deployment_id, 'install');
    expect((await slipway.call('/api/services/answers-200/stop', { body: {} })).status).toBe(202);
    expect((await slipway.ended(slow.deployment_id)).status).toBe('cancelled');
    expect((await slipway.service('answers-200')).status).toBe('stopped');
    expect(await slipway.run(slipway.app('answers-200', {}, { force_rebuild: true }))).toMatchObject({
      status: 'completed',
    });
    expect((await slipway.service('answers-200')).status).toBe('running');
  });
});
