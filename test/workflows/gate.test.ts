import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Worker } from '@temporalio/worker';
import { GATE_ID } from '../../src/contract/names.js';
import { startRequestSchema } from '../../src/contract/requests.js';
import {
  cancelSignal,
  configureGateSignal,
  type AdmitAnswer,
  type DeploymentEnded,
} from '../../src/contract/messages.js';
import { newGateState } from '../../src/workflows/gate-state.js';
import { failure, Held } from '../support/fake-activities.js';
import { body, Stage } from '../support/stage.js';
import { workflowBundle } from '../support/workflow-server.js';
import type { Release } from '../../src/contract/steps.js';

let stage: Stage;
/** Deployments in the middle of their first step, by id: what holds the slots. */
let busy: Map<string, Held<Release>>;

beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.stop());
beforeEach(() => {
  busy = new Map();
  stage.allGoesWell('web', {
    prepareRelease: ({ deploymentId }) => {
      const held = new Held<Release>();
      busy.set(deploymentId, held);
      return held.run();
    },
  });
});
afterEach(async () => {
  expect(await stage.clear()).toEqual([]);
});

const isBusy = (id: string) => stage.until(() => busy.has(id));
/** Ends a deployment that holds a slot: it fails in its first step. */
async function end(id: string): Promise<void> {
  await isBusy(id);
  busy.get(id)?.fail(failure('source_invalid'));
}
const isCalledOff = async (id: string) =>
  (await stage.client.workflow.getHandle(id).fetchHistory()).events!.some(
    (event) => event.workflowExecutionSignaledEventAttributes?.signalName === cancelSignal.name,
  );
const queueing = (service: string) => body(service, { when_full: 'queue' });
const historyLength = async () => (await stage.gateHandle.describe()).historyLength;

describe('the limit of the gate', () => {
  it('exactly three of eight concurrent requests get a slot at a limit of three', async () => {
    await stage.gate({ limit: 3 });
    const ids = Array.from({ length: 8 }, () => stage.name('limit'));
    const refusals = await Promise.all(ids.map((id) => stage.refusal(stage.admit(id))));
    expect(refusals.filter((code) => code === undefined)).toHaveLength(3);
    expect(refusals.filter((code) => code === 'concurrency_limit')).toHaveLength(5);
    const admitted = ids.filter((_, index) => refusals[index] === undefined);
    expect((await stage.load()).active.sort()).toEqual(admitted.sort());
    await Promise.all(admitted.map(isBusy));
  });

  it('a refused request adds nothing to the history of the gate', async () => {
    await stage.gate({ limit: 1 });
    const holder = stage.name('holder');
    await stage.admit(holder);
    await isBusy(holder);
    const before = await historyLength();
    for (let i = 0; i < 5; i += 1) {
      expect(await stage.refusal(stage.admitOnce(stage.name('refused')))).toBe('concurrency_limit');
    }
    expect(await historyLength()).toBe(before);
    expect((await stage.load()).counters.total).toBe(1);
  });

  it('the gate refuses a request whose deadline has passed', async () => {
    await stage.gate({ limit: 1 });
    await stage.until(async () => (await stage.load()).limit === 1);
    const late = stage.admit(stage.name('late'), {}, { answerBy: Date.now() - 1 });
    expect(await stage.refusal(late)).toBe('temporal_unavailable');
    expect((await stage.load()).counters.total).toBe(0);
  });

  it('a raised limit admits queued deployments, and a lowered limit ends no running deployment', async () => {
    await stage.gate({ limit: 1 });
    const [first, second] = [stage.name('first'), stage.name('second')];
    await stage.admit(first);
    await stage.admit(second, queueing('raised'));
    await stage.gateHandle.signal(configureGateSignal, { limit: 2 });
    await isBusy(second);
    await stage.gateHandle.signal(configureGateSignal, { limit: 1 });
    expect(await stage.load()).toMatchObject({ limit: 1, active: [first, second], queued: [] });
    await end(first);
    await stage.ended(first);
    expect(await stage.refusal(stage.admit(stage.name('third')))).toBe('concurrency_limit');
  });
});

