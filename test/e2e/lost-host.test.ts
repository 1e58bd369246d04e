// A host whose data folder is gone for good, while Temporal's database is still there.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { killIfThere, Slipway } from '../support/slipway.js';

/** What is left by a restore of the database and the keys alone. */
const KEPT = /^(temporal.*|.*\.key|keys|ready\.json|announced\.json)$/;
/** A minute, and what a worker takes to find it and to answer. */
const LOST_WITHIN_MS = 100_000;

let slipway: Slipway;
let lostHost: string;
let pinned: string;

beforeAll(async () => {
  slipway = await Slipway.start();
  for (const service of ['again', 'gone', 'busy']) {
    const { status } = await slipway.run(slipway.app('answers-200', { service }));
    expect(status).toBe('completed');
  }
  lostHost = slipway.hostId;
  const slow = slipway.app('answers-200', { service: 'busy', release_command: 'sleep 600' });
  pinned = (await slipway.deploy({ ...slow, force_rebuild: true })).deployment_id;
  await slipway.untilStep(pinned, 'configure');
  await slipway.down();
  for (const pid of [...slipway.appProcesses(), ...slipway.keepers()]) killIfThere(pid);
  for (const name of readdirSync(slipway.dataDir))
    if (!KEPT.test(name)) rmSync(join(slipway.dataDir, name), { recursive: true });
  await slipway.up();
}, 240_000);
afterAll(() => slipway.remove());

describe('a permanently lost host', () => {
  it('a deployment on a lost host fails with host_lost and frees its slot', async () => {
    const { status, error } = (await slipway.ended(pinned, LOST_WITHIN_MS)) as { status: string; error?: object };
    expect(status).toBe('failed');
    expect(error).toMatchObject({ code: 'host_lost', message: expect.stringContaining(lostHost) });
    const { body } = await slipway.call('/api/deployment/health');
    expect(body).toMatchObject({ active_deployments: 0, queued_deployments: 0 });
  });

  it('a service on a lost host can be deployed again on another host', async () => {
    expect(slipway.hostId).not.toBe(lostHost);
    expect(await slipway.run(slipway.app('answers-200', { service: 'again' }))).toMatchObject({ status: 'completed' });
    const view = await slipway.service('again');
    expect(view).toMatchObject({ status: 'running', host: slipway.hostId });
    expect((await fetch(view.url!)).status).toBe(200);
  });

  it('services on a lost host can be unregistered', async () => {
    for (const service of ['gone', 'busy']) {
      const { status } = await slipway.call(`/api/services/${service}?purge=true`, { method: 'DELETE' });
      expect([202, 204]).toContain(status);
      await eventually(async () => (await slipway.call(`/api/services/${service}`)).status === 404, {
        timeoutMs: 30_000,
      });
    }
  });
});
