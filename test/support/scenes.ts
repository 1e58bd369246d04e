// Runs of every workflow type that between them pass through its branches: what the saved histories are made of.
import type { WorkflowHandle } from '@temporalio/client';
import { configureGateSignal, rowSignal, type BatchItem } from '../../src/contract/messages.js';
import { callbacksWorkflowId, hostWorkflowId, TASK_QUEUE, WORKFLOWS } from '../../src/contract/names.js';
import { startRequestSchema } from '../../src/contract/requests.js';
import { failure, frontedHost, Held, HOST, type Fakes } from './fake-activities.js';
import { body, type Stage } from './stage.js';

export interface Scene {
  type: keyof typeof WORKFLOWS;
  scene: string;
  handle: WorkflowHandle;
}

/** Yields each as soon as its history says what it is about. */
export async function* playScenes(stage: Stage): AsyncGenerator<Scene> {
  for (const play of [
    deployments,
    services,
    fronted,
    gates,
    registries,
    registrations,
    hosts,
    batches,
    callbacks,
    moved,
  ]) {
    stage.fakes.reset();
    stage.allGoesWell();
    await stage.foundRegistry();
    await stage.gate({ limit: 2 });
    yield* play(stage);
    await stage.clear();
  }
}

const fails = (error: Error) => () => Promise.reject(error);

async function* deployments(stage: Stage): AsyncGenerator<Scene> {
  const scene = (name: string): Scene => ({ type: 'deployment', scene: name, handle: stage.deployment(name) });
  const auto = body('shop', {}, { mode: 'auto' });

  await stage.run('completed', body('shop'));
  yield scene('completed');

  stage.fakes.expect({ installWithUv: fails(failure('install_failed')) });
  await stage.run('auto', auto);
  yield scene('auto');

  await stage.run('failed', body('shop'));
  yield scene('failed');

  await stage.startByHand('refused', { colour: 'red' });
  await stage.ended('refused');
  yield scene('refused');

  const install = new Held<undefined>();
  stage.allGoesWell('web', { installWithUv: install.run });
  await stage.admit('cancelled', body('shop'));
  await install.began;
  await stage.cancel('cancelled');
  await stage.ended('cancelled');
  yield scene('cancelled');

  const healthy = new Held<undefined>();
  stage.allGoesWell('web', { awaitHealthy: healthy.run });
  await stage.admit('cancelled-at-the-switch', body('shop'));
  await healthy.began;
  await stage.deployment('cancelled-at-the-switch').cancel();
  await stage.ended('cancelled-at-the-switch');
  yield scene('cancelled-at-the-switch');

  stage.allGoesWell('web', { installWithUv: install.run });
  await stage.gate({ limit: 1 });
  await stage.admit('holder', body('shop'));
  await stage.startByHand('queued-by-hand', body('shop', { when_full: 'queue' }));
  await stage.until(async () => (await stage.load()).queued.length === 1);
  await stage.cancel('holder');
  stage.allGoesWell();
  await stage.ended('queued-by-hand');
  yield scene('queued-by-hand');
  stage.allGoesWell('web', { awaitHealthy: fails(failure('app_exited', { exit: 'exit 1' })) });
  await stage.run('own-error', body('own-error', {}, { mode: 'auto' }));
  yield scene('own-error');
  stage.allGoesWell();
}

/** What serves already is on a host that is lost. */
async function* moved(stage: Stage): AsyncGenerator<Scene> {
  const release = { sourceHash: 'same', command: 'python main.py', kind: 'web' as const };
  stage.allGoesWell('web', { prepareRelease: () => Promise.resolve(release) });
  await stage.run('moved-first', body('moved'));
  const onLostHost = { ...(await stage.service('moved')), host: 'lost' };
  stage.fakes.expect({ readService: () => Promise.resolve(onLostHost) });
  await stage.run('moved-second', body('moved'));
  yield { type: 'deployment', scene: 'serves-elsewhere', handle: stage.deployment('moved-second') };
}

