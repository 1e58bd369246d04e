import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { progressQuery, statusQuery } from '../../src/contract/messages.js';
import { errorRecord } from '../../src/contract/errors.js';
import type { Step } from '../../src/contract/states.js';
import { failure, Held, placement, type Fakes } from '../support/fake-activities.js';
import { body, Stage } from '../support/stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.stop());
beforeEach(async () => {
  stage.allGoesWell();
  await stage.gate({ limit: 2 });
});
afterEach(async () => {
  expect(await stage.clear()).toEqual([]);
});

const fails = (error: Error) => () => Promise.reject(error);
const steps = async (id: string) =>
  (await stage.state(id)).events.filter(({ type }) => type === 'step_started').map(({ step }) => step);
const undone = (id: string) =>
  stage.fakes.began(id).filter((name) => ['stopInstance', 'discardEnvironment', 'discardRelease'].includes(name));
const freeSlots = () => stage.until(async () => (await stage.load()).active.length === 0);

describe('successful deployments', () => {
  it('a deployment runs its activities in order and makes its release the active release', async () => {
    const [id, service] = [stage.name('well'), stage.name('shop')];
    const { closedAs, state } = await stage.run(id, body(service));
    expect(closedAs).toBe('COMPLETED');
    expect(stage.fakes.began(id)).toEqual([
      'placeDeployment',
      'prepareRelease',
      'checkUv',
      'installWithUv',
      'configureRelease',
      'startInstance',
      'awaitHealthy',
    ]);
    const view = await stage.service(service);
    expect(view).toMatchObject({ status: 'running', health: 'healthy', active_release: id });
    expect(state).toMatchObject({ status: 'completed', changed: true, release: id, url: view.url, service });
    expect(await stage.deployment(id).result()).toMatchObject({ status: 'completed', release: id, changed: true });
  });

  it('a deployment records each transition once and in order, and both queries return its final state', async () => {
    const [id, service] = [stage.name('told'), stage.name('shop')];
    const { state } = await stage.run(id, body(service));
    expect(state.events.map(({ n }) => n)).toEqual(state.events.map((_, index) => index + 1));
    expect(state.events.map(({ type, step, status }) => step ?? status ?? type)).toEqual([
      'running',
      'attempt_started',
      'prepare',
      ...['prepare', 'check', 'check', 'install', 'install', 'configure', 'configure', 'start', 'start'],
      'completed',
      'completed',
    ]);
    expect(await stage.deployment(id).query(statusQuery)).toMatchObject({ status: 'completed', is_active: false });
    expect(await stage.deployment(id).query(progressQuery)).toMatchObject({ progress_percentage: 100 });
  });

  it('a deployment frees its slot before its end can be read', async () => {
    const id = stage.name('slot');
    await stage.run(id, body(stage.name('shop')));
    expect(await stage.load()).toMatchObject({ active: [], recentlyEnded: [id], counters: { total: 1, completed: 1 } });
  });

  it('redeploying the active release is a no-op unless force_rebuild is set', async () => {
    const service = stage.name('same');
    stage.fakes.expect({
      prepareRelease: () => Promise.resolve({ sourceHash: 'same', command: 'python main.py', kind: 'web' }),
    });
    const first = stage.name('first');
    await stage.run(first, body(service));
    const [second, forced] = [stage.name('second'), stage.name('forced')];
    expect((await stage.run(second, body(service))).state).toMatchObject({
      status: 'completed',
      changed: false,
      release: first,
    });
    expect(stage.fakes.began(second)).toEqual(['placeDeployment', 'prepareRelease', 'discardRelease']);
    const again = await stage.run(forced, body(service, {}, { force_rebuild: true }));
    expect(again.state).toMatchObject({ changed: true, release: forced });
  });

  it('redeploying the active release starts a new release if the service’s host is lost', async () => {
    const [service, first, second] = [stage.name('moved'), stage.name('first'), stage.name('second')];
    const prepareRelease: Fakes['prepareRelease'] = () =>
      Promise.resolve({ sourceHash: 'same', command: 'python main.py', kind: 'web' });
    stage.fakes.expect({ prepareRelease });
    await stage.run(first, body(service));
    const onLostHost = { ...(await stage.service(service)), host: 'lost' };
    stage.fakes.expect({ prepareRelease, readService: () => Promise.resolve(onLostHost) });
    const { state } = await stage.run(second, body(service));
    expect(state).toMatchObject({ status: 'completed', changed: true, release: second });
  });

  it.each(['installWithUv', 'awaitHealthy'] as const)(
    'redeploying the active release cancels an older deployment that is in %s',
    async (step) => {
      const service = stage.name('same');
      const [first, older, newer] = ['first', 'older', 'newer'].map((name) => stage.name(name));
      const held = new Held<undefined>();
      stage.fakes.expect({
        prepareRelease: ({ deploymentId }) =>
          Promise.resolve({
            sourceHash: deploymentId === older ? 'other' : 'same',
            command: 'python main.py',
            kind: 'web',
          }),
      });
      await stage.run(first!, body(service));
      stage.fakes.expect({ [step]: held.run });
      await stage.admit(older!, body(service));
      await held.began;
      expect((await stage.run(newer!, body(service))).state).toMatchObject({ status: 'completed', changed: false });
      held.letGo(undefined);
      expect((await stage.ended(older!)).state).toMatchObject({ failure: { error: { code: 'superseded' } } });
      expect(await stage.service(service)).toMatchObject({ status: 'running', active_release: first });
    },
  );
});

