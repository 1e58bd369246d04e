// How often a step may take its worker with it before it counts as failed. Pure.

/** What is written down when a step begins, and read when it begins again. */
export interface StepMark {
  step: string;
  /** Epoch ms. */
  begunAt: number;
  /** The worker that runs it, and how many processes the kernel had killed by then for want of memory. */
  worker?: { pid: number; startedAt: string; boot: string; oomKills: number };
  /** Deaths of workers while they ran this step: of their own doing, and such of which nobody knows the reason. */
  deaths: { own: number; unknown: number };
}

/** Whose doing the end of a worker was. `none`: it has not ended, or it ended as it was asked to. */
export type DeathCause = 'own' | 'outside' | 'unknown' | 'none';

export interface DeathFacts {
  isAlive: boolean;
  boot: string;
  oomKills: number;
  end?: { code: number | null; signal: string | null };
}

/** Signals that others send. All the rest a process gets by what it does itself. */
const FROM_OUTSIDE = new Set(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT']);

export function causeOfDeath({ worker }: StepMark, { isAlive, boot, oomKills, end }: DeathFacts): DeathCause {
  if (worker === undefined || isAlive || worker.boot !== boot) return 'none';
  if (end?.code === 0) return 'none';
  const isForMemory = oomKills > worker.oomKills && (end === undefined || end.signal === 'SIGKILL');
  if (isForMemory) return 'own';
  if (end === undefined) return 'unknown';
  return FROM_OUTSIDE.has(end.signal ?? '') ? 'outside' : 'own';
}

/** A second crash in the same step, which then ran alone among those that are suspected, is no coincidence. */
const MOST_OWN = 2;
/** An operator, or a test, may kill a worker several times; nobody does it four times in one step. */
const MOST_UNKNOWN = 4;

export const afterDeath = ({ own, unknown }: StepMark['deaths'], cause: DeathCause): StepMark['deaths'] => ({
  own: own + Number(cause === 'own'),
  unknown: unknown + Number(cause === 'unknown'),
});

export const isTooMany = ({ own, unknown }: StepMark['deaths']): boolean =>
  own >= MOST_OWN || own + unknown >= MOST_UNKNOWN;

export const isSuspected = ({ own, unknown }: StepMark['deaths']): boolean => own + unknown > 0;