async function* services(stage: Stage): AsyncGenerator<Scene> {
  const long = new Date(Date.now() - 3_600_000); // so that no backoff is left to wait for
  const exit = {
    code: 1,
    signal: null,
    at: new Date(long.getTime() + 70_000).toISOString(),
    reason: 'exited' as const,
  };
  const startedLongAgo: Partial<Fakes> = {
    startInstance: ({ instanceId, preferPort }) =>
      Promise.resolve({ instanceId, startedAt: long.toISOString(), port: preferPort ?? 20_001 }),
  };

  stage.allGoesWell('web', startedLongAgo);
  await stage.run('recovered-1', body('recovery'));
  const { instance } = await stage.service('recovery');
  await stage.observe('recovery', { kind: 'exited', instanceId: instance ?? '', exit });
  await stage.serviceWhen('recovery', ({ restarts, health }) => restarts === 1 && health === 'healthy');
  yield { type: 'service', scene: 'recovery', handle: stage.serviceHandle('recovery') };

  stage.allGoesWell('web', startedLongAgo);
  await stage.run('budget-1', body('restart-budget', { restart: { max_per_day: 1 } }));
  for (const [status, restarts] of [
    ['running', 1],
    ['error', 1],
  ] as const) {
    const { instance: ended } = await stage.service('restart-budget');
    await stage.observe('restart-budget', { kind: 'exited', instanceId: ended ?? '', exit });
    await stage.serviceWhen('restart-budget', (view) => view.status === status && view.restarts === restarts);
  }
  await stage.command('restart-budget', {
    type: 'operate',
    commandId: 'budget-start',
    command: 'start',
    acceptedAt: 1,
  });
  await stage.serviceWhen('restart-budget', ({ status }) => status === 'running');
  yield { type: 'service', scene: 'restart-budget', handle: stage.serviceHandle('restart-budget') };

  stage.allGoesWell();
  await stage.run('backs-off-1', body('backs-off'));
  const { instance: fallen } = await stage.service('backs-off');
  const endedNow = { ...exit, at: new Date().toISOString() };
  await stage.observe('backs-off', { kind: 'exited', instanceId: fallen ?? '', exit: endedNow });
  await stage.serviceWhen('backs-off', ({ restarts, health }) => restarts === 1 && health === 'healthy');
  yield { type: 'service', scene: 'clears-while-backing-off', handle: stage.serviceHandle('backs-off') };

  stage.allGoesWell('worker');
  await stage.run('candidate-1', body('failed-candidate'));
  stage.fakes.expect({
    awaitHealthy: ({ spec }) =>
      spec.deploymentId === 'candidate-1' ? Promise.resolve() : fails(failure('app_exited'))(),
  });
  await stage.run('candidate-2', body('failed-candidate'));
  await stage.serviceWhen('failed-candidate', ({ health }) => health === 'healthy');
  yield { type: 'service', scene: 'failed-candidate', handle: stage.serviceHandle('failed-candidate') };

  const healthy = new Held<undefined>();
  stage.allGoesWell('web', { awaitHealthy: healthy.run });
  await stage.startWithSequence('older', 101, body('superseded'));
  await healthy.began;
  stage.allGoesWell();
  await stage.startWithSequence('newer', 102, body('superseded'));
  await Promise.all([stage.ended('older'), stage.ended('newer')]);
  await stage.runWithSequence('oldest', 100, body('superseded'));
  yield { type: 'service', scene: 'superseded', handle: stage.serviceHandle('superseded') };

  await stage.runWithSequence('operated-1', 101, body('operated'));
  await stage.runWithSequence('operated-2', 102, body('operated'));
  for (const [index, command] of (['restart', 'stop', 'start', 'rollback'] as const).entries()) {
    const commandId = `operated-${command}`;
    await stage.command('operated', { type: 'operate', commandId, command, acceptedAt: 103 + index });
    await stage.until(async () =>
      (await stage.events('operated')).some(({ details }) => details['command_id'] === commandId),
    );
  }
  yield { type: 'service', scene: 'folds-early', handle: stage.serviceHandle('operated') };

  stage.allGoesWell('worker');
  await stage.runWithSequence('kept-1', 101, body('kept'));
  await stage.runWithSequence('kept-2', 102, body('kept'));
  stage.allGoesWell('worker', { checkStartable: fails(failure('tool_missing')) });
  const operateKept = async (command: 'restart' | 'rollback', acceptedAt: number, outcome: string): Promise<void> => {
    const commandId = `kept-${command}-${acceptedAt}`;
    await stage.command('kept', { type: 'operate', commandId, command, acceptedAt });
    await stage.until(async () =>
      (await stage.events('kept')).some(({ type, details }) => type === outcome && details['command_id'] === commandId),
    );
  };
  await operateKept('restart', 103, 'command_failed');
  stage.allGoesWell('worker');
  await operateKept('rollback', 104, 'command_completed');
  await operateKept('rollback', 105, 'command_failed'); // there is nothing further back
  yield { type: 'service', scene: 'startable-checked-first', handle: stage.serviceHandle('kept') };
  stage.allGoesWell();

  const trying = new Held<undefined>();
  await stage.runWithSequence('heard-1', 101, body('heard'));
  stage.allGoesWell('web', { awaitHealthy: trying.run });
  await stage.startWithSequence('heard-2', 102, body('heard'));
  await trying.began;
  await stage.whileUndecided(async () => {
    await stage.command('heard', { type: 'operate', commandId: 'heard-stop', command: 'stop', acceptedAt: 103 });
    trying.letGo(undefined);
    stage.allGoesWell();
    await stage.until(async () => !(await stage.isBusy('heard')));
  });
  await stage.serviceWhen('heard', ({ status }) => status === 'stopped');
  yield { type: 'service', scene: 'hears-a-stop-first', handle: stage.serviceHandle('heard') };
}

