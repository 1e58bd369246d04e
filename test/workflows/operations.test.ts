import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Operation, Registration } from '../../src/contract/messages.js';
import type { ServiceEvent } from '../../src/contract/views.js';
import { failure, Held, HOST } from '../support/fake-activities.js';
import { serviceScene } from '../support/service-scene.js';
import { body, type Stage } from '../support/stage.js';

const scene = serviceScene();
const { deploy, begin, view } = scene;
let stage: Stage;
let name: string;
beforeEach(() => {
  ({ stage, name } = scene);
});

const began = (step: string) =>
  stage.fakes.journal.filter((entry) => entry.name === step && entry.phase === 'began').map(({ input }) => input);

/** Sends a command; returns its id. */
async function ask(command: Operation['command'], acceptedAt: number, rest: Partial<Operation> = {}): Promise<string> {
  const commandId = rest.commandId ?? stage.name(command);
  await stage.command(name, { type: 'operate', commandId, command, acceptedAt, ...rest });
  return commandId;
}
/** How it went: the one event that says so. */
async function told(commandId: string): Promise<ServiceEvent> {
  await stage.until(async () => (await endsOf(commandId)).length > 0);
  const [event, ...others] = await endsOf(commandId);
  expect(others).toEqual([]);
  return event!;
}
const endsOf = async (commandId: string) =>
  (await stage.events(name)).filter(({ details }) => details['command_id'] === commandId);
const types = async () => (await stage.events(name)).map(({ type }) => type);

it('a running restart is repeated for a deployment that was accepted earlier but arrives later', async () => {
  await deploy(1);
  const healthy = new Held<undefined>();
  stage.fakes.expect({ awaitHealthy: healthy.run });
  const restart = await ask('restart', 10);
  await healthy.began;
  stage.allGoesWell();
  const release = await deploy(5);
  expect((await told(restart)).type).toBe('command_completed');
  const started = began('startInstance').map(({ spec }) => spec?.deploymentId);
  expect(started.slice(-2)).toEqual([release, release]);
});

it('a waiting restart is carried out after a deployment that was accepted earlier but arrives later', async () => {
  await deploy(1);
  const healthy = new Held<undefined>();
  stage.fakes.expect({ awaitHealthy: healthy.run });
  await begin(2);
  await healthy.began;
  const restart = await ask('restart', 10);
  stage.allGoesWell();
  const release = await deploy(5);
  expect((await told(restart)).type).toBe('command_completed');
  expect(await view()).toMatchObject({ status: 'running', active_release: release });
  const started = began('startInstance').map(({ spec }) => spec?.deploymentId);
  expect(started.slice(-2)).toEqual([release, release]);
});

describe('stop commands', () => {
  it('a stopped service starts again only by a command or a deployment', async () => {
    const release = await deploy(1);
    const { instance } = await view();
    expect((await told(await ask('stop', 2))).type).toBe('command_completed');
    expect(await view()).toMatchObject({ status: 'stopped', health: 'unknown', active_release: release });
    expect(began('stopInstance')).toMatchObject([{ instanceId: instance }]);
    const exit = { code: 0, signal: null, at: new Date().toISOString(), reason: 'exited' } as const;
    await stage.observe(name, { kind: 'exited', instanceId: instance!, exit }); // its own stop, seen late
    expect((await told(await ask('stop', 3))).type).toBe('command_completed');
    expect(began('startInstance')).toHaveLength(1);

    expect((await told(await ask('start', 4))).type).toBe('command_completed');
    expect(await view()).toMatchObject({ status: 'running', health: 'healthy', active_release: release });
    const again = await deploy(5);
    expect(await view()).toMatchObject({ status: 'running', active_release: again });
  });

  it('a stop cancels an ongoing deployment, and a deployment that was accepted before the stop is superseded', async () => {
    const old = await deploy(1);
    const healthy = new Held<undefined>();
    stage.fakes.expect({ awaitHealthy: healthy.run });
    const id = await begin(2);
    await healthy.began;
    const stop = await ask('stop', 10);
    expect((await stage.ended(id)).state).toMatchObject({
      status: 'cancelled',
      failure: { error: { code: 'superseded' } },
    });
    expect((await told(stop)).type).toBe('command_completed');
    expect(await view()).toMatchObject({ status: 'stopped', active_release: old });
    const late = await begin(9);
    expect((await stage.ended(late)).state).toMatchObject({ failure: { error: { code: 'superseded' } } });
    expect((await view()).status).toBe('stopped');
  });
});

