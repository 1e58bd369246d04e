// Unpacks each tar in its own child process, so that the memory and time that a tar needs end with the child.
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { finished, type Readable } from 'node:stream';
import { limitExceededBy, reasonOf, type Death } from '../limited/deaths.js';
import {
  LAST_WORDS_CHARACTERS,
  LOOK_AT_CPU_MS,
  startLimited,
  usesTooMuchCpu,
  type LimitedProgram,
  type ProcessLimits,
} from '../limited/start.js';
import type { UnpackReport } from './messages.js';
import { unpackBy, type UnpackEnd } from './results.js';
import type { CopyPatience, UnpackPort } from './unpack-port.js';

export interface UnpackerOptions extends LimitedProgram {
  limits?: Partial<ProcessLimits>;
}

export const UNPACK_LIMITS: ProcessLimits = {
  /** 100,000 entries at the deepest level take about 220 s. */
  cpuSeconds: 300,
  /** The child needs about 70 MB for any tar. It keeps only names that aren't UTF-8 until the end. */
  heapMib: 128,
  dataMib: 384,
  /** Needed for the open folders above an entry with such a name. */
  openFiles: 256,
};

export function createUnpacker({ limits: changed, ...program }: UnpackerOptions): UnpackPort {
  const limits = { ...UNPACK_LIMITS, ...changed };
  return unpackBy((tar, order, patience) =>
    feed(startLimited(program, limits, [JSON.stringify(order)]), limits, tar, patience),
  );
}

/** Settles after the child has ended, so that nothing writes any more. */
async function feed(
  child: ChildProcessWithoutNullStreams,
  limits: ProcessLimits,
  tar: Readable,
  { signal, patience }: CopyPatience,
): Promise<UnpackEnd> {
  const cause: Pick<Death, 'killedFor'> = {};
  let readError: Error | undefined;
  const kill = (): void => void child.kill('SIGKILL');
  const watch = setInterval(() => {
    if (!usesTooMuchCpu(child, limits)) return;
    cause.killedFor = 'processorTime';
    kill();
  }, LOOK_AT_CPU_MS);
  const enough = AbortSignal.any([signal, patience].filter((source) => source !== undefined));
  enough.addEventListener('abort', kill);
  if (enough.aborted) kill();
  finished(tar, { writable: false }, (error) => {
    if (!error || child.stdin.destroyed) return; // the child reads no more; its report or its death has the reason
    readError = error;
    kill();
  });
  child.stdin.on('error', () => tar.destroy());
  tar.pipe(child.stdin);
  try {
    const { reports, ...death } = await endOf(child);
    signal?.throwIfAborted();
    if (readError) throw readError;
    const report = reports.at(-1);
    if (report && report.kind !== 'ready') return report;
    if (patience?.aborted) return { kind: 'out of time' };
    return endByDeath({ ...death, wasReady: report !== undefined, ...cause }, limits);
  } finally {
    tar.destroy();
    clearInterval(watch);
    enough.removeEventListener('abort', kill);
  }
}

function endByDeath(death: Death, limits: ProcessLimits): UnpackEnd {
  const limit = limitExceededBy(death, limits);
  return limit === undefined ? { kind: 'died', reason: reasonOf(death) } : { kind: 'over limit', limit };
}

type Ended = Omit<Death, 'wasReady' | 'killedFor'> & { reports: UnpackReport[] };

function endOf(child: ChildProcessWithoutNullStreams): Promise<Ended> {
  let said = '';
  let lastWords = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text)); // at most some names
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-LAST_WORDS_CHARACTERS);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject); // the child could not be started
    child.on('close', (code, signal) => {
      const lines = said.split('\n').slice(0, -1); // a truncated line doesn't count
      resolve({ code, signal, lastWords, reports: lines.map((line) => JSON.parse(line) as UnpackReport) });
    });
  });
}