describe('auto mode', () => {
  const auto = (service: string) => body(service, {}, { mode: 'auto' });
  const attempts = ({ state }: Awaited<ReturnType<Stage['ended']>>) =>
    state.attempts.map(({ mode, status, failedStep }) => [mode, status, failedStep].filter(Boolean).join(' '));

  it('auto mode skips unavailable modes and modes that can’t run the project, and uses the next mode', async () => {
    const id = stage.name('skip');
    stage.fakes.expect({
      checkUv: () => Promise.resolve({ applies: false, error: errorRecord('no_python_project') }),
    });
    const ended = await stage.run(id, auto(stage.name('shop')));
    expect(ended.state.status).toBe('completed');
    expect(attempts(ended)).toEqual(['docker skipped', 'uv skipped', 'fallback completed']);
    expect(stage.fakes.began(id)).toContain('installWithPip');
    expect(stage.fakes.began(id)).not.toContain('installWithUv');
  });

  it('auto mode tries only docker for a service with container isolation, and reports why other modes are skipped', async () => {
    const id = stage.name('shut');
    const { placeDeployment } = placement;
    stage.fakes.expect({
      placeDeployment: async (input) => {
        const { managers, ...placed } = await placeDeployment(input);
        return { ...placed, managers: { ...managers, docker: { status: 'available' } }, staysInContainers: true };
      },
      checkDocker: fails(failure('build_failed')),
    });
    const ended = await stage.run(id, auto(stage.name('shop')));
    expect(ended.state).toMatchObject({ status: 'failed', failure: { error: { code: 'build_failed' } } });
    expect(attempts(ended)).toEqual(['docker failed check', 'uv skipped', 'fallback skipped']);
    expect(ended.state.attempts.at(-1)).toMatchObject({ error: { text: 'mode.stays_in_containers' } });
    expect(stage.fakes.began(id)).not.toContain('checkUv');
  });

  it('auto mode tries no other mode after an error of the app, unless the request lists modes', async () => {
    const { placeDeployment } = placement;
    stage.fakes.expect({
      placeDeployment: async (input) => {
        const { managers, ...placed } = await placeDeployment(input);
        return { ...placed, managers: { ...managers, docker: { status: 'available' } } };
      },
      awaitHealthy: fails(failure('app_exited', { exit: 'exit 1' })),
    });
    const ended = await stage.run(stage.name('own'), auto(stage.name('shop')));
    expect(ended.state).toMatchObject({ status: 'failed', failure: { error: { code: 'app_exited' } } });
    expect(attempts(ended)).toEqual(['docker failed start', 'uv skipped', 'fallback skipped']);
    expect(ended.state.attempts.at(-1)).toMatchObject({ error: { text: 'mode.own_error' } });
    const listed = body(stage.name('shop'), { fallback_modes: ['docker', 'uv'] }, { mode: 'auto' });
    expect(attempts(await stage.run(stage.name('listed'), listed))).toEqual(['docker failed start', 'uv failed start']);
  });

  it('a failed attempt is undone in reverse order before the next attempt starts', async () => {
    const id = stage.name('undo');
    stage.fakes.expect({ installWithUv: fails(failure('install_failed')) });
    const ended = await stage.run(id, auto(stage.name('shop')));
    expect(ended.state.status).toBe('completed');
    expect(attempts(ended)).toEqual(['docker skipped', 'uv failed install', 'fallback completed']);
    const began = stage.fakes.began(id);
    expect(began.slice(began.indexOf('installWithUv') + 1)).toEqual([
      'discardEnvironment',
      'discardRelease',
      'prepareRelease',
      'checkFallback',
      'installWithPip',
      'configureRelease',
      'startInstance',
      'awaitHealthy',
    ]);
  });

  it('auto mode reports the failure and not the skips if no mode completes', async () => {
    const id = stage.name('every');
    stage.fakes.expect({
      installWithUv: fails(failure('install_failed')),
      checkFallback: () => Promise.resolve({ applies: false, error: errorRecord('no_python_project') }),
    });
    const ended = await stage.run(id, auto(stage.name('shop')));
    expect(ended.closedAs).toBe('FAILED');
    expect(ended.state).toMatchObject({ status: 'failed', failure: { error: { code: 'install_failed' } } });
    expect(attempts(ended)).toEqual(['docker skipped', 'uv failed install', 'fallback skipped']);
    expect(stage.fakes.began(id).at(-1)).toBe('discardRelease');
  });

  it('auto mode tries the next mode although an undo failed', async () => {
    const id = stage.name('left');
    stage.fakes.expect({
      installWithUv: fails(failure('install_failed')),
      discardEnvironment: fails(failure('disk_full')),
    });
    const ended = await stage.run(id, auto(stage.name('shop')));
    expect(ended.state.status).toBe('completed');
    expect(stage.fakes.began(id).filter((name) => name === 'discardRelease')).toHaveLength(1);
  });

  it.each(['source_invalid', 'no_python_project', 'lock_outdated'] as const)(
    'auto mode tries no other mode after %s',
    async (code) => {
      const id = stage.name('wrong');
      stage.fakes.expect({ prepareRelease: fails(failure(code)) });
      const ended = await stage.run(id, auto(stage.name('shop')));
      expect(ended.state).toMatchObject({
        status: 'failed',
        failure: { error: { code }, step: 'prepare', mode: 'uv' },
      });
      expect(attempts(ended)).toEqual(['docker skipped', 'uv failed prepare']);
    },
  );

  it('auto mode tries no other mode after the deployment’s timeout', async () => {
    const id = stage.name('late');
    const install = new Held<undefined>();
    stage.fakes.expect({ installWithUv: install.run });
    await stage.admit(id, auto(stage.name('shop')));
    await install.began;
    await stage.deployment(id).signal('cancel', { by: 'deadline' }); // as its own timer does
    const ended = await stage.ended(id);
    expect(ended.closedAs).toBe('FAILED');
    expect(ended.state.failure).toMatchObject({ error: { code: 'deployment_timeout' }, step: 'install' });
    expect(undone(id)).toEqual(['discardEnvironment', 'discardRelease']);
  });
});

