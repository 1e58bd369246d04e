import { beforeEach, describe, expect, it } from '@jest/globals';
import { defaultPayloadConverter } from '@temporalio/common';
import { toFailure } from '../../src/activities/failures.js';
import { SlipwayError } from '../../src/contract/errors.js';
import { serviceWorkflowId, VIEW_MEMO } from '../../src/contract/names.js';
import type { Activation, ReleaseRecord } from '../../src/contract/messages.js';
import type { ServiceCommandName } from '../../src/contract/states.js';
import type { InstanceExit } from '../../src/contract/steps.js';
import type { ServiceView } from '../../src/contract/views.js';
import { failure, Held, HOST, type Fakes } from '../support/fake-activities.js';
import { serviceScene } from '../support/service-scene.js';
import type { Stage } from '../support/stage.js';

const scene = serviceScene();
const { deploy, begin, view } = scene;
let stage: Stage;
let name: string;
beforeEach(() => {
  ({ stage, name } = scene);
});

type Observed = Awaited<ReturnType<Fakes['stopInstance']>>;
const stopped: Observed = { instanceId: '', alive: false, logTail: [] };

const when = (check: (view: ServiceView) => boolean) => stage.serviceWhen(name, check);
const instance = async (): Promise<string> => (await view()).instance ?? '';
const stops = () =>
  stage.fakes.journal
    .filter((entry) => entry.name === 'stopInstance' && entry.phase === 'began')
    .map(({ input }) => input.instanceId);
const operate = (command: ServiceCommandName) =>
  stage.command(name, { type: 'operate', commandId: stage.name('cmd'), command, acceptedAt: Date.now() });
const exits = (instanceId: string, exit: Partial<InstanceExit> = {}) =>
  stage.observe(name, {
    kind: 'exited',
    instanceId,
    exit: { code: 1, signal: null, at: new Date().toISOString(), reason: 'exited', ...exit },
  });

describe('switches to a new release', () => {
  it('a web app’s new instance runs beside the old instance, which stops after the switch', async () => {
    const old = await deploy(1);
    const oldInstance = await instance();
    const healthy = new Held<undefined>();
    stage.fakes.expect({ awaitHealthy: healthy.run });
    const id = await begin(2);
    await healthy.began;
    expect(await view()).toMatchObject({ active_release: old, instance: oldInstance, status: 'running' });
    expect(stops()).toEqual([]);
    healthy.letGo(undefined);
    expect((await stage.ended(id)).state.status).toBe('completed');
    expect(await view()).toMatchObject({ active_release: id, status: 'running', health: 'healthy', restarts: 0 });
    expect(stops()).toEqual([oldInstance]);
    expect((await view()).releases.map(({ release, active }) => [release, active])).toEqual([
      [old, false],
      [id, true],
    ]);
  });

  it('a bot’s old instance stops before the new instance starts', async () => {
    stage.allGoesWell('worker');
    await deploy(1);
    const oldInstance = await instance();
    const start = new Held<Awaited<ReturnType<Fakes['startInstance']>>>();
    stage.fakes.expect({ startInstance: start.run });
    const id = await begin(2);
    await start.began;
    expect(stops()).toEqual([oldInstance]);
    expect((await view()).status).toBe('stopping');
    start.letGo({ instanceId: '', startedAt: new Date().toISOString() });
    expect((await stage.ended(id)).state.status).toBe('completed');
    expect(await view()).toMatchObject({ active_release: id, status: 'running', kind: 'worker', url: null });
  });

  it('a service keeps its five newest releases and deletes older releases from the disk', async () => {
    const ids: string[] = [];
    for (let i = 1; i <= 7; i += 1) ids.push(await deploy(i));
    expect((await view()).releases.map(({ release }) => release)).toEqual(ids.slice(2));
    const discards = () =>
      stage.fakes.journal.filter(({ name: step, phase }) => step === 'discardRelease' && phase === 'began');
    await stage.until(() => discards().length === 2);
    expect(discards().map(({ input }) => input.deploymentId)).toEqual(ids.slice(0, 2));
  });
});

