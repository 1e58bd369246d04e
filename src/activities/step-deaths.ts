// Decides how often a worker may die during a step before the step fails. Pure.

/** The record that is written when a step starts, and read when it starts again. */
export interface StepMark {
  step: string;
  /** Epoch ms. */
  begunAt: number;
  /** The worker that runs it, and the number of processes that the kernel had killed by then for lack of memory. */
  worker?: { pid: number; startedAt: string; boot: string; oomKills: number };
  /** Deaths of workers while they ran this step: caused by themselves, or with an unknown cause. */
  deaths: { own: number; unknown: number };
}

/** The cause of a worker's end. `none`: it has not ended, or it ended on request. */
export type DeathCause = 'own' | 'outside' | 'unknown' | 'none';

export interface DeathFacts {
  isAlive: boolean;
  boot: string;
  oomKills: number;
  end?: { code: number | null; signal: string | null };
}

/** Signals that other processes send. A process causes all other signals itself. */
const FROM_OUTSIDE = new Set(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT']);

export function causeOfDeath({ worker }: StepMark, { isAlive, boot, oomKills, end }: DeathFacts): DeathCause {
  if (worker === undefined || isAlive || worker.boot !== boot) return 'none';
  if (end?.code === 0) return 'none';
  const isForMemory = oomKills > worker.oomKills && (end === undefined || end.signal === 'SIGKILL');
  if (isForMemory) return 'own';
  if (end === undefined) return 'unknown';
  return FROM_OUTSIDE.has(end.signal ?? '') ? 'outside' : 'own';
}

/** A second crash in the same step, which then ran alone among the suspected steps, isn't a coincidence. */
const MOST_OWN = 2;
/** An operator, or a test, may kill a worker several times, but not four times in one step. */
const MOST_UNKNOWN = 4;

export const afterDeath = ({ own, unknown }: StepMark['deaths'], cause: DeathCause): StepMark['deaths'] => ({
  own: own + Number(cause === 'own'),
  unknown: unknown + Number(cause === 'unknown'),
});

export const isTooMany = ({ own, unknown }: StepMark['deaths']): boolean =>
  own >= MOST_OWN || own + unknown >= MOST_UNKNOWN;

export const isSuspected = ({ own, unknown }: StepMark['deaths']): boolean => own + unknown > 0;
