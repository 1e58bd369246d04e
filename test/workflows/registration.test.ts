import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  outsideQuery,
  registerUpdate,
  unregisterUpdate,
  type PatchInput,
  type RegisterInput,
} from '../../src/contract/messages.js';
import type { ServiceRow } from '../../src/contract/views.js';
import { ACCEPTED_MEMO } from '../../src/contract/names.js';
import { failure, Held, HOST } from '../support/fake-activities.js';
import { body, Stage } from '../support/stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.stop());
beforeEach(async () => {
  stage.allGoesWell();
  await stage.gate({ limit: 10 });
  await stage.foundRegistry();
});
afterEach(async () => {
  expect(await stage.clear()).toEqual([]);
});

type Registered = Partial<RegisterInput['registration']>;
const register = (name: string, registration?: Registered) => stage.register(name, registration);
const patch = (name: string, changes: PatchInput['changes']) => stage.patchService(name, changes);
const unregister = (name: string, wanted?: { force?: boolean; purge?: boolean }) => stage.unregister(name, wanted);
const tokens = async () => ((await stage.registryHandle.describe()).memo?.[ACCEPTED_MEMO] ?? []) as string[];
const rowWhen = (name: string, check: (row: ServiceRow) => boolean) =>
  stage.until(async () => (await stage.rows()).find((row) => row.name === name && check(row)));