describe('failed candidates', () => {
  it('a web app’s old instance keeps running after a failed candidate', async () => {
    const old = await deploy(1);
    const oldInstance = await instance();
    stage.fakes.expect({ awaitHealthy: () => Promise.reject(failure('health_check_failed')) });
    const id = await begin(2);
    const { closedAs, state } = await stage.ended(id);
    expect([closedAs, state.failure?.error.code, state.failure?.step]).toEqual([
      'FAILED',
      'health_check_failed',
      'start',
    ]);
    expect(await view()).toMatchObject({ active_release: old, instance: oldInstance, status: 'running', restarts: 0 });
    expect(stops()).toEqual([stage.fakes.startedInstances[1]]);
  });

  it('a bot’s previous release starts again as a new instance after a failed candidate', async () => {
    stage.allGoesWell('worker');
    const old = await deploy(1);
    const oldInstance = await instance();
    stage.fakes.expect({
      awaitHealthy: ({ spec }) =>
        spec.deploymentId === old ? Promise.resolve() : Promise.reject(failure('app_exited')),
    });
    const id = await begin(2);
    expect((await stage.ended(id)).state.failure?.error.code).toBe('app_exited');
    const after = await when(({ status, health }) => status === 'running' && health === 'healthy');
    expect(after.active_release).toBe(old);
    expect(after.instance).not.toBe(oldInstance);
    expect(stage.fakes.startedInstances).toEqual([oldInstance, expect.stringContaining(id), after.instance]);
  });

  it('a service without an active release stays without a release after a failed candidate', async () => {
    stage.fakes.expect({ startInstance: () => Promise.reject(failure('port_unavailable')) });
    const id = await begin(1);
    expect((await stage.ended(id)).state.failure?.error.code).toBe('port_unavailable');
    expect(await view()).toMatchObject({
      status: 'created',
      active_release: null,
      instance: null,
      releases: [],
      host: null, // another one may take the next
    });
  });

  it('a deployment after a failed candidate completes', async () => {
    stage.fakes.expect({ awaitHealthy: () => Promise.reject(failure('health_check_failed')) });
    await stage.ended(await begin(1));
    stage.allGoesWell();
    const id = await deploy(2);
    expect(await view()).toMatchObject({ active_release: id, status: 'running' });
  });
});

describe('wanted instances of a service', () => {
  it('the wanted instances are the active instance and the candidate until they are stopped', async () => {
    await deploy(1);
    const serving = await instance();
    expect(await stage.wanted(name)).toEqual([serving]);

    const healthy = new Held<undefined>();
    const undone = new Held<Observed>();
    stage.fakes.expect({ awaitHealthy: healthy.run, stopInstance: undone.run });
    const id = await begin(2);
    await healthy.began;
    const candidate = stage.fakes.startedInstances[1]!;
    expect(await stage.wanted(name)).toEqual([serving, candidate]);
    healthy.fail(failure('health_check_failed'));
    await undone.began; // it is being stopped
    expect(await stage.wanted(name)).toEqual([serving]);
    undone.letGo(stopped);
    await stage.ended(id);

    const stopping = new Held<Observed>();
    stage.fakes.expect({ stopInstance: stopping.run });
    await operate('stop');
    await stopping.began;
    expect(await stage.wanted(name)).toEqual([]);
    stopping.letGo(stopped);
    await when(({ status }) => status === 'stopped');
    expect(await stage.wanted(name)).toEqual([]);
  });
});

describe('services with a terminated workflow', () => {
  it('a new service workflow stops the instances of its terminated predecessor before an instance starts', async () => {
    await deploy(1);
    await stage.serviceHandle(name).terminate();
    stage.fakes.journal.splice(0);
    const id = await deploy(2);
    await deploy(3);
    const began = stage.fakes.journal.filter(({ phase }) => phase === 'began').map((entry) => entry.name);
    expect(began.filter((step) => step === 'stopStrays' || step === 'startInstance')).toEqual([
      'stopStrays',
      'startInstance',
      'startInstance',
    ]);
    expect((await view()).releases[0]?.release).toBe(id);
  });
});