describe('cancelled deployments', () => {
  const STEPS: [Step, keyof Fakes, (keyof Fakes)[]][] = [
    ['prepare', 'prepareRelease', ['discardRelease']],
    ['check', 'checkUv', ['discardRelease']],
    ['install', 'installWithUv', ['discardEnvironment', 'discardRelease']],
    ['configure', 'configureRelease', ['discardEnvironment', 'discardRelease']],
    ['start', 'startInstance', ['stopInstance', 'discardEnvironment', 'discardRelease']],
    ['start', 'awaitHealthy', ['stopInstance', 'discardEnvironment', 'discardRelease']],
  ];

  it.each(STEPS)(
    'a cancel during %s (%s) undoes the attempt after the running step has ended',
    async (step, activity, undos) => {
      const id = stage.name('cancelled');
      const slow = new Held<never>('heedless');
      stage.fakes.expect({ [activity]: slow.run });
      await stage.admit(id, body(stage.name('shop')));
      await slow.began;
      await stage.cancel(id);
      await slow.cancelled;
      expect(undone(id)).toEqual([]);
      slow.fail(failure('internal')); // a tool that is stopped in the middle may end in any way
      const { closedAs, state } = await stage.ended(id);
      expect(undone(id)).toEqual(undos);
      const order = stage.fakes.journal.map(({ name, phase }) => `${name} ${phase}`);
      expect(order.indexOf(`${undos[0] ?? ''} began`)).toBeGreaterThan(order.indexOf(`${activity} ended`));
      expect(await steps(id)).toContain(step);
      expect([closedAs, state.status]).toEqual(['CANCELLED', 'cancelled']);
      await freeSlots();
    },
  );

  it('a cancel waits for the end of a step although a concurrent read has ended', async () => {
    const id = stage.name('beside');
    const [prepare, read] = [new Held<never>('heedless'), new Held<null>()];
    stage.fakes.expect({ prepareRelease: prepare.run, readService: read.run });
    await stage.admit(id, body(stage.name('shop')));
    await Promise.all([prepare.began, read.began]);
    await stage.cancel(id);
    await stage.until(() => stage.fakes.journal.some(({ name, phase }) => name === 'readService' && phase === 'ended'));
    await stage.load(); // a round trip of the workflows' worker
    await prepare.cancelled;
    expect(undone(id)).toEqual([]);
    prepare.fail(failure('internal'));
    expect((await stage.ended(id)).state.status).toBe('cancelled');
    expect(undone(id)).toEqual(['discardRelease']);
  });

  it('a workflow cancellation through Temporal cancels and undoes the deployment', async () => {
    const id = stage.name('temporal');
    const install = new Held<undefined>();
    stage.fakes.expect({ installWithUv: install.run });
    await stage.admit(id, body(stage.name('shop')));
    await install.began;
    await stage.deployment(id).cancel();
    expect(await stage.ended(id)).toMatchObject({
      closedAs: 'CANCELLED',
      state: { status: 'cancelled', failure: { error: { code: 'cancelled' }, step: 'install', mode: 'uv' } },
    });
    expect(undone(id)).toEqual(['discardEnvironment', 'discardRelease']);
  });

  it('a repeated cancel undoes the deployment once', async () => {
    const id = stage.name('twice');
    const install = new Held<undefined>('heedless');
    stage.fakes.expect({ installWithUv: install.run });
    await stage.admit(id, body(stage.name('shop')));
    await install.began;
    await stage.cancel(id);
    await stage.deployment(id).cancel();
    await install.cancelled;
    install.fail(failure('internal'));
    expect(await stage.ended(id)).toMatchObject({ closedAs: 'CANCELLED', state: { status: 'cancelled' } });
    expect(stage.fakes.began(id).filter((name) => name === 'discardRelease')).toHaveLength(1);
  });

  it('a cancel after the switch has no effect, and the deployment completes', async () => {
    const service = stage.name('switched');
    await stage.run(stage.name('old'), body(service));
    const id = stage.name('new');
    const stopOld = new Held<Awaited<ReturnType<Fakes['stopInstance']>>>('heedless');
    stage.fakes.expect({ stopInstance: stopOld.run });
    await stage.admit(id, body(service));
    await stopOld.began; // the new one serves already
    await stage.cancel(id);
    await stage.serviceWhen(service, ({ active_release: active }) => active === id);
    stopOld.letGo({ instanceId: 'old', alive: false, logTail: [] });
    const { closedAs, state } = await stage.ended(id);
    expect([closedAs, state.status, state.release]).toEqual(['COMPLETED', 'completed', id]);
    expect(stage.fakes.began(id)).not.toContain('discardRelease');
    expect(await stage.service(service)).toMatchObject({ active_release: id, status: 'running' });
  });

  it('a cancel of a queued deployment ends the deployment before its first step', async () => {
    await stage.gate({ limit: 1 });
    const prepare = new Held<never>();
    stage.fakes.expect({ prepareRelease: prepare.run });
    const [holder, waiting] = [stage.name('holder'), stage.name('waiting')];
    await stage.admit(holder, body(stage.name('shop')));
    await stage.admit(waiting, body(stage.name('shop'), { when_full: 'queue' }));
    await stage.until(async () => (await stage.state(waiting)).events.length > 0);
    await stage.cancel(waiting);
    const { closedAs, state } = await stage.ended(waiting);
    expect([closedAs, state.status, state.failure?.step]).toEqual(['CANCELLED', 'cancelled', null]);
    expect(stage.fakes.began(waiting)).toEqual(['requestCancellation']);
    expect(await stage.load()).toMatchObject({ active: [holder], queued: [] });
  });
});

