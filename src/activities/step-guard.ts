// Limits the repetition of a step that kills its worker. Each step is recorded while it runs, so that the next worker
// finds the steps that were running when the last one died.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { Context } from '@temporalio/activity';
import { Semaphore } from 'async-mutex';
import { SlipwayError } from '../contract/errors.js';
import type { Layout } from '../contract/layout.js';
import { isDiskFull } from '../files.js';
import { readWorkerEnd } from '../process-end.js';
import { takePlace } from '../turn.js';
import { heartbeating } from './heartbeating.js';
import type { DiskPort } from './ports/disk-port.js';
import { bootId, oomKills, statOf } from './ports/proc.js';
import { afterDeath, causeOfDeath, isSuspected, isTooMany, type StepMark } from './step-deaths.js';

type Step = (...args: never[]) => Promise<unknown>;

/** Steps that read foreign content: sources, packages, images. The others use only Slipway's own files. */
const GUARDED = [
  'prepareRelease',
  'checkDocker',
  'checkUv',
  'checkFallback',
  'buildImage',
  'installWithUv',
  'installWithPip',
  'configureRelease',
  'configureContainer',
  'startInstance',
];

interface GuardPorts {
  disk: Pick<DiskPort, 'readText' | 'writeAtomically' | 'remove'>;
}

/** Wraps the activities. The steps above fail once too many workers have died during them. */
export function guardSteps<T extends Record<string, Step>>(activities: T, { disk }: GuardPorts, layout: Layout): T {
  const suspects = new Semaphore(1);

  const guard =
    (name: string, run: Step): Step =>
    async (...args) => {
      const path = join(layout.begunSteps, `${keyOf(Context.current())}.json`);
      const mark = await afterTheLast(path, name);
      if (isTooMany(mark.deaths)) {
        await disk.remove(path);
        throw stepStoppedWorker(name, mark);
      }
      const marked = async (): Promise<unknown> => {
        await writeMark(path, { ...mark, begunAt: Date.now(), worker: thisWorker() });
        try {
          return await run(...args);
        } finally {
          await disk.remove(path);
        }
      };
      return isSuspected(mark.deaths) ? alone(path, mark, marked) : marked();
    };

  /** Runs one suspected step at a time, so that a death is caused by this step. Waiting steps don't count. */
  async function alone(path: string, mark: StepMark, work: () => Promise<unknown>): Promise<unknown> {
    await writeMark(path, { ...mark, worker: undefined });
    const release = await heartbeating((signal) => takePlace(suspects, signal));
    try {
      return await work();
    } finally {
      release();
    }
  }

  /** Reads the mark of an earlier attempt, and adds the end of that attempt's worker. */
  async function afterTheLast(path: string, step: string): Promise<StepMark> {
    const text = await disk.readText(path);
    const mark = text === undefined ? newMark(step) : (JSON.parse(text) as StepMark); // written only below
    if (mark.worker === undefined) return mark;
    const { pid, startedAt } = mark.worker;
    const isAlive = statOf(pid)?.startTicks === startedAt;
    const end = await readWorkerEnd(layout, pid, mark.begunAt);
    const cause = causeOfDeath(mark, { isAlive, boot: bootId() ?? '', oomKills: oomKills(), end });
    return { ...mark, worker: undefined, deaths: afterDeath(mark.deaths, cause) };
  }

  /** Writes the mark. On a full disk the step itself fails, with a better error. */
  async function writeMark(path: string, mark: StepMark): Promise<void> {
    await disk.writeAtomically(path, JSON.stringify(mark)).catch((error: unknown) => {
      if (!isDiskFull(error)) throw error;
    });
  }

  const guarded = Object.entries(activities).map(([name, run]) => [
    name,
    GUARDED.includes(name) ? guard(name, run) : run,
  ]);
  return Object.fromEntries(guarded) as T; // the same keys, each with its own type
}

const newMark = (step: string): StepMark => ({ step, begunAt: 0, deaths: { own: 0, unknown: 0 } });

/**
 * Returns a key that is the same for every attempt of an activity. It is a digest, because a manually chosen id may
 * contain any character.
 */
function keyOf({ info: { workflowExecution, activityId } }: Context): string {
  const { workflowId = '', runId = '' } = workflowExecution ?? {};
  return createHash('sha256')
    .update(JSON.stringify([workflowId, runId, activityId]))
    .digest('hex')
    .slice(0, 40);
}

const thisWorker = (): NonNullable<StepMark['worker']> => ({
  pid: process.pid,
  startedAt: statOf(process.pid)?.startTicks ?? '',
  boot: bootId() ?? '',
  oomKills: oomKills(),
});

/** Returns the error. In the first step the source is the cause, in every mode; later it may be the mode. */
function stepStoppedWorker(step: string, { deaths: { own, unknown } }: StepMark): SlipwayError {
  return new SlipwayError(step === 'prepareRelease' ? 'source_invalid' : 'internal', {
    text: 'internal.step_stopped_worker',
    params: { step, deaths: own + unknown },
  });
}