describe('cancelled activations', () => {
  it('a cancel of a bot’s activation before the switch starts the previous release again', async () => {
    stage.allGoesWell('worker');
    const old = await deploy(1);
    const healthy = new Held<undefined>();
    stage.fakes.expect({ awaitHealthy: healthy.run });
    const id = await begin(2);
    await healthy.began;
    stage.allGoesWell('worker');
    await stage.cancel(id);
    expect((await stage.ended(id)).closedAs).toBe('CANCELLED');
    expect(await when(({ status, health }) => status === 'running' && health === 'healthy')).toMatchObject({
      active_release: old,
    });
  });

  it('an activation that arrives after its cancel starts no instance', async () => {
    const activation = activationOf(stage.name('late'), 1);
    const { activationId, release } = activation;
    await stage.command(name, { type: 'cancelActivation', activationId, deploymentId: release.release });
    await stage.command(name, activation);
    await deploy(2); // the service takes its messages in order
    expect(stage.fakes.startedInstances).toEqual([await instance()]);
  });

  it('a cancel of the active release’s activation is a no-op', async () => {
    const id = await deploy(1);
    await stage.command(name, { type: 'cancelActivation', activationId: `${id}.1`, deploymentId: id });
    const next = await deploy(2);
    expect(await view()).toMatchObject({ active_release: next, status: 'running' });
    expect(stage.fakes.startedInstances).toHaveLength(2);
  });
});

describe('activation commands', () => {
  it('an activation that arrives several times starts one instance', async () => {
    const healthy = new Held<undefined>();
    stage.fakes.expect({ awaitHealthy: healthy.run });
    const activation = activationOf(stage.name('twice'), 1);
    await stage.command(name, activation);
    await healthy.began;
    await stage.command(name, activation);
    healthy.letGo(undefined);
    await when(({ status }) => status === 'running');
    await stage.command(name, activation);
    await when(() => true);
    await exits('nobody'); // the service takes its messages in order
    await deploy(2);
    expect(stage.fakes.startedInstances.filter((id) => id.includes(activation.release.release))).toHaveLength(1);
  });

  it('an older deployment never replaces the release of a newer deployment', async () => {
    const newer = await deploy(2);
    const older = await begin(1);
    const { closedAs, state } = await stage.ended(older);
    expect([closedAs, state.status, state.failure?.error.code]).toEqual(['CANCELLED', 'cancelled', 'superseded']);
    expect(await view()).toMatchObject({ active_release: newer });
    expect(stage.fakes.startedInstances).toHaveLength(1);
  });

  it('an older deployment is superseded by a newer deployment that still waits for its health check', async () => {
    const healthy = new Held<undefined>();
    stage.fakes.expect({ awaitHealthy: healthy.run });
    const newer = await begin(2);
    await healthy.began;
    const older = await begin(1);
    expect((await stage.ended(older)).state.failure?.error.code).toBe('superseded');
    healthy.letGo(undefined);
    expect((await stage.ended(newer)).state.status).toBe('completed');
  });

  it('a newer deployment stops the candidate of an older deployment and then starts', async () => {
    const slow = new Held<undefined>('heedless');
    stage.fakes.expect({ awaitHealthy: slow.run });
    const older = await begin(1);
    await slow.began;
    stage.allGoesWell();
    const newer = await begin(2);
    await slow.cancelled;
    expect(stage.fakes.startedInstances).toHaveLength(1);
    slow.fail(failure('internal'));
    expect((await stage.ended(older)).state.failure?.error.code).toBe('superseded');
    expect((await stage.ended(newer)).state.status).toBe('completed');
    expect(stops()[0]).toBe(stage.fakes.startedInstances[0]);
    expect((await view()).active_release).toBe(newer);
  });
});

describe('consecutive deployments of a bot', () => {
  it('a bot’s first release starts again only after the last of several consecutive deployments fails', async () => {
    stage.allGoesWell('worker');
    const first = await deploy(1);
    const second = new Held<undefined>();
    stage.fakes.expect({ awaitHealthy: second.run });
    const older = await begin(2);
    await second.began;
    stage.fakes.expect({
      awaitHealthy: ({ spec }) =>
        spec.deploymentId === first ? Promise.resolve() : Promise.reject(failure('app_exited')),
    });
    const newer = await begin(3);
    expect((await stage.ended(older)).state.failure?.error.code).toBe('superseded');
    expect((await stage.ended(newer)).state.failure?.error.code).toBe('app_exited');
    expect(await when(({ status }) => status === 'running')).toMatchObject({ active_release: first });
    const releases = stage.fakes.startedInstances.map((id) => id.split('.')[2]);
    expect(releases).toEqual([first, older, newer, first]);
  });

  it('a bot’s failed deployment ends without waiting for the health of the previous release', async () => {
    stage.allGoesWell('worker');
    const first = await deploy(1);
    const slow = new Held<undefined>();
    stage.fakes.expect({
      awaitHealthy: ({ spec }) => (spec.deploymentId === first ? slow.run() : Promise.reject(failure('app_exited'))),
    });
    const id = await begin(2);
    expect((await stage.ended(id)).state.failure?.error.code).toBe('app_exited');
    await slow.began;
    expect(await view()).toMatchObject({ active_release: first, status: 'running', health: 'unknown' });
    slow.letGo(undefined);
    await when(({ health }) => health === 'healthy');
  });
});

