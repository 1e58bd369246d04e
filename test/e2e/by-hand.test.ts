import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ProgressBody, StatusBody } from '../../src/contract/views.js';
import { eventually } from '../support/eventually.js';
import { Slipway } from '../support/slipway.js';
import { closeStatus, query, startByHand, temporal } from '../support/temporal-cli.js';

let slipway: Slipway;
beforeAll(async () => {
  slipway = await Slipway.start({ SLIPWAY_MAX_CONCURRENT_DEPLOYMENTS: '1' });
});
afterAll(() => slipway.remove());

const slow = (service: string) => slipway.app('answers-200', { service, release_command: 'sleep 60' });

describe('the Temporal command line', () => {
  it('a deployment started from the Temporal command line completes and serves requests', async () => {
    await startByHand(slipway, 'by-hand-1', slipway.app('answers-200', { service: 'by-hand' }));
    const ended = await slipway.ended('by-hand-1');
    expect(ended).toMatchObject({ status: 'completed', service: 'by-hand' });
    expect((await fetch(ended.url!)).status).toBe(200);
    expect(await closeStatus(slipway, 'by-hand-1')).toBe('COMPLETED');
  });

  it('a start with a used deployment id fails, and the release of the earlier deployment keeps serving', async () => {
    await startByHand(slipway, 'by-hand-1', slipway.app('answers-422', { service: 'by-hand' }));
    await eventually(async () => (await closeStatus(slipway, 'by-hand-1')) === 'FAILED');
    const { active_release: release, url } = await slipway.service('by-hand');
    expect(release).toBe('by-hand-1');
    expect((await fetch(url!)).status).toBe(200);
  });

  it('workflow queries return the progress and the status of a deployment, and a cancel signal without input cancels the deployment', async () => {
    const { deployment_id: id } = await slipway.deploy(slow('queried'));
    await slipway.untilStep(id, 'configure');
    const progress = await query<ProgressBody>(slipway, id, 'progress');
    expect(progress).toMatchObject({
      deployment_id: id,
      step: 'configure',
      current_step: '配置環境',
      completed_steps: 3,
      total_steps: 5,
    });
    expect((await query<StatusBody>(slipway, id, 'status')).is_active).toBe(true);
    await temporal(slipway, 'workflow', 'signal', '--workflow-id', id, '--name', 'cancel');
    expect(await slipway.ended(id)).toMatchObject({ status: 'cancelled' });
    expect(await closeStatus(slipway, id)).toBe('CANCELED');
  });

  it('a workflow cancellation through Temporal cancels the deployment', async () => {
    const { deployment_id: id } = await slipway.deploy(slow('cancelled'));
    await slipway.untilStep(id, 'configure');
    await temporal(slipway, 'workflow', 'cancel', '--workflow-id', id);
    expect(await slipway.ended(id)).toMatchObject({ status: 'cancelled' });
    expect((await slipway.call(`/api/deployments/${id}/cancel`, { body: {} })).body).toMatchObject({
      status: 'cancelled',
    });
  });

  it('a deployment over the limit fails with concurrency_limit, or waits in the queue if when_full is queue', async () => {
    const { deployment_id: holder } = await slipway.deploy(slow('holder'));
    await startByHand(slipway, 'too-many', slipway.app('answers-200', { service: 'too-many' }));
    expect(await slipway.ended('too-many')).toMatchObject({ status: 'failed', error: { code: 'concurrency_limit' } });
    expect(await closeStatus(slipway, 'too-many')).toBe('FAILED');
    await startByHand(slipway, 'patient', slipway.app('answers-200', { service: 'patient', when_full: 'queue' }));
    await eventually(async () => (await slipway.status('patient')).queue_position === 1); // told while it is queued only
    await slipway.call(`/api/deployments/${holder}/cancel`, { body: {} });
    expect(await slipway.ended('patient')).toMatchObject({ status: 'completed' });
  });

  it('a deployment with unencrypted secrets or with an invalid start request fails', async () => {
    await startByHand(
      slipway,
      'clear',
      slipway.app('answers-200', { environment_variables: { TOKEN: 'in-the-clear' } }),
    );
    expect(await slipway.ended('clear')).toMatchObject({ status: 'failed', error: { code: 'invalid' } });
    await startByHand(slipway, 'nonsense', { colour: 'red' });
    await eventually(async () => (await closeStatus(slipway, 'nonsense')) === 'FAILED');
    expect((await slipway.call('/api/deployments/nonsense')).status).toBe(200);
  });

  it('a deployment of a service whose workflow was terminated stops the old processes and starts new processes', async () => {
    const bot = (value: string) =>
      slipway.app('setsid-child', {
        service: 'lost',
        environment_variables: { VALUE: value },
        health_check: { min_uptime: 0.5 },
      });
    await slipway.run(bot('first'));
    const before = slipway.appProcesses('lost');
    await temporal(slipway, 'workflow', 'terminate', '--workflow-id', 'service:lost');
    expect((await slipway.run(bot('second'))).status).toBe('completed');
    expect(slipway.appProcesses('lost').filter((pid) => before.includes(pid))).toEqual([]);
    expect(slipway.appProcesses('lost').length).toBeGreaterThan(0);
  });

  it('the API returns 404 for a workflow of another type and never signals that workflow', async () => {
    const start = ['workflow', 'start', '--type', 'other', '--task-queue', 'elsewhere', '--workflow-id', 'stranger'];
    await temporal(slipway, ...start);
    expect((await slipway.call('/api/deployments/stranger')).status).toBe(404);
    expect((await slipway.call('/api/deployments/stranger/cancel', { body: {} })).status).toBe(404);
    const history = await temporal(slipway, 'workflow', 'show', '--workflow-id', 'stranger', '-o', 'json');
    expect(history).not.toContain('WORKFLOW_EXECUTION_SIGNALED');
  });

  it('invalid signals are dropped, and the next deployment completes', async () => {
    const odd: [string, string, string?][] = [
      ['gate', 'requestSlot'],
      ['gate', 'ended', '{}'],
      ['gate', 'configure', '"x"'],
      ['registry', 'row', 'null'],
      ['service:lost', 'command', '{"type":"zzz"}'],
      ['service:lost', 'observed', '{}'],
    ];
    for (const [id, name, input] of odd) {
      await temporal(
        slipway,
        'workflow',
        'signal',
        '--workflow-id',
        id,
        '--name',
        name,
        ...(input === undefined ? [] : ['--input', input]),
      );
    }
    expect(await slipway.run(slipway.app('answers-200', { service: 'after-all' }))).toMatchObject({
      status: 'completed',
    });
    expect((await slipway.call<{ name: string }[]>('/api/services')).body.map(({ name }) => name)).toContain(
      'after-all',
    );
    expect((await slipway.call('/api/deployments/gate')).status).toBe(404);
    expect((await slipway.call('/api/deployments/registry/cancel', { body: {} })).status).toBe(404);
  });

  it('a terminated deployment is reported as failed and frees its slot', async () => {
    const { deployment_id: id } = await slipway.deploy(slow('terminated'));
    await temporal(slipway, 'workflow', 'terminate', '--workflow-id', id);
    expect(await slipway.status(id)).toMatchObject({
      status: 'failed',
      error: { code: 'terminated' },
      is_active: false,
    });
    await eventually(async () => (await slipway.call('/api/deployments', { body: slow('next') })).status === 202, {
      timeoutMs: 45_000,
    });
  });
});