it('a health report from before a stop that arrives after the stop changes nothing', async () => {
  await deploy(1);
  const { instance } = await view();
  await told(await ask('stop', 2));
  await stage.observe(name, { kind: 'health', instanceId: instance!, health: 'healthy', at: new Date().toISOString() });
  await told(await ask('stop', 3)); // what came before it has been looked at
  expect(await view()).toMatchObject({ status: 'stopped', health: 'unknown' });
});

describe('restart commands', () => {
  it('a restart starts the active release again on the same port and waits for the health check', async () => {
    const release = await deploy(1);
    const { instance, port } = await view();
    expect((await told(await ask('restart', 2))).type).toBe('command_completed');
    const after = await view();
    expect(after).toMatchObject({ status: 'running', health: 'healthy', active_release: release, restarts: 0 });
    expect(after.instance).not.toBe(instance);
    expect(began('startInstance').at(-1)).toMatchObject({ preferPort: port });
    expect(await types()).not.toContain('release_rolled_back');
  });

  it('a restart is refused if the app can’t be started, and the running instance stays', async () => {
    await deploy(1);
    const { instance } = await view();
    stage.fakes.expect({ checkStartable: () => Promise.reject(failure('tool_missing')) });
    const event = await told(await ask('restart', 2));
    expect(event).toMatchObject({ type: 'command_failed', details: { code: 'tool_missing' } });
    expect(await view()).toMatchObject({ status: 'running', instance });
    expect(began('stopInstance')).toEqual([]);
  });

  it('a restart and a recovery use the current isolation of the service', async () => {
    await deploy(1);
    const registration: Registration = {
      revision: 1,
      kind: 'web',
      type: 'other',
      dependsOn: [],
      isolation: 'container',
    };
    await stage.command(name, { type: 'configure', registration });
    expect((await view()).isolation).toBe('container');
    expect((await told(await ask('restart', 2))).type).toBe('command_completed');
    expect(began('checkStartable')).toMatchObject([{ spec: { service: name, mode: 'uv' }, isolation: 'container' }]);
    expect(began('startInstance').at(-1)).toMatchObject({ isolation: 'container' });
    const { instance } = await view();
    const exit = { code: 1, signal: null, at: new Date().toISOString(), reason: 'exited' } as const;
    await stage.observe(name, { kind: 'exited', instanceId: instance!, exit });
    await stage.serviceWhen(name, ({ restarts }) => restarts === 1);
    expect(began('startInstance').at(-1)).toMatchObject({ isolation: 'container' });
  });

  it('a restart that fails the health check is reported as failed, and the service is started again', async () => {
    await deploy(1);
    let starts = 0;
    stage.fakes.expect({
      awaitHealthy: () => {
        starts += 1;
        return starts === 1 ? Promise.reject(failure('health_check_failed')) : Promise.resolve();
      },
    });
    const event = await told(await ask('restart', 2));
    expect(event).toMatchObject({ type: 'command_failed', reason: { text: 'health_check_failed' } });
    await stage.serviceWhen(name, ({ status }) => status === 'running');
  });

  it('a restart waits for an ongoing deployment, and a later stop overrides both', async () => {
    await deploy(1);
    const healthy = new Held<undefined>();
    stage.fakes.expect({ awaitHealthy: healthy.run });
    const id = await begin(2);
    await healthy.began;
    const restart = await ask('restart', 3);
    const stop = await ask('stop', 4);
    expect((await stage.ended(id)).state).toMatchObject({ failure: { error: { code: 'superseded' } } });
    expect(await told(restart)).toMatchObject({ type: 'command_failed', reason: { text: 'service.overtaken' } });
    expect((await told(stop)).type).toBe('command_completed');
    expect((await view()).status).toBe('stopped');
  });

  it('a restart during a deployment is carried out after the deployment completes', async () => {
    await deploy(1);
    const healthy = new Held<undefined>();
    stage.fakes.expect({ awaitHealthy: healthy.run });
    const id = await begin(2);
    await healthy.began;
    const restart = await ask('restart', 3);
    healthy.letGo(undefined);
    stage.allGoesWell();
    expect((await stage.ended(id)).state.status).toBe('completed');
    expect((await told(restart)).type).toBe('command_completed');
    expect(await view()).toMatchObject({ status: 'running', active_release: id });
    expect(began('startInstance')).toHaveLength(3);
  });
});