describe('registrations', () => {
  it('a registered service exists and is in the list before its first deployment', async () => {
    const name = stage.name('bot');
    await register(name, { kind: 'web', type: 'sub_bot' });
    const facts = { name, kind: 'web', type: 'sub_bot', status: 'created', health: 'unknown', active_release: null };
    expect(await stage.service(name)).toMatchObject(facts);
    expect(await stage.rows()).toMatchObject([facts]);
    expect((await stage.events(name)).map(({ type }) => type)).toEqual(['service_registered']);
  });

  it('a registration with the name of an existing service is refused', async () => {
    const [registered, deployed] = [stage.name('bot'), stage.name('shop')];
    await register(registered);
    await stage.run(stage.name('v1'), body(deployed));
    await rowWhen(deployed, ({ status }) => status === 'running');
    expect(await stage.refusal(register(registered))).toBe('name_taken');
    expect(await stage.refusal(register(deployed))).toBe('name_taken');
    expect(await stage.refusal(register(deployed, { dependsOn: ['nobody'] }))).toBe('invalid'); // fields come first
  });

  it('unknown and circular dependencies are refused', async () => {
    const [a, b, c] = [stage.name('a'), stage.name('b'), stage.name('c')];
    expect(await stage.refusal(register(a, { dependsOn: ['nobody'] }))).toBe('invalid');
    expect(await stage.refusal(register(a, { dependsOn: [a] }))).toBe('invalid');
    await register(a);
    await register(b, { dependsOn: [a] });
    await register(c, { dependsOn: [b, 'DeploymentServiceAPI'] });
    expect(await stage.refusal(patch(a, { dependsOn: [c] }))).toBe('invalid');
    expect((await stage.service(a)).depends_on).toEqual([]);
    await patch(c, { dependsOn: [a], type: 'ai' });
    expect(await stage.service(c)).toMatchObject({ depends_on: [a], type: 'ai' });
  });

  it('a registration is kept through deployments and continue-as-new of the registry', async () => {
    const [db, web] = [stage.name('db'), stage.name('web')];
    await stage.foundRegistry({ rows: [], foldAfterEvents: 40 });
    await register(db);
    await register(web, { type: 'ai', dependsOn: [db] });
    const first = await stage.runId(stage.registryHandle);
    for (let count = 1; (await stage.runId(stage.registryHandle)) === first; count += 1)
      await stage.run(stage.name(`v${count}`), body(web));
    const facts = { name: web, kind: 'web', type: 'ai', depends_on: [db], status: 'running' };
    await rowWhen(web, ({ status }) => status === 'running');
    expect((await stage.rows())[1]).toMatchObject(facts);
    expect(await stage.refusal(unregister(db))).toBe('has_dependants');
  });

  it('the isolation of a service can be changed, and a registry without state reads it from the service', async () => {
    const [bot, outside] = [stage.name('bot'), stage.name('outside')];
    await register(bot, { isolation: 'container' });
    await register(outside, { kind: 'external', healthUrl: 'https://example.com/', hostId: HOST });
    expect(await stage.service(bot)).toMatchObject({ isolation: 'container' });
    expect(await stage.refusal(patch(outside, { isolation: 'container' }))).toBe('invalid');
    await patch(bot, { type: 'ai' });
    expect(await stage.service(bot)).toMatchObject({ isolation: 'container', type: 'ai' });
    await stage.until(async () => (await stage.realEntities.readServices()).length === 2);
    await stage.foundRegistry({});
    await stage.until(async () => (await stage.rows()).length === 2);
    await patch(bot, { type: 'other' });
    expect(await stage.service(bot)).toMatchObject({ isolation: 'container', type: 'other' });
    await patch(bot, { isolation: 'any' });
    expect(await stage.service(bot)).toMatchObject({ isolation: 'any' });
  });

  it('a registry without state reads registrations from the services', async () => {
    const [db, web] = [stage.name('db'), stage.name('web')];
    await register(db);
    await register(web, { kind: 'web', startAs: 'web', dependsOn: [db] });
    await stage.until(async () => (await stage.realEntities.readServices()).length === 2);
    await stage.foundRegistry({});
    await stage.until(async () => (await stage.rows()).length === 2);
    await patch(web, { type: 'ai' });
    expect(await stage.service(web)).toMatchObject({ type: 'ai', start_as: 'web' });
    expect(await stage.service(db)).not.toHaveProperty('start_as');
    expect(await stage.refusal(unregister(db))).toBe('has_dependants');
    expect(await stage.refusal(patch(db, { dependsOn: [web] }))).toBe('invalid');
  });

  it('an accepted registration records its token, and a registration past its deadline is refused', async () => {
    const name = stage.name('bot');
    const input: Pick<RegisterInput, 'name' | 'registration'> = {
      name,
      registration: { kind: 'worker', type: 'other', dependsOn: [] },
    };
    const late = { ...input, answerBy: Date.now() - 1, token: 'late' };
    const call = stage.registryHandle.executeUpdate(registerUpdate, { args: [late] });
    expect(await stage.refusal(call)).toBe('temporal_unavailable');
    expect(await tokens()).not.toContain('late');
    await stage.registryHandle.executeUpdate(registerUpdate, {
      args: [{ ...input, answerBy: Date.now() + 60_000, token: 'in time' }],
    });
    expect(await tokens()).toContain('in time');
  });
});

it('a service is in the list while its first deployment waits for the health check', async () => {
  const name = stage.name('shop');
  const checking = new Held<undefined>();
  stage.allGoesWell('web', { awaitHealthy: checking.run });
  await stage.admit(stage.name('v1'), body(name));
  await checking.began;
  await rowWhen(name, ({ status }) => status === 'created');
});