describe('exits of an app', () => {
  it('an exited app starts again after a second with the same release and address as a new instance', async () => {
    await deploy(1);
    const before = await view();
    const at = Date.now();
    await exits(before.instance ?? '', { at: new Date(at).toISOString() });
    const after = await when(({ instance: now, status }) => now !== before.instance && status === 'running');
    expect(Date.parse(after.updated_at) - at).toBeGreaterThanOrEqual(1000);
    expect(after).toMatchObject({ active_release: before.active_release, url: before.url, restarts: 1 });
    expect(stops()).toEqual([before.instance]);
    expect(await when(({ health }) => health === 'healthy')).toMatchObject({ instance: after.instance });
  });

  it('a restart that is refused after an exit sets the reason of the refusal as the service’s message', async () => {
    await deploy(1);
    const record = { text: 'isolation.container', params: { mode: 'uv' } } as const;
    const refusal = toFailure(new SlipwayError('tool_missing', record), 'en') as Error;
    stage.fakes.expect({ startInstance: () => Promise.reject(refusal) });
    await exits(await instance(), { code: null, signal: 'SIGKILL' });
    const told = await when(({ message, next_start }) => message?.text === record.text && next_start !== undefined);
    expect(told.message).toEqual(record);
  });

  it('a repeated exit report and a report for an old instance don’t cause another restart', async () => {
    const start = new Date(Date.now() - 3_600_000);
    stage.fakes.expect(startedAt(start));
    await deploy(1);
    const first = await instance();
    await exits(first, { at: later(start, 70) });
    await exits(first, { at: later(start, 70) });
    await when(({ restarts, health }) => restarts === 1 && health === 'healthy');
    await exits(first, { at: later(start, 70) });
    const id = await deploy(2); // the service takes its messages in order
    expect(await view()).toMatchObject({ active_release: id, restarts: 1 });
    expect(stage.fakes.startedInstances).toHaveLength(3);
  });

  it('a restart is scheduled by Temporal’s clock and not by the host’s clock', async () => {
    const hourAhead = new Date(Date.now() + 3_600_000);
    stage.fakes.expect(startedAt(hourAhead));
    await deploy(1);
    const before = Date.now();
    await exits(await instance(), { at: later(hourAhead, 600) });
    const { next_start: nextStart = '' } = await when(({ next_start }) => next_start !== undefined);
    expect(Date.parse(nextStart) - before).toBeLessThan(10_000);
    expect(await when(({ restarts }) => restarts === 1)).not.toHaveProperty('next_start');
  });

  it('five exits soon after the start put the service in an error state, and restarts continue', async () => {
    const start = new Date();
    stage.fakes.expect(startedAt(start));
    await deploy(1, { restart: { backoff_max: '1s' } });
    for (let fall = 1; fall <= 6; fall += 1) {
      await exits(await instance(), { at: later(start, 1) });
      await when(({ restarts, health }) => restarts === fall && health === 'healthy');
    }
    const events = await stage.events(name);
    const gaveUp = events.filter(({ type }) => type === 'recovery_gave_up');
    expect(gaveUp).toEqual([
      expect.objectContaining({
        details: { how: 'exit 1', next_start: expect.any(String) },
        reason: { text: 'service.next_start', params: { at: gaveUp[0]?.details.next_start } },
      }),
    ]);
    expect(events.filter(({ type, to }) => type === 'status_changed' && to === 'error')).toHaveLength(2);
    const id = await deploy(2);
    expect(await view()).toMatchObject({ active_release: id, status: 'running', health: 'healthy' });
    await exits(await instance(), { at: later(start, 1) });
    await when(({ restarts }) => restarts === 7); // counted from the start again
  });

  describe('an exhausted daily restart budget', () => {
    const start = new Date();
    beforeEach(async () => {
      stage.fakes.expect(startedAt(start));
      await deploy(1, { restart: { max_per_day: 1 } });
      await exits(await instance(), { at: later(start, 1) });
      await when(({ restarts, health }) => restarts === 1 && health === 'healthy');
      await exits(await instance(), { at: later(start, 1) });
      await when(({ status }) => status === 'error');
    });

    it('a service with an exhausted restart budget waits until its first restart is a day old, with a message', async () => {
      const waiting = await view();
      expect(waiting).toMatchObject({
        health: 'unhealthy',
        message: { text: 'service.restart_budget_spent', params: { count: 1, how: 'exit 1', at: waiting.next_start } },
      });
      const waitMs = Date.parse(waiting.next_start ?? '') - Date.now();
      expect(waitMs).toBeGreaterThan(23.9 * 3_600_000);
      expect(waitMs).toBeLessThanOrEqual(24 * 3_600_000);
      expect(stage.fakes.startedInstances).toHaveLength(2);
    });

    it('a start command starts a service with an exhausted restart budget at once and renews the budget', async () => {
      await operate('start');
      expect(await when(({ status }) => status === 'running')).toMatchObject({ health: 'healthy' });
      await exits(await instance(), { at: later(start, 1) });
      await when(({ restarts, health }) => restarts === 2 && health === 'healthy');
    });

    it('a stop command ends the wait for the restart budget', async () => {
      await operate('stop');
      expect(await when(({ status }) => status === 'stopped')).not.toHaveProperty('next_start');
    });

    it('a bot with an exhausted restart budget starts again after its next deployment fails', async () => {
      stage.allGoesWell('worker', startedAt(start));
      const old = (await view()).active_release;
      stage.fakes.expect({
        awaitHealthy: ({ spec }) =>
          spec.deploymentId === old ? Promise.resolve() : Promise.reject(failure('app_exited')),
      });
      const id = await begin(2, { port: 8080 }); // stops what serves first
      expect((await stage.ended(id)).state.failure?.error.code).toBe('app_exited');
      expect(await when(({ status }) => status === 'running')).toMatchObject({ active_release: old });
    });
  });

  it('an exit between the last health check and the switch causes a restart', async () => {
    const healthy = new Held<undefined>();
    stage.fakes.expect({ awaitHealthy: healthy.run });
    const id = await begin(1);
    await healthy.began;
    const [candidate = ''] = stage.fakes.startedInstances;
    await exits(candidate, { at: new Date(Date.now() - 60_000).toISOString() });
    await when(() => true); // it has been taken in
    healthy.letGo(undefined);
    expect((await stage.ended(id)).state.status).toBe('completed');
    const after = await when(({ restarts, status }) => restarts === 1 && status === 'running');
    expect(after.instance).not.toBe(candidate);
  });

  it('an exit of a restarted instance before its health check ends causes another restart', async () => {
    const start = new Date(Date.now() - 3_600_000);
    stage.fakes.expect(startedAt(start));
    await deploy(1);
    const check = new Held<undefined>();
    stage.fakes.expect({ awaitHealthy: check.run });
    await exits(await instance(), { at: later(start, 70) });
    await check.began;
    const second = await instance();
    await exits(second, { at: later(start, 70) });
    await when(() => true);
    stage.fakes.expect({ awaitHealthy: () => Promise.resolve() });
    check.letGo(undefined);
    const after = await when(({ restarts, health }) => restarts === 2 && health === 'healthy');
    expect(after.instance).not.toBe(second);
  });

  it('the restart delay runs while the old instance is cleaned up, and the new instance starts after the cleanup', async () => {
    await deploy(1);
    const old = await instance();
    const sweepUp = new Held<Observed>();
    stage.fakes.expect({ stopInstance: sweepUp.run });
    await exits(old);
    await sweepUp.began;
    await stage.until(async () =>
      (await stage.serviceHandle(name).fetchHistory()).events!.some((event) => event.timerFiredEventAttributes),
    );
    expect((await view()).restarts).toBe(0); // it is not started while there may be two of it
    stage.allGoesWell();
    sweepUp.letGo({ ...stopped, instanceId: old });
    await when(({ restarts, health }) => restarts === 1 && health === 'healthy');
  });

  it('a recovery ends when a new release takes over', async () => {
    const start = new Date(Date.now() - 3_600_000);
    stage.fakes.expect(startedAt(start));
    await deploy(1);
    const old = await instance();
    const sweepUp = new Held<Observed>('heedless');
    stage.fakes.expect({ stopInstance: sweepUp.run });
    await exits(old, { at: later(start, 70) });
    await sweepUp.began; // the recovery clears up what is left of it
    const id = await begin(2);
    await sweepUp.cancelled;
    stage.allGoesWell();
    sweepUp.letGo({ ...stopped, instanceId: old });
    expect((await stage.ended(id)).state.status).toBe('completed');
    const after = await when(() => true);
    expect(after).toMatchObject({ active_release: id, status: 'running', health: 'healthy', restarts: 0 });
    expect(stage.fakes.startedInstances).toEqual([old, after.instance]);
  });

  it('an exit during a cancelled recovery of a bot doesn’t start another recovery', async () => {
    const start = new Date(Date.now() - 3_600_000);
    stage.allGoesWell('worker', startedAt(start));
    await deploy(1);
    const first = await instance();
    const again = new Held<Awaited<ReturnType<Fakes['startInstance']>>>('heedless');
    stage.fakes.expect({ startInstance: again.run });
    await exits(first, { at: later(start, 70) });
    await again.began;
    const second = await instance();
    const id = await begin(2);
    await again.cancelled;
    const stop = new Held<Observed>('heedless');
    stage.allGoesWell('worker', { stopInstance: stop.run });
    again.letGo({ instanceId: second, startedAt: start.toISOString() }); // it came up nevertheless
    await stop.began;
    expect((await view()).status).toBe('stopping');
    await exits(second, { at: later(start, 70), reason: 'stopped' });
    await view();
    stage.allGoesWell('worker');
    stop.letGo({ ...stopped, instanceId: second });
    expect((await stage.ended(id)).state.status).toBe('completed');
    expect(stage.fakes.startedInstances).toEqual([first, second, await instance()]);
    expect((await view()).active_release).toBe(id);
  });

  it.each(['app_exited', 'port_unavailable'])(
    'a recovery that ends with %s after a switch doesn’t change the new release',
    async (code) => {
      const start = new Date(Date.now() - 3_600_000);
      stage.fakes.expect(startedAt(start));
      await deploy(1);
      const check = new Held<undefined>('heedless');
      stage.fakes.expect({ awaitHealthy: check.run });
      await exits(await instance(), { at: later(start, 70) });
      await check.began; // it is up again, and being looked at
      const second = await instance();
      stage.fakes.expect({ awaitHealthy: () => Promise.resolve() });
      const id = await begin(2);
      await check.cancelled;
      check.fail(failure(code as 'app_exited'));
      expect((await stage.ended(id)).state.status).toBe('completed');
      const third = await instance();
      await exits('nobody'); // whatever the recovery's end set off would be under way by the time this was read
      await view();
      expect(await view()).toMatchObject({
        active_release: id,
        instance: third,
        status: 'running',
        health: 'healthy',
        restarts: 1,
      });
      expect(stage.fakes.startedInstances).toEqual([expect.anything(), second, third]);
    },
  );

  it('a restarted app that fails its health check is unhealthy until a healthy report arrives', async () => {
    const start = new Date(Date.now() - 3_600_000);
    stage.fakes.expect(startedAt(start));
    await deploy(1);
    stage.fakes.expect({ awaitHealthy: () => Promise.reject(failure('health_check_failed')) });
    await exits(await instance(), { at: later(start, 70) });
    await when(({ restarts, health, status }) => restarts === 1 && health === 'unhealthy' && status === 'running');
    await stage.observe(name, { kind: 'health', instanceId: await instance(), health: 'healthy', at: '' });
    await when(({ health }) => health === 'healthy');
  });

  /** Starts that say they happened then. */
  const startedAt = (at: Date): Partial<Fakes> => ({
    startInstance: ({ instanceId, preferPort }) =>
      Promise.resolve({ instanceId, startedAt: at.toISOString(), port: preferPort ?? 20_001 }),
  });
  const later = (from: Date, seconds: number): string => new Date(from.getTime() + seconds * 1000).toISOString();
});

