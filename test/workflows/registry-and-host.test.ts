import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, QueryRejectCondition } from '@temporalio/client';
import { rowSignal, type RegistryPage } from '../../src/contract/messages.js';
import { hostWorkflowId, REGISTRY_ID, TASK_QUEUE, WORKFLOWS } from '../../src/contract/names.js';
import { rowOf, type ServiceRow, type ServiceView } from '../../src/contract/views.js';
import { newService, serviceView } from '../../src/workflows/service-state.js';
import { createEntities } from '../../src/worker/entities.js';
import { createUnreplayableEnder } from '../../src/worker/unreplayable.js';
import { failure, Held, HOST } from '../support/fake-activities.js';
import { body, Stage } from '../support/stage.js';
import { workflowBundle } from '../support/workflow-server.js';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.stop());
afterEach(async () => {
  expect(await stage.clear()).toEqual([]);
});

describe('the registry', () => {
  const row = (name: string, updatedAt: string, message = ''): ServiceView => ({
    ...serviceView(newService(name, '2026-01-01T00:00:00.000Z')),
    updated_at: updatedAt,
    url: message,
  });
  const tell = (view: ServiceRow) => stage.registryHandle.signal(rowSignal, view);
  const messages = async () => (await stage.rows()).map(({ name, url }) => [name, url]);
  const at = (second: number): string => `2026-01-01T00:00:0${second}.000Z`;

  it('the registry has one row for each service with the last reported values', async () => {
    await stage.foundRegistry();
    await tell(row('shop', at(1), 'first'));
    await tell(row('bot', at(1), 'only'));
    await tell(row('shop', at(2), 'second'));
    expect(await messages()).toEqual([
      ['bot', 'only'],
      ['shop', 'second'],
    ]);
  });

  it('an older row that arrives late doesn’t replace a newer row', async () => {
    await stage.foundRegistry();
    await tell(row('shop', at(5), 'newer'));
    await tell(row('shop', at(4), 'older'));
    expect(await messages()).toEqual([['shop', 'newer']]);
    await tell(row('shop', at(5), 'same time, told later'));
    expect(await messages()).toEqual([['shop', 'same time, told later']]);
  });

  it('the registry keeps its rows across continue-as-new, including rows that arrive meanwhile', async () => {
    await stage.foundRegistry({ rows: [], foldAfterEvents: 20 });
    const first = await stage.runId(stage.registryHandle);
    const names = Array.from({ length: 60 }, (_, i) => `s${String(i).padStart(2, '0')}`);
    await Promise.all(names.map((name) => tell(row(name, at(1)))));
    await stage.untilContinued(stage.registryHandle, first);
    expect((await stage.rows()).map(({ name }) => name)).toEqual(names);
  });

  it('the registry continues as new before its history has 1,500 events', async () => {
    await stage.foundRegistry();
    const runId = await stage.runId(stage.registryHandle);
    for (let burst = 0; burst < 10; burst += 1) {
      await Promise.all(Array.from({ length: 98 }, () => tell(row('busy', at(1)))));
      await stage.rows(); // it folds when it is not being told anything
    }
    await stage.untilContinued(stage.registryHandle, runId);
    const { historyLength } = await stage.client.workflow.getHandle(REGISTRY_ID, runId).describe();
    expect(historyLength).toBeGreaterThan(300);
    expect(historyLength).toBeLessThan(1_500);
  });

  describe('the registry beside a version that can’t replay its history', () => {
    const isFailing = async () => ((await stage.registryHandle.describe()).raw.pendingWorkflowTask?.attempt ?? 0) > 1;
    const enderOf = async (patienceMs: number) =>
      createUnreplayableEnder({
        client: stage.client,
        workflowBundle: await workflowBundle(),
        log: { warn: () => undefined },
        patienceMs,
      });
    const otherwise = async () => {
      const { code } = await workflowBundle();
      const other = code.replaceAll('folds-early', 'folds-otherwise');
      expect(other).not.toBe(code);
      return { code: other };
    };

    it('a registry that this version can replay isn’t terminated and keeps its rows', async () => {
      await stage.foundRegistry();
      await tell(row('shop', at(1)));
      expect(await stage.rows()).toHaveLength(1);
      const runId = await stage.runId(stage.registryHandle);
      const end = await enderOf(0);
      await stage.whileUndecided(
        async () => {
          await tell(row('bakery', at(2)));
          await stage.until(isFailing);
          await end(REGISTRY_ID);
        },
        await otherwise(),
      );
      await stage.until(async () => (await stage.rows()).length === 2);
      expect(await stage.runId(stage.registryHandle)).toBe(runId);
    });

    it('a registry that no worker can replay is terminated after a wait, and a new registry can start', async () => {
      await stage.whileUndecided(
        async () => {
          await stage.foundRegistry();
          await stage.rows();
        },
        await otherwise(),
      );
      await tell(row('shop', at(1)));
      await stage.until(isFailing);
      const end = await enderOf(1000);
      await end(REGISTRY_ID);
      expect((await stage.registryHandle.describe()).status.name).toBe('RUNNING'); // the newer version has its turn
      await stage.until(async () => {
        await tell(row('shop', at(2))); // which begins the row of tries anew
        await end(REGISTRY_ID);
        return (await stage.registryHandle.describe()).status.name === 'TERMINATED';
      });
      await stage.foundRegistry();
      expect(await messages()).toEqual([]);
    });
  });

  it('a registry without state reads the services, and rows from the services themselves take precedence', async () => {
    const reading = new Held<RegistryPage>();
    stage.fakes.expect({ readServicePage: reading.run });
    await stage.foundRegistry({});
    await reading.began;
    await tell(row('shop', at(1), 'told'));
    await stage.until(async () => (await messages()).length === 1);
    reading.letGo({ whole: [row('shop', at(9), 'read'), row('bot', at(1), 'read')] });
    await stage.until(async () => (await messages()).length === 2);
    expect(await messages()).toEqual([
      ['bot', 'read'],
      ['shop', 'told'],
    ]);
  });

  it('a registry without state reads the services from their memos', async () => {
    const service = stage.name('shop');
    stage.allGoesWell();
    await stage.gate({ limit: 1 });
    await stage.run(stage.name('v1'), body(service));
    const told = await stage.service(service);
    await stage.until(async () => (await stage.realEntities.readServices()).length > 0);
    await stage.foundRegistry({});
    await stage.until(async () => (await stage.rows()).length > 0);
    expect(await stage.rows()).toEqual([expect.objectContaining({ name: service, instance: told.instance })]);
  });

  it('the last host of a terminated service can be read until the service is unregistered', async () => {
    const service = stage.name('shop');
    stage.allGoesWell();
    await stage.gate({ limit: 1 });
    await stage.run(stage.name('v1'), body(service));
    const { host } = await stage.service(service);
    await stage.serviceHandle(service).terminate();
    const workflow = { queryRejectCondition: QueryRejectCondition.NOT_OPEN }; // as the worker asks
    const entities = createEntities(new Client({ connection: stage.client.connection, workflow }));
    expect([host, await entities.readLastHost(service)]).toEqual([HOST, undefined]); // a host that is forgotten
    stage.fakes.expect({ beatHost: new Held<undefined>().run });
    await stage.client.workflow.start(WORKFLOWS.host, {
      workflowId: hostWorkflowId(HOST),
      taskQueue: TASK_QUEUE,
      args: [{ hostId: HOST }],
    });
    expect(await entities.readLastHost(service)).toBe(HOST);
    await expect(entities.readWanted(service)).rejects.toThrow('ended by hand');
    expect(await entities.readLastHost(stage.name('nobody'))).toBeUndefined();
    await stage.run(stage.name('v2'), body(service));
    await stage.command(service, { type: 'retire', purge: false, hostId: HOST, acceptedAt: Date.now() });
    await stage.serviceHandle(service).result();
    expect(await entities.readWanted(service)).toEqual([]);
    expect(await entities.readLastHost(service)).toBeUndefined();
  });

  it('a service reports its changes to the registry', async () => {
    const service = stage.name('shop');
    stage.allGoesWell();
    await stage.gate({ limit: 1 });
    await stage.foundRegistry();
    const id = stage.name('v1');
    await stage.run(id, body(service));
    await stage.until(async () => (await stage.rows())[0]?.active_release === id);
    expect(await stage.rows()).toEqual([rowOf(await stage.service(service))]);
  });
});