describe('services with dependencies', () => {
  it('a service is degraded while a dependency is unhealthy, and keeps its own health', async () => {
    const [db, web] = [stage.name('db'), stage.name('web')];
    const first = await stage.run(stage.name('v1'), body(db));
    expect(first.state.status).toBe('completed');
    await stage.run(stage.name('w1'), body(web));
    await rowWhen(db, ({ status }) => status === 'running');
    await rowWhen(web, ({ status }) => status === 'running');
    await patch(web, { dependsOn: [db] });
    const tellHealth = async (health: 'healthy' | 'unhealthy') =>
      stage.observe(db, { kind: 'health', instanceId: (await stage.service(db)).instance!, health, at: '' });

    await tellHealth('unhealthy');
    const degraded = await stage.serviceWhen(web, ({ status }) => status === 'degraded');
    expect(degraded).toMatchObject({ health: 'degraded', own_health: 'healthy', ailing: [db] });
    expect(degraded.message).toEqual({ text: 'service.dependencies_ail', params: { names: db } });
    await rowWhen(web, ({ status }) => status === 'degraded');

    await tellHealth('healthy');
    await stage.serviceWhen(web, ({ status, health }) => status === 'running' && health === 'healthy');
    const changes = (await stage.events(web)).filter(({ type }) => type === 'status_changed').slice(-2);
    expect(changes).toMatchObject([
      { from: 'running', to: 'degraded', reason: { params: { names: db } } },
      { from: 'degraded', to: 'running' },
    ]);
  });

  it('a new registry without state notifies a service when a dependency stops', async () => {
    const [db, web] = [stage.name('db'), stage.name('web')];
    await stage.run(stage.name('v1'), body(db));
    await stage.run(stage.name('w1'), body(web));
    await rowWhen(web, ({ status }) => status === 'running');
    await patch(web, { dependsOn: [db] });
    await stage.foundRegistry({});
    await stage.until(async () => (await stage.rows()).length === 2);
    await stage.command(db, { type: 'operate', commandId: 'stop', command: 'stop', acceptedAt: Date.now() });
    await stage.serviceWhen(web, ({ status }) => status === 'degraded');
  });

  it('a service becomes degraded when a stopped service is added as a dependency', async () => {
    const [db, web] = [stage.name('db'), stage.name('web')];
    await stage.run(stage.name('v1'), body(db));
    await stage.run(stage.name('w1'), body(web));
    await stage.command(db, { type: 'operate', commandId: 'stop', command: 'stop', acceptedAt: Date.now() });
    await rowWhen(db, ({ status }) => status === 'stopped');
    await patch(web, { dependsOn: [db] });
    await stage.serviceWhen(web, ({ status }) => status === 'degraded');
    await patch(web, { dependsOn: [] });
    await stage.serviceWhen(web, ({ status }) => status === 'running');
  });

  it('redeploying a degraded service with the same source is a no-op if the service itself is healthy', async () => {
    const [db, web] = [stage.name('db'), stage.name('web')];
    const prepareRelease = () =>
      Promise.resolve({ sourceHash: 'same', command: 'python main.py', kind: 'web' as const });
    await stage.run(stage.name('v1'), body(db));
    stage.allGoesWell('web', { prepareRelease });
    await stage.run(stage.name('w1'), body(web));
    await stage.command(db, { type: 'operate', commandId: 'stop', command: 'stop', acceptedAt: Date.now() });
    await rowWhen(db, ({ status }) => status === 'stopped');
    await patch(web, { dependsOn: [db] });
    await stage.serviceWhen(web, ({ status }) => status === 'degraded');
    const { state } = await stage.run(stage.name('w2'), body(web));
    expect(state).toMatchObject({ status: 'completed', changed: false });
  });
});

describe('external services without a host', () => {
  it('an external service is assigned to the host that reports its health, and a new health URL keeps the host', async () => {
    const [name, healthUrl] = [stage.name('db'), 'https://db.example.com/'];
    await register(name, { kind: 'external', healthUrl });
    const watched = async () => (await stage.registryHandle.query(outsideQuery)).find((one) => one.name === name);
    expect(await stage.until(watched)).toEqual({ name, healthUrl, revision: expect.any(Number) });
    expect((await stage.service(name)).host).toBeNull();
    await stage.observe(name, { kind: 'outside', healthUrl, health: 'healthy', hostId: HOST });
    await stage.until(async () => (await watched())?.hostId === HOST);
    await patch(name, { healthUrl: 'https://db.example.com/other' });
    await stage.until(async () => (await watched())?.healthUrl === 'https://db.example.com/other');
    expect([(await watched())?.hostId, (await stage.service(name)).host]).toEqual([HOST, HOST]);
    await stage.observe(name, {
      kind: 'outside',
      healthUrl: 'https://db.example.com/other',
      health: 'healthy',
      hostId: 'h2',
    });
    await stage.until(async () => (await watched())?.hostId === 'h2'); // the first one was lost
  });
});