describe('continue-as-new of a service', () => {
  it('continue-as-new keeps the active instance, the releases and the cancelled activations', async () => {
    await stage.foundService({ name, foldAfterEvents: 60 }, '10 seconds'); // as an older version began it
    const first = await deploy(1);
    const takenBack = activationOf(stage.name('taken-back'), 9);
    await stage.command(name, {
      type: 'cancelActivation',
      activationId: takenBack.activationId,
      deploymentId: takenBack.release.release,
    });
    const second = await deploy(2);
    const run = await stage.runId(stage.serviceHandle(name));
    const before = await view();
    const instanceId = before.instance ?? '';
    for (let i = 0; i < 40; i += 1) {
      await stage.observe(name, { kind: 'health', instanceId, health: 'degraded', at: '' });
    }
    await stage.untilContinued(stage.serviceHandle(name), run);
    expect(await stage.decisionSeconds(stage.serviceHandle(name))).toBe(4);
    const after = await view();
    expect(after).toEqual({ ...before, health: 'degraded', updated_at: after.updated_at });
    expect(after.releases.map(({ release }) => release)).toEqual([first, second]);

    await stage.command(name, takenBack);
    await stage.command(name, { ...activationOf(second, 2), activationId: `${second}.1` });
    expect(stage.fakes.startedInstances).toHaveLength(2);
    const third = await deploy(3);
    expect(await instance()).toBe(`${name}.000003.${third}`); // ids go on
  });

  it('a service’s new run starts with the last memo of the previous run', async () => {
    await stage.foundService({ name, foldAfterEvents: 60 });
    await deploy(1);
    const run = await stage.runId(stage.serviceHandle(name));
    for (let i = 0; i < 30; i += 1) await exits('nobody');
    await stage.untilContinued(stage.serviceHandle(name), run);
    const { memo: before } = await stage.client.workflow.getHandle(serviceWorkflowId(name), run).describe();
    const { events } = await stage.serviceHandle(name).fetchHistory();
    const begun = events?.[0]?.workflowExecutionStartedEventAttributes?.memo?.fields?.[VIEW_MEMO];
    expect(before?.[VIEW_MEMO]).toMatchObject({ status: 'running' });
    expect(begun && defaultPayloadConverter.fromPayload(begun)).toEqual(before?.[VIEW_MEMO]);
  });

  it('a service continues as new during a restart delay and restarts its app afterwards', async () => {
    await stage.foundService({ name, foldAfterEvents: 40 });
    await deploy(1);
    const first = await instance();
    await exits(first, { at: new Date().toISOString() });
    const run = await stage.runId(stage.serviceHandle(name));
    for (let i = 0; i < 20; i += 1) await exits('nobody'); // past the threshold, within the second of backoff
    await stage.untilContinued(stage.serviceHandle(name), run);
    const after = await when(({ restarts, health }) => restarts === 1 && health === 'healthy');
    expect(after.instance).not.toBe(first);
    expect(stops()).toContain(first);
  });

  it('a service doesn’t continue as new while a candidate waits for its health check', async () => {
    await stage.foundService({ name, foldAfterEvents: 10 });
    const healthy = new Held<undefined>();
    stage.fakes.expect({ awaitHealthy: healthy.run });
    const id = await begin(1);
    await healthy.began;
    const run = await stage.runId(stage.serviceHandle(name));
    await exits('nobody');
    await view();
    expect(await stage.runId(stage.serviceHandle(name))).toBe(run);
    healthy.letGo(undefined);
    expect((await stage.ended(id)).state.status).toBe('completed');
    await stage.untilContinued(stage.serviceHandle(name), run);
    expect(await view()).toMatchObject({ active_release: id, status: 'running' });
  });
});

function activationOf(id: string, sequence: number): Activation {
  const release: ReleaseRecord = {
    release: id,
    sequence,
    createdAt: new Date().toISOString(),
    sourceHash: 'hash',
    persist: [],
    spec: {
      service: name,
      deploymentId: id,
      mode: 'uv',
      environment: 'dev',
      environmentKey: `uv-${id}`,
      command: 'python main.py',
      kind: 'web',
      variables: {},
      health: { path: '/', timeoutMs: 1000, intervalMs: 100, minUptimeMs: 100, skip: false },
    },
  };
  return { type: 'activate', activationId: `${id}.1`, hostId: HOST, release };
}