describe('host workflows', () => {
  const handle = () => stage.client.workflow.getHandle(hostWorkflowId(HOST));

  async function found(): Promise<void> {
    await stage.client.workflow.start(WORKFLOWS.host, {
      workflowId: hostWorkflowId(HOST),
      taskQueue: TASK_QUEUE,
      args: [{ hostId: HOST }],
    });
  }

  async function pending(): Promise<(string | null | undefined)[]> {
    const { raw } = await handle().describe();
    return (raw.pendingActivities ?? []).map(({ activityType }) => activityType?.name);
  }

  /** One after the other. */
  function expectDays(...days: { run: () => Promise<undefined> }[]): void {
    stage.fakes.expect({ beatHost: () => days.shift()!.run() });
  }

  it('a host sends heartbeats for a day, then continues as new and runs garbage collection alongside', async () => {
    const [today, tomorrow, later] = [new Held<undefined>(), new Held<undefined>(), new Held<undefined>()];
    const cleaning = new Held<undefined>();
    expectDays(today, tomorrow, later);
    stage.fakes.expect({ cleanHost: cleaning.run });
    await found();
    await today.began;
    const first = await stage.runId(handle());
    expect(stage.fakes.began()).toEqual(['beatHost']);
    today.letGo(undefined);
    await Promise.all([cleaning.began, tomorrow.began]);
    expect(stage.fakes.began().toSorted()).toEqual(['beatHost', 'beatHost', 'cleanHost']);
    expect(await stage.runId(handle())).not.toBe(first);
    cleaning.letGo(undefined);
    tomorrow.letGo(undefined);
    await later.began;
  });

  it('a host keeps its heartbeat after a failed garbage collection, and tries garbage collection again the next day', async () => {
    const [today, tomorrow] = [new Held<undefined>(), new Held<undefined>()];
    const [cleaning, again] = [new Held<undefined>(), new Held<undefined>()];
    const cleanings = [cleaning, again];
    expectDays(today, tomorrow, new Held<undefined>());
    stage.fakes.expect({ cleanHost: () => cleanings.shift()!.run() });
    await found();
    today.letGo(undefined);
    await Promise.all([cleaning.began, tomorrow.began]);
    expect((await pending()).toSorted()).toEqual(['beatHost', 'cleanHost']);
    cleaning.fail(failure('internal'));
    await stage.until(async () => (await pending()).length === 1);
    expect(await pending()).toEqual(['beatHost']);
    tomorrow.letGo(undefined);
    await again.began;
  });

  it('the details of a host’s last heartbeat can be read without a worker', async () => {
    const day = new Held<undefined>('heeds cancellation', { hostId: HOST, instances: 3 });
    stage.fakes.expect({ beatHost: day.run });
    await found();
    const details = await stage.until(async () => {
      const { raw } = await handle().describe();
      return raw.pendingActivities?.[0]?.heartbeatDetails?.payloads?.[0]?.data;
    });
    expect(JSON.parse(Buffer.from(details).toString())).toEqual({ hostId: HOST, instances: 3 });
  });

  it('a host starts the next heartbeat after a failed heartbeat', async () => {
    const next = new Held<undefined>();
    expectDays({ run: () => Promise.reject(failure('internal')) }, next);
    stage.fakes.expect({ cleanHost: () => Promise.resolve() });
    await found();
    await next.began;
    expect(stage.fakes.began().filter((name) => name === 'beatHost')).toHaveLength(2);
  });

  it('deployments in flight are read from the gate, from their admission to their end', async () => {
    const entities = createEntities(stage.client);
    const [first, second] = [stage.name('first'), stage.name('second')];
    const install = new Held<undefined>();
    stage.allGoesWell('web', { installWithUv: install.run });
    await stage.gate({ limit: 1 });
    await stage.foundRegistry();
    expect(await entities.readInFlight()).toEqual([]);
    await stage.admit(first, body('shop'));
    await stage.admit(second, body('shop', { when_full: 'queue' }));
    expect(await entities.readInFlight()).toEqual([first, second]);
    await install.began;
    await stage.until(() => entities.hasInFlightSince(Date.now() + 60_000)); // as soon as Temporal lists it
    expect(await entities.hasInFlightSince(0)).toBe(false);
    install.letGo(undefined);
    await Promise.all([stage.ended(first), stage.ended(second)]);
    await stage.until(async () => (await entities.readInFlight()).length === 0);
  });

  it('a host workflow ends when the workflow is cancelled', async () => {
    const day = new Held<undefined>();
    stage.fakes.expect({ beatHost: day.run });
    await found();
    await day.began;
    await handle().cancel();
    await stage.until(async () => (await handle().describe()).status.name === 'CANCELLED');
    expect(stage.fakes.began()).toEqual(['beatHost']);
  });
});
