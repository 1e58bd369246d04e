// Decides how a child with limits ended, and whether its input is to blame.
//
// Apps of the same user can send the child any signal, also SIGXCPU and SIGABRT. So a signal alone is no evidence of a
// limit. Slipway measures the CPU time, and V8 and the C++ library write the reason of an abort to stderr. An app of
// the same user can't open that pipe, because the child has its own group.
import type { ProcessLimits } from './start.js';

/** The reason why Slipway itself killed the child. */
export type KillReason = 'processorTime' | 'longAnswer' | 'garbledAnswer' | 'overdue';

/** Describes the end of a child that had a request to answer. */
export interface Death {
  signal: NodeJS.Signals | null;
  code: number | null;
  /** True if the child had begun to take requests. */
  wasReady: boolean;
  killedFor?: KillReason;
  /** The end of its output on stderr. */
  lastWords: string;
}

interface LimitExceeded {
  is: (death: Death) => boolean;
  /** The name is the same in all languages. */
  name: (limits: ProcessLimits) => string;
}

/** The longest answer. The paths of 100,000 entries have at most about 30 MB. */
export const LONGEST_ANSWER_MIB = 64;

/** V8's heap, or an allocation of V8 or Node beside it. */
const OUT_OF_MEMORY =
  /^FATAL ERROR: .*Allocation failed|^# Fatal process out of memory: |^terminate called after throwing an instance of 'std::bad_alloc'/m;

/** The ends for which the input is to blame. After any other end, Slipway tries again, and then reports a fault. */
const LIMITS_EXCEEDED: readonly LimitExceeded[] = [
  { is: ({ killedFor }) => killedFor === 'processorTime', name: ({ cpuSeconds }) => `CPU > ${cpuSeconds} s` },
  { is: ({ killedFor }) => killedFor === 'longAnswer', name: () => `answer > ${LONGEST_ANSWER_MIB} MiB` },
  {
    is: ({ signal, lastWords }) => signal !== null && OUT_OF_MEMORY.test(lastWords),
    name: ({ heapMib, dataMib }) => `heap > ${heapMib} MiB, memory > ${dataMib} MiB`,
  },
];

/** Returns the exceeded limit. Undefined if the child's input isn't to blame. */
export function limitExceededBy(death: Death, limits: ProcessLimits): string | undefined {
  if (!death.wasReady) return undefined; // it hadn't read its input yet
  return LIMITS_EXCEEDED.find(({ is }) => is(death))?.name(limits);
}

export function reasonOf({ signal, code, killedFor, lastWords }: Death): string {
  if (killedFor !== undefined) return killedFor;
  return lastWords.trim().split('\n').at(-1) || (signal ?? `exit ${code ?? '-'}`);
}