describe('rollback commands', () => {
  it('a rollback activates the previous release after a health check and without a build', async () => {
    const first = await deploy(1);
    const second = await deploy(2);
    const builds = began('installWithUv').length;
    expect((await told(await ask('rollback', 3))).type).toBe('command_completed');
    expect(await view()).toMatchObject({ status: 'running', health: 'healthy', active_release: first });
    expect(began('installWithUv')).toHaveLength(builds);
    expect((await types()).slice(-3)).toContain('release_rolled_back');
    expect((await told(await ask('rollback', 4, { release: 'gone' }))).reason?.text).toBe('service.release_gone');
    expect((await told(await ask('rollback', 5, { release: second }))).type).toBe('command_completed');
    expect((await view()).active_release).toBe(second);
  });

  it('repeated rollbacks go further back, and a release activated by name can be a target again', async () => {
    const [first, second, third] = [await deploy(1), await deploy(2), await deploy(3)];
    const leftOf = async () =>
      (await view()).releases.filter(({ rolled_back }) => rolled_back).map(({ release }) => release);
    expect((await told(await ask('rollback', 4))).details).toMatchObject({ from: third, release: second });
    expect((await told(await ask('rollback', 5))).details).toMatchObject({ from: second, release: first });
    expect(await leftOf()).toEqual([third, second]);
    expect((await told(await ask('rollback', 6))).reason?.text).toBe('service.no_earlier_release');
    expect((await view()).active_release).toBe(first);
    const seventh = await deploy(7);
    expect((await told(await ask('rollback', 8))).details).toMatchObject({ from: seventh, release: first });
    await told(await ask('rollback', 9, { release: third }));
    expect(await leftOf()).toEqual([second, seventh]);
    expect((await told(await ask('rollback', 10))).details).toMatchObject({ from: third, release: first });
  });

  it('a rollback to an unhealthy release fails with the reason, and the active release keeps running', async () => {
    const first = await deploy(1);
    const second = await deploy(2);
    stage.fakes.expect({ awaitHealthy: () => Promise.reject(failure('health_check_failed')) });
    const event = await told(await ask('rollback', 3));
    expect(event).toMatchObject({
      type: 'command_failed',
      reason: { text: 'health_check_failed' },
      details: { release: first },
    });
    expect(await view()).toMatchObject({ status: 'running', active_release: second });
  });

  it('a failed rollback during a deployment of a bot leaves the previous release running', async () => {
    const first = await deploy(1);
    stage.allGoesWell('worker');
    const second = await deploy(2);
    const healthy = new Held<undefined>();
    stage.fakes.expect({ awaitHealthy: healthy.run });
    const third = await begin(3);
    await healthy.began;
    expect((await view()).status).toBe('stopping');
    stage.fakes.expect({
      awaitHealthy: ({ spec }) =>
        spec.deploymentId === first ? Promise.reject(failure('app_exited')) : Promise.resolve(undefined),
    });
    const rollback = await ask('rollback', 4, { release: first }); // a web app: tried beside what serves
    expect((await stage.ended(third)).state).toMatchObject({ failure: { error: { code: 'superseded' } } });
    expect((await told(rollback)).type).toBe('command_failed');
    await stage.serviceWhen(name, ({ status }) => status === 'running');
    expect((await view()).active_release).toBe(second);
  });

  it('the last accepted command wins if a rollback and a deployment overlap', async () => {
    const first = await deploy(1);
    const second = await deploy(2);
    const healthy = new Held<undefined>();
    stage.fakes.expect({ awaitHealthy: healthy.run });
    const older = await begin(3);
    await healthy.began;
    stage.allGoesWell();
    const rollback = await ask('rollback', 4, { release: first });
    expect((await stage.ended(older)).state).toMatchObject({ failure: { error: { code: 'superseded' } } });
    expect((await told(rollback)).type).toBe('command_completed');
    expect((await view()).active_release).toBe(first);

    const held = new Held<undefined>();
    stage.fakes.expect({ awaitHealthy: held.run });
    const back = await ask('rollback', 5, { release: second });
    await held.began;
    stage.allGoesWell();
    const newer = await deploy(6);
    expect(await told(back)).toMatchObject({ type: 'command_failed', reason: { text: 'service.overtaken' } });
    expect((await view()).active_release).toBe(newer);
  });
});