async function* fronted(stage: Stage): AsyncGenerator<Scene> {
  const drain = new Held<undefined>();
  const first = { ...frontedHost(), drainInstance: drain.run };
  stage.allGoesWell('web', first);
  await stage.runWithSequence('fronted-1', 101, body('fronted'));
  await stage.runWithSequence('fronted-2', 102, body('fronted'));
  await drain.began;
  stage.fakes.expect({ ...frontedHost(), routeService: fails(failure('internal')) });
  await stage.runWithSequence('fronted-3', 103, body('fronted'));
  const { instance } = await stage.service('fronted');
  const address = { port: 25_000, url: 'http://front:25000' };
  await stage.observe('fronted', { kind: 'routed', instanceId: instance ?? '', address });
  await stage.serviceWhen('fronted', ({ url }) => url === address.url);
  await stage.command('fronted', { type: 'operate', commandId: 'fronted-stop', command: 'stop', acceptedAt: 104 });
  await stage.serviceWhen('fronted', ({ status }) => status === 'stopped');
  yield { type: 'service', scene: 'fronted-and-shut', handle: stage.serviceHandle('fronted') };
}

async function* gates(stage: Stage): AsyncGenerator<Scene> {
  const install = new Held<undefined>();
  stage.allGoesWell('web', { installWithUv: install.run });
  await stage.gate({ limit: 1, sweepEveryMs: 100 });
  const key = { idempotency: { hash: 'key', bodyMac: 'mac' } };
  await stage.admit('lost', body('a'), key);
  await stage.admit('again', body('a'), key);
  await stage.admit('waiting', body('b', { when_full: 'queue' }));
  await stage.startByHand('by-hand-refused', body('c'));
  await stage.ended('by-hand-refused');
  await install.began;
  stage.allGoesWell();
  await stage.deployment('lost').terminate();
  await stage.ended('waiting');
  await stage.gateHandle.signal(configureGateSignal, { limit: 2 });
  await stage.load();
  yield { type: 'gate', scene: 'sweeps-beside', handle: stage.gateHandle };

  await stage.gate({ limit: 3, foldAfterEvents: 40 });
  const first = await stage.gateHandle.describe();
  for (let i = 1; i <= 6; i += 1) await stage.run(`fold-${i}`, body('folding'));
  await stage.untilContinued(stage.gateHandle, first.runId);
  yield {
    type: 'gate',
    scene: 'continued-by-count',
    handle: stage.client.workflow.getHandle(first.workflowId, first.runId),
  };
}

async function* registries(stage: Stage): AsyncGenerator<Scene> {
  await stage.run('registered', body('registered'));
  const row = await stage.service('registered');
  await stage.until(async () => (await stage.rows()).length > 0);
  stage.fakes.expect({ readServicePage: () => Promise.resolve({ whole: [row] }) });
  await stage.foundRegistry({ foldAfterEvents: 12 });
  const first = await stage.registryHandle.describe();
  for (let i = 0; i < 6; i += 1) await stage.registryHandle.signal(rowSignal, row);
  await stage.untilContinued(stage.registryHandle, first.runId);
  yield {
    type: 'registry',
    scene: 'reads-by-page',
    handle: stage.client.workflow.getHandle(first.workflowId, first.runId),
  };
}

async function* hosts(stage: Stage): AsyncGenerator<Scene> {
  const days = [new Held<undefined>(), new Held<undefined>(), new Held<undefined>()] as const;
  const [first, second, third] = days;
  const begun = [...days];
  const cleaned = new Held<undefined>();
  stage.fakes.expect({ beatHost: () => begun.shift()!.run(), cleanHost: cleaned.run });
  const workflowId = hostWorkflowId(HOST);
  const { firstExecutionRunId: runId } = await stage.client.workflow.start(WORKFLOWS.host, {
    workflowId,
    taskQueue: TASK_QUEUE,
    args: [{ hostId: HOST }],
  });
  first.letGo(undefined);
  await Promise.all([second.began, cleaned.began]);
  yield { type: 'host', scene: 'first-day', handle: stage.client.workflow.getHandle(workflowId, runId) };

  const { runId: secondRunId } = await stage.client.workflow.getHandle(workflowId).describe();
  cleaned.letGo(undefined);
  second.letGo(undefined);
  await third.began;
  yield { type: 'host', scene: 'later-day', handle: stage.client.workflow.getHandle(workflowId, secondRunId) };
}