describe('external services', () => {
  const EXTERNAL = { kind: 'external', healthUrl: 'https://db.example.com:8443/health?full=1', hostId: HOST } as const;

  it('an external service is in the watch list, and reports for its previous health URL are ignored', async () => {
    const name = stage.name('db');
    await register(name, EXTERNAL);
    const { healthUrl } = EXTERNAL;
    await stage.until(async () => (await stage.registryHandle.query(outsideQuery)).length === 1);
    expect(await stage.registryHandle.query(outsideQuery)).toMatchObject([{ name, healthUrl, hostId: HOST }]);
    const view = await stage.service(name);
    expect(view).toMatchObject({ kind: 'external', status: 'created', url: 'https://db.example.com:8443', host: HOST });
    await stage.observe(name, { kind: 'outside', healthUrl, health: 'healthy' });
    await stage.serviceWhen(name, ({ status, health }) => status === 'running' && health === 'healthy');
    const reason = { text: 'outside.refused', params: { host: 'db.example.com:8443' } } as const;
    await stage.observe(name, { kind: 'outside', healthUrl, health: 'unhealthy', reason });
    const ill = await stage.serviceWhen(name, ({ status, health }) => status === 'error' && health === 'unhealthy');
    expect(ill.message).toEqual(reason);
    expect((await stage.events(name)).at(-1)).toMatchObject({ type: 'health_changed', to: 'unhealthy', reason });

    await patch(name, { healthUrl: 'https://db.example.com/other' });
    await stage.observe(name, { kind: 'outside', healthUrl, health: 'healthy' }); // of the address before
    expect(await stage.service(name)).toMatchObject({ status: 'created', health: 'unknown' });
    expect(await stage.service(name)).not.toHaveProperty('message');
    await stage.until(async () => {
      const [watched] = await stage.registryHandle.query(outsideQuery);
      return watched?.healthUrl === 'https://db.example.com/other';
    });
  });

  it('the gate refuses deployments to an external service until the service is unregistered', async () => {
    const name = stage.name('db');
    await register(name, EXTERNAL);
    expect(await stage.refusal(stage.admit(stage.name('v1'), body(name)))).toBe('invalid');
    expect((await stage.load()).counters.total).toBe(0);
    await stage.run(stage.name('v1'), body(stage.name('shop')));
    await unregister(name);
    const admitted = stage.name('v2');
    await stage.until(async () => (await stage.refusal(stage.admit(admitted, body(name)))) === undefined);
    expect((await stage.ended(admitted)).state.status).toBe('completed');
  });

  it('a gate and a registry without state read the external services and refuse deployments to them', async () => {
    const name = stage.name('db');
    await register(name, EXTERNAL);
    await stage.until(async () => (await stage.realEntities.readServices()).some(({ kind }) => kind === 'external'));
    stage.fakes.expect({ readPast: stage.readPast });
    await stage.foundGate({ limit: 1 });
    expect(await stage.refusal(stage.admit(stage.name('v1'), body(name)))).toBe('invalid');
    await stage.gate({ limit: 0 }); // it finds nothing
    const refusal = () => stage.refusal(stage.admit(stage.name('v1'), body(name)));
    expect(await refusal()).toBe('concurrency_limit');
    await stage.foundRegistry({});
    await stage.until(async () => (await refusal()) === 'invalid');
  });

  it('an external service has no message if its health report has no reason or an unknown reason', async () => {
    const name = stage.name('db');
    await register(name, EXTERNAL);
    const { healthUrl } = EXTERNAL;
    const reason = { text: 'outside.of_tomorrow', params: null } as never; // a newer watcher's, or by hand
    await stage.observe(name, { kind: 'outside', healthUrl, health: 'degraded', reason });
    expect(await stage.serviceWhen(name, ({ health }) => health === 'degraded')).not.toHaveProperty('message');
    await stage.observe(name, { kind: 'outside', healthUrl, health: 'unhealthy' }); // an older one's
    expect(await stage.serviceWhen(name, ({ health }) => health === 'unhealthy')).not.toHaveProperty('message');
  });

  it('a health URL for a service that isn’t external is refused', async () => {
    const name = stage.name('bot');
    await register(name);
    expect(await stage.refusal(patch(name, { healthUrl: 'https://example.com' }))).toBe('invalid');
  });

  it('unregistering an external service removes it from the service list and the watch list', async () => {
    const name = stage.name('db');
    await register(name, EXTERNAL);
    await unregister(name);
    await stage.until(async () => (await stage.rows()).length === 0);
    expect(await stage.registryHandle.query(outsideQuery)).toEqual([]);
  });
});