describe('commands that arrive together with a successful health check', () => {
  /** As when a worker was killed with the command in its hand: the next one learns of both at once. */
  async function together(send: () => Promise<unknown>): Promise<{ first: string; second: string; tried: string }> {
    const [first, second] = [await deploy(1), await deploy(2)];
    const healthy = new Held<undefined>();
    stage.fakes.expect({ awaitHealthy: healthy.run });
    const tried = await begin(3);
    await healthy.began;
    await stage.whileUndecided(async () => {
      await send();
      healthy.letGo(undefined);
      stage.allGoesWell();
      await stage.until(async () => !(await stage.isBusy(name)));
    });
    expect((await stage.ended(tried)).state).toMatchObject({ failure: { error: { code: 'superseded' } } });
    return { first, second, tried };
  }

  it('a stop takes effect before a health check result that arrives at the same time', async () => {
    const { second } = await together(() => ask('stop', 10, { commandId: 'stop' }));
    expect((await told('stop')).type).toBe('command_completed');
    expect(await view()).toMatchObject({ status: 'stopped', active_release: second });
  });

  it('a rollback that arrives with a health check result goes back from the active release, not from the candidate', async () => {
    const { first } = await together(() => ask('rollback', 10, { commandId: 'back' }));
    expect((await told('back')).type).toBe('command_completed');
    expect(await view()).toMatchObject({ status: 'running', active_release: first });
  });

  it('unregistering takes effect before a health check result that arrives at the same time', async () => {
    await together(() => stage.command(name, { type: 'retire', purge: false, hostId: HOST, acceptedAt: Date.now() }));
    await stage.until(async () => (await stage.serviceHandle(name).describe()).status.name === 'COMPLETED');
  });

  it('a restart waits for the deployment whose health check result arrives at the same time', async () => {
    await deploy(1);
    const healthy = new Held<undefined>();
    stage.fakes.expect({ awaitHealthy: healthy.run });
    const tried = await begin(2);
    await healthy.began;
    await stage.whileUndecided(async () => {
      await ask('restart', 10, { commandId: 'again' });
      healthy.letGo(undefined);
      stage.allGoesWell();
      await stage.until(async () => !(await stage.isBusy(name)));
    });
    expect((await stage.ended(tried)).state.status).toBe('completed');
    expect((await told('again')).type).toBe('command_completed');
  });
});

it('a command that is delivered several times is carried out once', async () => {
  const first = await deploy(1);
  await deploy(2);
  const healthy = new Held<undefined>();
  stage.fakes.expect({ awaitHealthy: healthy.run });
  const rollback = await ask('rollback', 2);
  await healthy.began;
  await ask('rollback', 2, { commandId: rollback });
  healthy.letGo(undefined);
  stage.allGoesWell();
  expect((await told(rollback)).type).toBe('command_completed');
  expect((await view()).active_release).toBe(first);
  const commandId = await ask('restart', 2, { commandId: 'twice' });
  await ask('restart', 2, { commandId });
  await told(commandId);
  await ask('restart', 2, { commandId });
  await told(await ask('stop', 3));
  expect(await endsOf(commandId)).toHaveLength(1);
});

it('a command with a time in the future doesn’t block the next deployment', async () => {
  await deploy(1);
  await told(await ask('stop', Date.now() + 3_600_000));
  const id = stage.name('next');
  await stage.admit(id, body(name)); // in the order of the gate's own clock
  expect((await stage.ended(id)).state.status).toBe('completed');
});

it('start and rollback fail for a service that has no working release', async () => {
  stage.fakes.expect({ awaitHealthy: () => Promise.reject(failure('health_check_failed')) });
  expect((await stage.ended(await begin(1))).state.status).toBe('failed');
  expect((await told(await ask('start', 2))).reason?.text).toBe('service.no_release');
  expect((await told(await ask('rollback', 3))).reason?.text).toBe('service.no_release');
  expect((await told(await ask('stop', 4))).type).toBe('command_completed');
});