describe('the queue of the gate', () => {
  it('a free slot goes to the deployment that has waited longest', async () => {
    await stage.gate({ limit: 1 });
    const ids = Array.from({ length: 4 }, () => stage.name('queue'));
    const answers: AdmitAnswer[] = [];
    for (const id of ids) answers.push(await stage.admit(id, queueing('queue')));
    expect(answers.map(({ status }) => status)).toEqual(['accepted', 'queued', 'queued', 'queued']);
    expect(answers.map(({ queuePosition }) => queuePosition)).toEqual([undefined, 1, 2, 3]);
    for (const [index, id] of ids.entries()) {
      await isBusy(id);
      expect(await stage.load()).toMatchObject({ active: [id], queued: ids.slice(index + 1) });
      expect([...busy.keys()]).toEqual(ids.slice(0, index + 1));
      await end(id);
      await stage.ended(id);
    }
    expect(await stage.load()).toMatchObject({ active: [], queued: [], counters: { total: 4, failed: 4 } });
  });

  it('a cancelled queued deployment ends at once, and the next queued deployment gets the free slot', async () => {
    await stage.gate({ limit: 1 });
    const [holder, quitter, next] = [stage.name('holder'), stage.name('quitter'), stage.name('next')];
    await stage.admit(holder);
    await stage.admit(quitter, queueing('quitter'));
    await stage.admit(next, queueing('next'));
    await stage.cancel(quitter);
    expect(await stage.ended(quitter)).toMatchObject({ closedAs: 'CANCELLED', state: { status: 'cancelled' } });
    await end(holder);
    await isBusy(next);
    expect(await stage.load()).toMatchObject({ active: [next], queued: [], counters: { cancelled: 1, failed: 1 } });
  });
});

describe('idempotency keys of the gate', () => {
  const key = (hash: string, bodyMac: string) => ({ idempotency: { hash, bodyMac } });

  it('a repeated request with the same idempotency key gets the first response, even if the gate is full', async () => {
    await stage.gate({ limit: 1 });
    const id = stage.name('keyed');
    const first = await stage.admit(id, {}, key('k1', 'same'));
    expect(await stage.admit(stage.name('again'), {}, key('k1', 'same'))).toEqual(first);
    expect(await stage.load()).toMatchObject({ active: [id], counters: { total: 1 } });
  });

  it('a request with a used idempotency key and another body is refused', async () => {
    await stage.gate({ limit: 3 });
    await stage.admit(stage.name('keyed'), {}, key('k2', 'one'));
    const other = stage.admit(stage.name('other'), {}, key('k2', 'two'));
    expect(await stage.refusal(other)).toBe('idempotency_key_reused');
  });

  it('the idempotency key of a refused request can be used again', async () => {
    await stage.gate({ limit: 1 });
    const holder = stage.name('holder');
    await stage.admit(holder);
    expect(await stage.refusal(stage.admit(stage.name('full'), {}, key('k3', 'same')))).toBe('concurrency_limit');
    await end(holder);
    await stage.ended(holder);
    const id = stage.name('later');
    expect(await stage.admit(id, {}, key('k3', 'same'))).toMatchObject({ deploymentId: id, status: 'accepted' });
  });
});

