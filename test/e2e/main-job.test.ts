import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { killIfThere, Slipway } from '../support/slipway.js';
import { eventually } from '../support/eventually.js';

let slipway: Slipway;
beforeAll(async () => {
  slipway = await Slipway.start();
});
afterAll(() => slipway.remove());

describe('deployments of an app', () => {
  it.each(['uv', 'fallback', 'auto'])('a web app is deployed in %s mode, and its page answers', async (mode) => {
    const ended = await slipway.run(slipway.app('answers-200', { service: `web-${mode}` }, { mode }));
    expect(ended).toMatchObject({ status: 'completed', changed: true, is_active: false, progress_percentage: 100 });
    expect((await fetch(ended.url!)).status).toBe(200);
    expect(await slipway.service(`web-${mode}`)).toMatchObject({
      status: 'running',
      health: 'healthy',
      active_release: ended.deployment_id,
    });
    expect(slipway.appProcesses(`web-${mode}`).length).toBeGreaterThan(0);
  });

  it('a deployment in auto mode reports why docker was skipped and which mode completed', async () => {
    const ended = await slipway.run(slipway.app('answers-200', { service: 'web-why' }, { mode: 'auto' }));
    expect(ended.attempts.map(({ mode, status }) => [mode, status])).toEqual([
      ['docker', 'skipped'],
      ['uv', 'completed'],
    ]);
    expect(ended.attempts[0]!.reason).toBeTruthy();
  });

  it('redeploying the active release is a no-op, and force_rebuild makes a new release', async () => {
    const body = slipway.app('answers-200', { service: 'same' });
    const first = await slipway.run(body);
    const second = await slipway.run(body);
    expect(second).toMatchObject({ status: 'completed', changed: false, url: first.url, release: first.deployment_id });
    const forced = await slipway.run({ ...body, force_rebuild: true });
    expect(forced).toMatchObject({ status: 'completed', changed: true, release: forced.deployment_id });
    expect((await fetch(forced.url!)).status).toBe(200);
    await expect(fetch(first.url!)).rejects.toThrow();
  });

  it('a web app that returns 422 for / passes the health check', async () => {
    expect(await slipway.run(slipway.app('answers-422'))).toMatchObject({ status: 'completed' });
  });

  it.each([
    ['exits-at-once', 'app_exited'],
    ['exits-zero', 'app_exited'],
    ['never-healthy', 'health_check_failed'],
  ])('a deployment of %s fails with %s and leaves no process', async (app, code) => {
    const ended = await slipway.run(slipway.app(app, { health_check: { timeout: 2, min_uptime: 2 } }));
    expect(ended.status).toBe('failed');
    expect(ended.error).toMatchObject({ code, step: 'start', mode: 'uv' });
    expect(slipway.appProcesses(app)).toEqual([]);
  });

  it('a web app’s previous release keeps serving when a candidate fails', async () => {
    const good = await slipway.run(slipway.app('answers-200', { service: 'steady' }));
    const bad = await slipway.run(slipway.app('never-healthy', { service: 'steady', health_check: { timeout: 2 } }));
    expect(bad.status).toBe('failed');
    expect((await fetch(good.url!)).status).toBe(200);
    expect(await slipway.service('steady')).toMatchObject({ active_release: good.deployment_id, status: 'running' });
  });

  it('a worker’s previous release is started again when a candidate fails', async () => {
    const good = await slipway.run(slipway.app('setsid-child', { service: 'bot', health_check: { min_uptime: 0.5 } }));
    expect(good.status).toBe('completed');
    const bad = await slipway.run(slipway.app('exits-at-once', { service: 'bot', health_check: { min_uptime: 1 } }));
    expect(bad.status).toBe('failed');
    const service = await slipway.service('bot');
    expect(service).toMatchObject({ active_release: good.deployment_id, status: 'running' });
    await eventually(() => slipway.appProcesses('bot').length > 0);
  });

  it('a killed app is started again', async () => {
    const ended = await slipway.run(slipway.app('answers-200', { service: 'phoenix' }));
    for (const pid of slipway.appProcesses('phoenix')) killIfThere(pid);
    await expect(fetch(ended.url!)).rejects.toThrow();
    await eventually(async () => (await fetch(ended.url!)).ok);
    await eventually(async () => (await slipway.service('phoenix')).restarts === 1);
  });
});