describe('unregistering services', () => {
  it('the registry signals the service in the same workflow task that accepts unregistering', async () => {
    const name = stage.name('gone');
    await register(name);
    await unregister(name);
    const { events } = await stage.registryHandle.fetchHistory();
    const accepted = events!.findLastIndex((event) => event.workflowExecutionUpdateAcceptedEventAttributes);
    const commit = events!.slice(accepted).findIndex((event) => event.workflowTaskScheduledEventAttributes);
    const told = events!
      .slice(accepted, accepted + commit)
      .map((event) => event.signalExternalWorkflowExecutionInitiatedEventAttributes?.workflowExecution?.workflowId);
    expect(told).toContain(`service:${name}`);
  });

  const entries = () => stage.fakes.journal.filter(({ phase }) => phase === 'began');
  const journal = () => entries().map(({ name }) => name);
  const stopsSince = (before: number): unknown[] =>
    entries()
      .slice(before)
      .flatMap(({ name, input }) => (['stopInstance', 'stopStrays'].includes(name) ? [input] : []));

  it('unregistering stops the app, removes its releases, closes its workflow and frees the name', async () => {
    const name = stage.name('shop');
    await stage.run(stage.name('v1'), body(name));
    await stage.run(stage.name('v2'), body(name));
    await rowWhen(name, ({ status }) => status === 'running');
    const before = journal().length;
    await unregister(name, { purge: true });
    await stage.until(async () => (await stage.serviceHandle(name).describe()).status.name === 'COMPLETED');
    const asked = journal().slice(before);
    expect(asked).toContain('stopInstance');
    expect(asked.filter((what) => what === 'discardRelease')).toHaveLength(2);
    expect(asked.at(-1)).toBe('forgetService');
    expect(stopsSince(before)).toMatchObject([{ discardsData: true }, { discardsData: true }]);
    await stage.until(async () => (await stage.rows()).length === 0);
    await register(name, { type: 'ai' });
    expect(await stage.service(name)).toMatchObject({ type: 'ai', releases: [] });
  });

  it('unregistering is accepted again, with its token recorded, while the removal is in progress', async () => {
    const name = stage.name('shop');
    await stage.run(stage.name('v1'), body(name));
    await rowWhen(name, ({ status }) => status === 'running');
    const forgetting = new Held<undefined>();
    stage.fakes.expect({ forgetService: forgetting.run });
    await unregister(name);
    await forgetting.began;
    const again = { name, force: false, purge: false, hostId: HOST, answerBy: Date.now() + 60_000, token: 'again' };
    await stage.registryHandle.executeUpdate(unregisterUpdate, { args: [again] });
    expect(await tokens()).toContain('again');
    forgetting.letGo(undefined);
    await stage.until(async () => (await stage.rows()).length === 0);
  });

  it('unregistering a needed service is refused, and force removes the service from its dependants', async () => {
    const [db, web] = [stage.name('db'), stage.name('web')];
    await register(db);
    await register(web, { dependsOn: [db] });
    expect(await stage.refusal(unregister(db))).toBe('has_dependants');
    await unregister(db, { force: true });
    await stage.serviceWhen(web, ({ depends_on }) => depends_on.length === 0);
    await stage.until(async () => (await stage.rows()).map(({ name }) => name).join() === web);
    expect(await stage.refusal(unregister(db))).toBe('not_found');
  });

  it('unregistering supersedes a deployment that waits for its health check', async () => {
    const name = stage.name('shop');
    await stage.run(stage.name('v1'), body(name));
    await rowWhen(name, ({ status }) => status === 'running');
    const checking = new Held<undefined>();
    stage.allGoesWell('web', { awaitHealthy: checking.run });
    const tried = stage.name('v2');
    await stage.admit(tried, body(name, { when_full: 'queue' }));
    await checking.began;
    await unregister(name);
    expect((await stage.ended(tried)).state).toMatchObject({
      status: 'cancelled',
      failure: { error: { code: 'superseded' } },
    });
    await stage.until(async () => (await stage.serviceHandle(name).describe()).status.name === 'COMPLETED');
    await stage.until(async () => (await stage.rows()).length === 0);
  });

  it('unregistering a service whose workflow was terminated frees the name', async () => {
    const name = stage.name('shop');
    await register(name);
    await stage.serviceHandle(name).terminate();
    await unregister(name);
    await stage.until(async () => (await stage.rows()).length === 0);
  });

  it('unregistering without a service workflow stops strays on the host, and a late request doesn’t affect a newer service', async () => {
    const name = stage.name('shop');
    await stage.run(stage.name('v1'), body(name));
    await rowWhen(name, ({ status }) => status === 'running');
    await stage.serviceHandle(name).terminate();
    await unregister(name, { purge: true });
    await stage.until(async () => (await stage.rows()).length === 0);
    expect(journal().slice(-2)).toEqual(['stopStrays', 'forgetService']);

    await register(name, { type: 'ai' });
    const before = journal().length;
    const late = { type: 'retire', purge: true, hostId: HOST, acceptedAt: Date.now() - 60_000 } as const;
    await stage.command(name, late); // delivered once more
    await stage.command(name, { type: 'operate', commandId: 'after', command: 'stop', acceptedAt: Date.now() });
    await stage.until(async () => (await stage.events(name)).some(({ details }) => details['command_id'] === 'after'));
    expect(await stage.service(name)).toMatchObject({ type: 'ai' });
    expect(journal()).toHaveLength(before);
  });

  it('unregistering is retried until everything is removed, and the name stays taken until then', async () => {
    const name = stage.name('shop');
    await stage.run(stage.name('v1'), body(name));
    await rowWhen(name, ({ status }) => status === 'running');
    const [refused, done] = [new Held<undefined>(), new Held<undefined>()];
    const forgetting = [refused, done];
    stage.fakes.expect({ forgetService: () => forgetting.shift()!.run() });
    await unregister(name);
    await refused.began;
    refused.fail(failure('disk_full'));
    expect(await stage.refusal(register(name))).toBe('name_taken');
    await done.began;
    done.letGo(undefined);
    await stage.until(async () => (await stage.rows()).length === 0);
  });

  it('a deployment during the removal of a service goes to a new service with the same name', async () => {
    const name = stage.name('shop');
    await stage.run(stage.name('v1'), body(name));
    await rowWhen(name, ({ status }) => status === 'running');
    const forgetting = new Held<undefined>();
    stage.fakes.expect({ forgetService: forgetting.run });
    await unregister(name);
    await forgetting.began;
    const next = stage.name('v2');
    await stage.admit(next, body(name));
    await stage.until(async () => (await stage.state(next)).current?.step === 'start');
    forgetting.letGo(undefined);
    expect((await stage.ended(next)).state).toMatchObject({ status: 'completed', release: next });
    expect(await stage.service(name)).toMatchObject({ active_release: next, releases: [{ release: next }] });
    await rowWhen(name, ({ active_release }) => active_release === next);
  });
});