describe('lost deployments and lost state of the gate', () => {
  it('the slot of a terminated deployment goes to the next deployment in the queue', async () => {
    await stage.gate({ limit: 1, sweepEveryMs: 200 });
    const [lost, next] = [stage.name('lost'), stage.name('next')];
    await stage.admit(lost);
    await stage.admit(next, queueing('next'));
    await isBusy(lost);
    await stage.deployment(lost).terminate();
    await isBusy(next);
    expect(await stage.load()).toMatchObject({ active: [next], queued: [], counters: { failed: 1 } });
  });

  it('the gate grants slots and accepts requests while it searches for ended deployments', async () => {
    const looking = new Held<DeploymentEnded[]>();
    stage.fakes.expect({ findEndedDeployments: looking.run });
    await stage.gate({ limit: 1, sweepEveryMs: 200 });
    const [first, second, lost] = [stage.name('first'), stage.name('second'), stage.name('lost')];
    await stage.admit(first);
    await isBusy(first);
    await looking.began;
    expect(await stage.admit(second, queueing('second'))).toMatchObject({ status: 'queued' });
    await end(first);
    await isBusy(second);
    stage.fakes.expect({ findEndedDeployments: stage.realEntities.findEndedDeployments });
    looking.letGo([]);
    await stage.admit(lost, queueing('lost'));
    await stage.deployment(lost).terminate();
    await stage.until(async () => (await stage.load()).queued.length === 0);
  });

  it('the slot of a terminated deployment is freed under constant traffic', async () => {
    await stage.gate({ limit: 2, sweepEveryMs: 1500 });
    const lost = stage.name('lost');
    await stage.admit(lost);
    await isBusy(lost);
    await stage.deployment(lost).terminate();
    let passed = 0;
    await stage.until(async () => {
      const [passing, waiting] = [stage.name('passing'), stage.name('waiting')];
      await stage.admit(passing, queueing('passing'));
      await stage.admit(waiting, queueing('waiting'));
      await Promise.all([end(passing), end(waiting)]);
      await stage.ended(waiting);
      passed += 1;
      return !(await stage.load()).active.includes(lost);
    });
    expect(passed).toBeGreaterThan(1); // else there was no traffic to put the sweep off
  });

  it('a new gate reads slots, queue and counters from the existing deployments', async () => {
    const { readPast } = stage;
    const before = await stage.until(async () => {
      const past = await readPast();
      return past.active.length + past.queued.length === 0 && past; // visibility has seen the end of the last test
    });
    await stage.gate({ limit: 1 });
    const [holder, patient] = [stage.name('holder'), stage.name('patient')];
    await stage.admit(holder);
    await stage.admit(patient, queueing('patient'));
    await isBusy(holder);
    await stage.until(async () => {
      const past = await readPast();
      return past.active.length === 1 && past.queued.length === 1;
    });
    stage.fakes.expect({ readPast });
    await stage.foundGate({ limit: 1 });
    await stage.until(async () => (await stage.load()).active.length > 0);
    expect(await stage.load()).toMatchObject({
      active: [holder],
      queued: [patient],
      counters: { total: before.counters.total + 2, failed: before.counters.failed },
    });
    await end(holder);
    await isBusy(patient);
    const newer = stage.name('newer');
    await stage.admit(newer, queueing('newer'));
    const [old, young] = [await stage.state(patient), await stage.state(newer)];
    expect(young.sequence).toBeGreaterThan(old.sequence ?? Infinity);
  });

  it('a new gate reads the existing deployments twice and adds a deployment that was missing the first time', async () => {
    await stage.gate({ limit: 1 });
    const [holder, patient] = [stage.name('holder'), stage.name('patient')];
    await stage.admit(holder);
    await stage.admit(patient, queueing('patient'));
    await isBusy(holder);
    const { readPast } = stage;
    await stage.until(async () => (await readPast()).queued.length === 1);
    let looks = 0;
    stage.fakes.expect({
      readPast: async () => {
        const past = await readPast();
        looks += 1;
        return looks === 1 ? { ...past, queued: [] } : past;
      },
    });
    await stage.foundGate({ limit: 1, lookAgainAfterMs: 500 });
    await stage.until(async () => (await stage.load()).queued.includes(patient));
    expect(looks).toBe(2);
    await end(holder);
    await isBusy(patient);
  });

  it('a gate that continues as new before its second read makes the second read in its next run', async () => {
    const past = await stage.readPast();
    let looks = 0;
    stage.fakes.expect({
      readPast: () => {
        looks += 1;
        return Promise.resolve({ ...past, active: [], queued: [] });
      },
    });
    await stage.foundGate({ limit: 1, foldAfterEvents: 10, lookAgainAfterMs: 6000 });
    const first = await stage.runId(stage.gateHandle);
    for (let told = 0; told < 10; told += 1) await stage.gateHandle.signal(configureGateSignal, { limit: 1 });
    await stage.untilContinued(stage.gateHandle, first);
    expect(looks).toBe(1);
    await stage.until(() => looks === 2);
  });
});

describe('replay of a gate’s history', () => {
  const held = { deploymentId: 'held', service: null, sequence: 1, at: Date.now() };
  const input = { limit: 1, book: { ...newGateState(1), active: [held] } };
  const events = async () => (await stage.gateHandle.describe()).historyLength;

  async function foldedAndReplayed(told: () => Promise<void>): Promise<void> {
    const runId = await stage.runId(stage.gateHandle);
    await told();
    await stage.untilContinued(stage.gateHandle, runId);
    const history = await stage.client.workflow.getHandle(GATE_ID, runId).fetchHistory();
    await Worker.runReplayHistory({ workflowBundle: await workflowBundle() }, history, GATE_ID);
  }

  it('refused requests don’t cause continue-as-new of the gate, and its history replays', async () => {
    await stage.foundGate(input);
    await stage.load();
    const before = await events();
    await stage.foundGate({ ...input, foldAfterEvents: before + 1 });
    await stage.load();
    for (let i = 0; i < 10; i += 1) expect(await stage.refusal(stage.admitOnce('refused'))).toBe('concurrency_limit');
    expect(await events()).toBe(before);
    await foldedAndReplayed(async () => {
      for (let i = 0; i < before; i += 1) await stage.gateHandle.signal(configureGateSignal, { limit: 1 });
    });
  });

  it('the history of a gate that continues as new during a search for ended deployments replays', async () => {
    const looking = new Held<DeploymentEnded[]>();
    stage.fakes.expect({ findEndedDeployments: looking.run });
    await stage.foundGate({ ...input, sweepEveryMs: 300, foldAfterEvents: 40 });
    await foldedAndReplayed(async () => {
      await looking.began;
      for (let i = 0; i < 20; i += 1) await stage.gateHandle.signal(configureGateSignal, { limit: 1 });
      stage.fakes.expect({ findEndedDeployments: () => Promise.resolve([]) });
      looking.letGo([]);
    });
  });
});