describe('deployments started by hand', () => {
  it('a deployment started by hand takes a slot and completes', async () => {
    const id = stage.name('hand');
    await stage.startByHand(id, body(stage.name('shop')));
    const { closedAs, state } = await stage.ended(id);
    expect([closedAs, state.status]).toEqual(['COMPLETED', 'completed']);
    expect(state.sequence).toBeGreaterThan(0);
    expect(await stage.load()).toMatchObject({ active: [], counters: { total: 1, completed: 1 } });
  });

  it('a deployment started by hand fails with concurrency_limit if the gate is full', async () => {
    await stage.gate({ limit: 1 });
    const prepare = new Held<never>();
    stage.fakes.expect({ prepareRelease: prepare.run });
    await stage.admit(stage.name('holder'), body(stage.name('shop')));
    const id = stage.name('refused');
    await stage.startByHand(id, body(stage.name('shop')));
    const { closedAs, state } = await stage.ended(id);
    expect(closedAs).toBe('FAILED');
    expect(state.failure).toMatchObject({ error: { code: 'concurrency_limit' }, step: null, mode: null });
    expect((await stage.load()).counters).toMatchObject({ total: 1, failed: 0 });
  });

  it('the start time of a queued deployment started by hand is the time when the deployment gets its slot', async () => {
    await stage.gate({ limit: 1 });
    const prepare = new Held<never>();
    stage.fakes.expect({ prepareRelease: prepare.run });
    const [holder, id] = [stage.name('holder'), stage.name('patient')];
    await stage.admit(holder, body(stage.name('shop')));
    await prepare.began;
    await stage.startByHand(id, body(stage.name('shop'), { when_full: 'queue' }));
    await stage.until(async () => (await stage.load()).queued.includes(id));
    const queuedAt = (await stage.state(id)).startTime;
    stage.allGoesWell();
    await stage.cancel(holder);
    const { state } = await stage.ended(id);
    expect(state.status).toBe('completed');
    expect(state.startTime > queuedAt).toBe(true);
  });

  it('a deployment started by hand without a gate waits until a gate exists', async () => {
    await stage.gateHandle.terminate();
    const id = stage.name('alone');
    await stage.startByHand(id, body(stage.name('shop')));
    await stage.until(async () => (await stage.state(id)).status === 'queued');
    await stage.gate({ limit: 1 });
    expect((await stage.ended(id)).state.status).toBe('completed');
  });

  it.each<[string, string, unknown]>([
    ['an unknown field', 'nonsense', { colour: 'red' }],
    ['text instead of a request', 'text', 'deploy it'],
    ['a timeout outside the allowed range', 'timeout', { timeout: 1 }],
    ['an unencrypted secret', 'clear', body('shop', { environment_variables: { TOKEN: 'in-the-clear' } })],
    ['an id that leads outside the data folder', '../escape', body('shop')],
  ])('a deployment started by hand with %s fails as invalid and takes no slot', async (_, name, input) => {
    const id = stage.name(name);
    await stage.startByHand(id, input);
    const { closedAs, state } = await stage.ended(id);
    expect(closedAs).toBe('FAILED');
    expect(state).toMatchObject({ status: 'failed', failure: { error: { code: 'invalid' } } });
    expect((await stage.load()).counters.total).toBe(0);
    expect(stage.fakes.began(id)).toEqual(['openRequest']);
  });

  it('a deployment started by hand without input uses auto mode and fails with the error of its placement', async () => {
    const id = stage.name('bare');
    stage.fakes.expect({ placeDeployment: fails(failure('invalid')) });
    await stage.startByHand(id);
    expect((await stage.ended(id)).state).toMatchObject({ mode: 'auto', failure: { error: { code: 'invalid' } } });
  });
});

describe('deployments of the same service', () => {
  it('an older deployment is superseded and undone if a newer deployment of the service completes first', async () => {
    const service = stage.name('ordered');
    const configure = new Held<undefined>();
    const [older, newer] = [stage.name('older'), stage.name('newer')];
    stage.fakes.expect({ configureRelease: configure.run });
    await stage.admit(older, body(service));
    await configure.began;
    stage.fakes.expect({ configureRelease: () => Promise.resolve() });
    await stage.run(newer, body(service));
    configure.letGo(undefined);
    const { closedAs, state } = await stage.ended(older);
    expect([closedAs, state.status, state.failure?.error.code]).toEqual(['CANCELLED', 'cancelled', 'superseded']);
    expect(undone(older)).toEqual(['discardEnvironment', 'discardRelease']);
    expect((await stage.service(service)).active_release).toBe(newer);
  });
});