/** One registry over a whole life of a service, and the service itself, which ends with it. */
async function* registrations(stage: Stage): AsyncGenerator<Scene> {
  await stage.register('db');
  await stage.register('web', { kind: 'web', dependsOn: ['db'] });
  await stage.run('web-1', body('web'));
  await stage.run('db-1', body('db'));
  await stage.command('db', { type: 'operate', commandId: 'stop', command: 'stop', acceptedAt: Date.now() });
  await stage.serviceWhen('web', ({ status }) => status === 'degraded');
  await stage.patchService('web', { dependsOn: [], type: 'ai' });
  await stage.serviceWhen('web', ({ status }) => status === 'running');
  const healthUrl = 'https://example.com/health';
  await stage.register('outside', { kind: 'external', healthUrl, hostId: HOST });
  await stage.observe('outside', { kind: 'outside', healthUrl, health: 'healthy' });
  await stage.serviceWhen('outside', ({ status }) => status === 'running');
  const forgetting = new Held<undefined>();
  stage.fakes.expect({ forgetService: forgetting.run });
  await stage.unregister('web', { purge: true });
  await forgetting.began;
  await stage.unregister('web');
  forgetting.letGo(undefined);
  await stage.until(async () => (await stage.rows()).length === 2);
  yield { type: 'registry', scene: 'folds-early', handle: stage.registryHandle };
  yield { type: 'service', scene: 'retired', handle: stage.serviceHandle('web') };
  yield { type: 'service', scene: 'external', handle: stage.serviceHandle('outside') };
}

async function* batches(stage: Stage): AsyncGenerator<Scene> {
  stage.allGoesWell('web', {
    installWithUv: ({ service }) => (service === 'broken' ? fails(failure('install_failed'))() : Promise.resolve()),
  });
  const item = (service: string, after: string[] = [], needs: string[] = []): BatchItem => ({
    deploymentId: `item-${service}`,
    service,
    request: startRequestSchema.parse(body(service)),
    configMac: 'mac',
    after,
    needs,
  });
  const items = [item('first'), item('second', ['first']), item('broken'), item('never', ['broken'], ['nobody'])];
  await stage.startBatch('whole', items.slice(0, 2));
  await stage.until(async () => (await handleOf(stage, 'whole').describe()).status.name === 'COMPLETED');
  yield { type: 'batch', scene: 'looks-whether-what-it-needs-is-up', handle: handleOf(stage, 'whole') };
  yield { type: 'deployment', scene: 'of-a-batch', handle: stage.deployment('item-second') };
  await stage.startBatch('broken', items.slice(2));
  await stage.until(async () => (await handleOf(stage, 'broken').describe()).status.name === 'FAILED');
  yield { type: 'batch', scene: 'failed', handle: handleOf(stage, 'broken') };
  const install = new Held<undefined>();
  stage.allGoesWell('web', { installWithUv: install.run });
  await stage.startBatch('cancelled', [item('third'), item('fourth', ['third'])]);
  await install.began;
  await stage.cancel('cancelled');
  await stage.until(async () => (await handleOf(stage, 'cancelled').describe()).status.name === 'CANCELLED');
  yield { type: 'batch', scene: 'cancelled', handle: handleOf(stage, 'cancelled') };
}

const handleOf = (stage: Stage, id: string): WorkflowHandle => stage.client.workflow.getHandle(id);

/** A receiver that is down at first, and one that wants no more. */
async function* callbacks(stage: Stage): AsyncGenerator<Scene> {
  const told = (name: string): Scene => ({
    type: 'callbacks',
    scene: name,
    handle: stage.client.workflow.getHandle(callbacksWorkflowId(`told-${name}`)),
  });
  const url = { callback_url: 'https://example.com/hook' };
  let tries = 0;
  const refused = { text: 'callback.refused', params: { status: 500 } } as const;
  stage.fakes.expect({
    installWithUv: fails(failure('install_failed')),
    deliverCallback: () => {
      tries += 1;
      const to = 'https://example.com';
      return Promise.resolve(
        tries === 1 ? { kind: 'failed', to, status: 500, reason: refused } : { kind: 'delivered', to, status: 204 },
      );
    },
  });
  await stage.run('told-folds-early', body('told', { notifications_enabled: true }, { mode: 'auto', ...url }));
  yield { type: 'deployment', scene: 'told', handle: stage.deployment('told-folds-early') };
  await stage.until(async () => (await told('folds-early').handle.describe()).status.name === 'COMPLETED');
  yield told('folds-early');

  stage.allGoesWell('web', {
    deliverCallback: () => Promise.resolve({ kind: 'gone', to: 'https://example.com', status: 410 }),
  });
  await stage.run('told-gone', body('told', {}, url));
  await stage.until(async () => (await told('gone').handle.describe()).status.name === 'COMPLETED');
  yield told('gone');
}
