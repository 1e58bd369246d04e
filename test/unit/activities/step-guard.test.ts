import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { asyncLocalStorage, Context, type Info } from '@temporalio/activity';
import { guardSteps } from '../../../src/activities/step-guard.js';
import { afterDeath, causeOfDeath, isTooMany, type StepMark } from '../../../src/activities/step-deaths.js';
import { bootId } from '../../../src/activities/ports/proc.js';
import { recordWorkerEnd } from '../../../src/process-end.js';
import { eventually, fileText, makeHost } from '../../support/activity-host.js';

const BOOT = bootId() ?? '';
const mark: StepMark = {
  step: 'installWithUv',
  begunAt: 1000,
  worker: { pid: 1, startedAt: '1', boot: BOOT, oomKills: 3 },
  deaths: { own: 0, unknown: 0 },
};

describe('causes of the end of a worker', () => {
  const dead = { isAlive: false, boot: BOOT, oomKills: 3 };
  it.each([
    ['has no cause while the worker is running', { ...dead, isAlive: true }, 'none'],
    ['has no cause if the host was rebooted', { ...dead, boot: 'other' }, 'none'],
    ['has no cause if the worker exited with code 0', { ...dead, end: { code: 0, signal: null } }, 'none'],
    [
      'has an outside cause if the worker was killed by SIGKILL',
      { ...dead, end: { code: null, signal: 'SIGKILL' } },
      'outside',
    ],
    [
      'is caused by the worker if the kernel killed the worker for lack of memory',
      { ...dead, oomKills: 4, end: { code: null, signal: 'SIGKILL' } },
      'own',
    ],
    [
      'is caused by the worker if the worker ended by SIGABRT',
      { ...dead, end: { code: null, signal: 'SIGABRT' } },
      'own',
    ],
    ['is caused by the worker if the worker exited with code 1', { ...dead, end: { code: 1, signal: null } }, 'own'],
    ['has an unknown cause if no exit was recorded', dead, 'unknown'],
    [
      'is caused by the worker if the kernel killed a process for lack of memory and no exit was recorded',
      { ...dead, oomKills: 4 },
      'own',
    ],
  ] as const)('the end of a worker %s', (_, facts, cause) => {
    expect(causeOfDeath(mark, facts)).toBe(cause);
  });

  it('a step is stopped after two crashes of the worker or after four ends with an unknown cause', () => {
    const after = (...causes: Parameters<typeof afterDeath>[1][]) =>
      isTooMany(causes.reduce(afterDeath, { own: 0, unknown: 0 }));
    expect(after('own')).toBe(false);
    expect(after('own', 'own')).toBe(true);
    expect(after('unknown', 'unknown', 'unknown')).toBe(false);
    expect(after('unknown', 'unknown', 'unknown', 'unknown')).toBe(true);
    expect(after('outside', 'outside', 'outside', 'outside', 'outside')).toBe(false);
  });
});

function inActivity<T>(activityId: string, work: () => Promise<T>): Promise<T> {
  const info = { activityId, workflowExecution: { workflowId: 'd/../1', runId: 'r' } } as Info;
  const unused = undefined as never; // the guard asks for neither client, metrics nor logger
  const never = new Promise<never>(() => undefined);
  const context = new Context(info, never, new AbortController().signal, () => undefined, unused, unused, unused, {});
  return asyncLocalStorage.run(context, work);
}

/** A guarded step, and a way to leave its mark as a worker does that dies in it. */
async function setUp() {
  const host = await makeHost();
  const folder = host.at.begunSteps;
  const seen: { file: string; mark: StepMark }[] = [];
  const prepareRelease = (): Promise<string> => {
    for (const name of readdirSync(folder)) {
      const file = join(folder, name);
      seen.push({ file, mark: JSON.parse(readFileSync(file, 'utf8')) as StepMark });
    }
    return Promise.resolve('prepared');
  };
  const guarded = guardSteps({ prepareRelease }, host.ports, host.at);
  return {
    runs: (): number => seen.length,
    marks: () => readdirSync(folder),
    attempt: (activityId = '1') => inActivity(activityId, guarded.prepareRelease),
    /** Undoes the end of the last run: instead, its worker ended so. */
    died: async (end?: { code: number | null; signal: string | null }): Promise<void> => {
      const { file, mark } = seen.at(-1)!;
      const pid = await endedProcess();
      writeFileSync(file, JSON.stringify({ ...mark, worker: { ...mark.worker, pid, startedAt: '1' } }));
      if (end) await recordWorkerEnd(host.at, { ...end, pid, at: Date.now() });
    },
  };
}

async function endedProcess(): Promise<number> {
  const child = spawn('true');
  await new Promise((resolve) => child.once('exit', resolve));
  return child.pid!;
}

const refused = expect.objectContaining({
  code: 'source_invalid',
  text: 'internal.step_stopped_worker',
  params: { step: 'prepareRelease', deaths: 2 },
});

it('a step in which the worker crashed twice is refused with the reason, and other steps run', async () => {
  const { attempt, died, marks, runs } = await setUp();
  expect(await attempt()).toBe('prepared');
  await died({ code: null, signal: 'SIGABRT' });
  expect(await attempt()).toBe('prepared');
  await died({ code: null, signal: 'SIGABRT' });
  await expect(attempt()).rejects.toEqual(refused);
  expect(runs()).toBe(2);
  expect(await attempt('another')).toBe('prepared');
  expect(marks()).toEqual([]);
});

it('a step is repeated without limit if the worker was killed from outside', async () => {
  const { attempt, died } = await setUp();
  for (let i = 0; i < 6; i += 1) {
    expect(await attempt()).toBe('prepared');
    await died({ code: null, signal: 'SIGKILL' });
  }
  expect(await attempt()).toBe('prepared');
});

it('a step that the same worker runs again doesn’t count as a crash', async () => {
  const { attempt, runs } = await setUp();
  for (let i = 0; i < 5; i += 1) await attempt();
  expect(runs()).toBe(5);
});

it('steps that were running when the worker died are repeated one after the other', async () => {
  const host = await makeHost();
  const folder = host.at.begunSteps;
  const texts = new Map<string, string>();
  const order: string[] = [];
  let isSecondRound = false;
  const step = (name: string) => async (): Promise<void> => {
    order.push(`${name} begins`);
    if (isSecondRound) for (let turn = 0; turn < 100; turn += 1) await new Promise(setImmediate);
    else await eventually(() => order.length >= 2); // they run side by side
    for (const file of readdirSync(folder)) texts.set(file, fileText(join(folder, file)));
    order.push(`${name} ends`);
  };
  const guarded = guardSteps({ installWithUv: step('uv'), installWithPip: step('pip') }, host.ports, host.at);
  const both = () => Promise.all([inActivity('1', guarded.installWithUv), inActivity('2', guarded.installWithPip)]);
  await both();
  const pid = await endedProcess();
  for (const [file, text] of texts) {
    const { worker, ...mark } = JSON.parse(text) as StepMark;
    writeFileSync(join(folder, file), JSON.stringify({ ...mark, worker: { ...worker, pid, startedAt: '1' } }));
  }
  order.length = 0;
  isSecondRound = true;
  await both();
  const [first = '', ends, second = '', alsoEnds] = order;
  expect(ends).toBe(first.replace('begins', 'ends'));
  expect(alsoEnds).toBe(second.replace('begins', 'ends'));
});