describe('config.supersede', () => {
  it('a deployment with supersede cancels the running and queued older deployments of its service only', async () => {
    await stage.gate({ limit: 2 });
    const [older, queued, other, newer] = ['older', 'queued', 'other', 'newer'].map((name) => stage.name(name));
    const shop = stage.name('shop');
    await stage.admit(older!, queueing(shop));
    await stage.admit(other!, queueing(stage.name('bakery')));
    await stage.admit(queued!, queueing(shop));
    await isBusy(older!);
    await isBusy(other!);
    await stage.admit(newer!, body(shop, { when_full: 'queue', supersede: true }));
    for (const id of [older!, queued!]) {
      await stage.until(() => isCalledOff(id)); // the gate answers before its signals arrive
      busy.get(id)?.fail(failure('source_invalid')); // a step that is cancelled ends in any way
      expect((await stage.ended(id)).state).toMatchObject({
        status: 'cancelled',
        failure: { error: { code: 'superseded' } },
      });
    }
    await isBusy(newer!);
    expect((await stage.load()).active).toEqual([other, newer]);
    expect((await stage.load()).counters).toMatchObject({ total: 4, cancelled: 2, failed: 0 });
  });
});

describe('a slot that is freed while a deployment is queued', () => {
  it('a deployment that is queued at the moment a slot is freed gets the slot', async () => {
    await stage.gate({ limit: 1 });
    await stage.admit(stage.name('holder'));
    for (let limit = 2; limit <= 20; limit += 1) {
      const patient = stage.name('patient');
      await Promise.all([
        stage.admit(patient, queueing('patient')),
        stage.gateHandle.signal(configureGateSignal, { limit }),
      ]);
      await isBusy(patient);
    }
    expect(await stage.load()).toMatchObject({ queued: [], counters: { total: 20, failed: 0 } });
  });
});

describe('continue-as-new of the gate', () => {
  it('continue-as-new under load loses no deployment, repeats no deployment and keeps the order of each caller', async () => {
    stage.fakes.expect({ placeDeployment: () => Promise.reject(failure('invalid')) }); // each ends at once
    await stage.gate({ limit: 100, foldAfterEvents: 400 });
    const firstRun = await stage.runId(stage.gateHandle);
    const callers = await Promise.all(
      Array.from({ length: 8 }, async (_, caller) => {
        const ids = Array.from({ length: caller < 4 ? 13 : 12 }, () => stage.name(`load-${caller}`));
        for (const id of ids) await stage.admit(id, queueing('load'));
        return ids;
      }),
    );
    const ids = callers.flat();
    expect(ids).toHaveLength(100);
    await stage.until(async () => (await stage.load()).counters.failed >= 100);
    expect(await stage.load()).toMatchObject({ active: [], queued: [], counters: { total: 100, failed: 100 } });
    expect(await stage.runId(stage.gateHandle)).not.toBe(firstRun);
    const sequences = await Promise.all(callers.map((own) => Promise.all(own.map(sequenceOf))));
    expect(new Set(sequences.flat()).size).toBe(100);
    for (const own of sequences) expect(own).toEqual([...own].sort((a, b) => a - b));
  });

  const sequenceOf = async (id: string): Promise<number> => (await stage.state(id)).sequence ?? 0;

  it('continue-as-new keeps the queue, the idempotency keys and the slots', async () => {
    await stage.gate({ limit: 1, foldAfterEvents: 30 });
    const [holder, patient] = [stage.name('holder'), stage.name('patient')];
    const keyed = { idempotency: { hash: 'kept', bodyMac: 'same' } };
    const first = await stage.admit(holder, {}, keyed);
    await stage.admit(patient, queueing('patient'));
    const run = await stage.runId(stage.gateHandle);
    const load = await stage.load();
    for (let i = 0; i < 30; i += 1) await stage.gateHandle.signal(configureGateSignal, { limit: 1 });
    await stage.untilContinued(stage.gateHandle, run);
    expect(await stage.load()).toEqual(load);
    expect(await stage.admit(stage.name('again'), {}, keyed)).toEqual(first);
    await end(holder);
    await isBusy(patient);
  });
});

it('a deployment completes although its batch id is too long for a search attribute', async () => {
  stage.allGoesWell();
  await stage.gate({ limit: 1 });
  const request = { ...startRequestSchema.parse(body('labelled')), metadata: { batch_id: 'x'.repeat(3000) } };
  await stage.admit('labelled', body('labelled'), { request });
  expect((await stage.ended('labelled')).state.status).toBe('completed');
  expect((await stage.load()).active).toEqual([]);
});
